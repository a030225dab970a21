"""Each guard is real: taken away, the promise it keeps is broken."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from approvals import effects, guards
from approvals.effects import effect_handle, effects_drain, effects_queue
from approvals.services import decisions
from core import clock
from integrations.models import Message
from integrations.platforms.base import Record
from tests.approvals.desk import (
    BODY,
    NOW,
    Desk,
    approved,
    drafted,
    fact,
    sent_after,
)
from tests.approvals.stub_platform import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk(shared_desk: Desk) -> Desk:
    return shared_desk


def once(world: World, act: Any) -> None:
    world.on_read = None
    act()


GUARDS = [
    ("consent", guards.consent_holds),
    ("address", guards.address_is_theirs),
    ("moment", guards.moment_not_passed),
    ("drafts", guards.drafts_wanted),
    ("evidence", guards.evidence_holds),
]


@pytest.mark.parametrize(("name", "guard"), GUARDS, ids=[name for name, _ in GUARDS])
def test_each_guard_is_what_holds_the_message_back(
    desk: Desk,
    world: World,
    held: Any,
    truth: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    guard: guards.Guard,
) -> None:
    """With the guard the message stays; taken away, it would have gone out."""
    item = drafted(desk, evidence=(fact("test_truth"),), due_at=NOW + timedelta(minutes=10))
    approved(desk, item)
    break_promise(desk, name, truth)
    held.move(timedelta(seconds=11 if name != "moment" else 601))
    (effect,) = effects_queue.claim(1)
    assert effects.refusal_now(effect, effects.refreshed(effect)) is not None
    rest = tuple(one for one in guards.AT_SENDING if one is not guard)
    monkeypatch.setattr(guards, "AT_SENDING", rest)
    effect_handle(effect)
    assert world.bodies() == [BODY], f"another guard than {name} held it back"


def break_promise(desk: Desk, name: str, truth: dict[str, Any]) -> None:
    if name == "consent":
        desk.client.consents.update(granted=False)
    elif name == "address":
        desk.client.phone = "+15035550177"
    elif name == "drafts":
        desk.client.no_drafts = True
    elif name == "evidence":
        truth["holds"] = False
    desk.client.save()


def test_without_the_conditional_mark_an_undone_message_would_go(
    desk: Desk, world: World, held: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = drafted(desk)
    approved(desk, item)
    world.on_read = lambda: once(
        world, lambda: decisions.item_undo(user=desk.maria, item_id=item.pk)
    )
    monkeypatch.setattr(effects, "call_started", lambda effect, checked: True)
    sent_after(held)
    assert len(world.done) == 1


def test_a_message_that_comes_during_the_check_is_seen(desk: Desk, world: World, held: Any) -> None:
    evidence = fact("no_newer_message", client=desk.client.pk, since=NOW.isoformat())
    item = drafted(desk, evidence=(evidence,))
    approved(desk, item)
    held.move(timedelta(seconds=11))
    world.messages.append(
        Record(
            "message",
            "msg_9",
            {
                "client": "cli_1",
                "location": "loc_1",
                "incoming": True,
                "channel": "sms",
                "body": "Can I come Saturday instead?",
                "sent_at": clock.now() - timedelta(seconds=3),
            },
            clock.now(),
        )
    )
    effects_drain()
    item.refresh_from_db()
    assert Message.objects.filter(external_id="msg_9").exists()
    assert (world.done, item.state) == ([], "stale")


def test_no_database_connection_is_held_during_a_call(desk: Desk, world: World, held: Any) -> None:
    from django.db import connection

    open_during: list[bool] = []
    world.before_apply = lambda action: open_during.append(connection.connection is not None)
    approved(desk, drafted(desk))
    sent_after(held)
    assert open_during == [False]


def test_an_open_transaction_is_never_around_a_call(desk: Desk, world: World, held: Any) -> None:
    inside: list[bool] = []
    world.before_apply = lambda action: inside.append(transaction.get_connection().in_atomic_block)
    approved(desk, drafted(desk))
    sent_after(held)
    assert inside == [False]
