"""What became of it: sent, refused, put off, lost and found, lost for good, a dead worker."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from approvals import effects
from approvals.effects import effect_handle, effects_drain, effects_queue
from approvals.effects_outcomes import released
from approvals.models import Effect
from approvals.services import decisions
from core import clock
from core.errors import NeedsAttention, Permanent, Temporary, UnknownOutcome
from integrations.models import Location
from tests.approvals.desk import (
    BODY,
    Desk,
    approved,
    drafted,
    effect_of,
    opened,
    sent_after,
    state_of,
)
from tests.approvals.stub_platform import EVERYTHING, World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk(shared_desk: Desk) -> Desk:
    return shared_desk


def drop_the_reply(action: str) -> None:
    raise UnknownOutcome("The answer was lost.")


def test_the_note_follows_the_message_and_a_failed_note_does_not_resend_it(
    desk: Desk, world: World, held: Any
) -> None:
    item = drafted(desk, note=True)
    approved(desk, item)

    def no_notes_now(action: str) -> None:
        if action == "add_note":
            raise Temporary("Try later.", timedelta(seconds=5))

    world.before_apply = no_notes_now
    sent_after(held)
    assert ([name for name, _, _ in world.done], state_of(item)) == (["send_message"], "sent")
    world.before_apply = None
    sent_after(held, 6)
    assert [name for name, _, _ in world.done] == ["send_message", "add_note"]
    assert [effect.outcome for effect in item.effects.order_by("position")] == ["sent", "sent"]


def test_the_note_waits_for_the_message(desk: Desk, world: World, held: Any) -> None:
    item = drafted(desk, note=True)
    approved(desk, item)
    world.before_apply = lambda action: fail("No such client.")
    sent_after(held)
    assert [effect.outcome for effect in item.effects.order_by("position")] == [
        "failed",
        "withdrawn",
    ]
    assert (world.done, state_of(item)) == ([], "failed")


def fail(plain: str) -> None:
    raise Permanent(plain)


def test_a_refused_message_comes_back_with_the_reason_and_can_be_sent_again(
    desk: Desk, world: World, held: Any
) -> None:
    item = drafted(desk)
    approved(desk, item)
    world.before_apply = lambda action: fail("The number is not a mobile.")
    sent_after(held)
    item.refresh_from_db()
    assert (item.state, item.state_reason) == ("failed", "The number is not a mobile.")
    world.before_apply = None
    approved(desk, item)
    sent_after(held)
    assert (world.bodies(), state_of(item)) == ([BODY], "sent")


def test_a_busy_platform_is_tried_again_and_meanwhile_it_can_be_taken_back(
    desk: Desk, world: World, held: Any
) -> None:
    item = drafted(desk)
    approved(desk, item)

    def busy(action: str) -> None:
        raise Temporary("Too many requests.", timedelta(seconds=30))

    world.before_apply = busy
    sent_after(held)
    effect = effect_of(item)
    assert (state_of(item), effect.call_started_at, effect.state) == ("approved", None, "waiting")
    decisions.item_undo(user=desk.maria, item_id=item.pk)
    world.before_apply = None
    sent_after(held, 60)
    assert (world.done, state_of(item)) == ([], "pending")


def test_a_refused_token_waits_without_using_up_its_tries(
    desk: Desk, world: World, held: Any
) -> None:
    item = drafted(desk)
    approved(desk, item)

    def refused(action: str) -> None:
        raise NeedsAttention("The token was refused.")

    world.before_apply = refused
    for _ in range(effects_queue.most_attempts + 2):
        sent_after(held, 61)
    desk.connection.refresh_from_db()
    assert desk.connection.status == "needs_attention"
    assert state_of(item) == "approved"
    world.before_apply = None
    sent_after(held, 61)
    assert world.bodies() == [BODY]


def test_a_platform_that_stays_silent_ends_with_a_person(
    desk: Desk, world: World, held: Any
) -> None:
    item = drafted(desk)
    approved(desk, item)

    def away(action: str) -> None:
        raise Temporary("No answer.")

    world.before_apply = away
    for _ in range(effects_queue.most_attempts + 1):
        sent_after(held, 901)
    item.refresh_from_db()
    assert item.state == "failed"
    assert "many tries" in item.state_reason


def test_a_lost_reply_is_settled_by_looking_it_up(desk: Desk, world: World, held: Any) -> None:
    item = drafted(desk)
    approved(desk, item)
    world.after_apply = drop_the_reply
    sent_after(held)
    assert state_of(item) == "sending"
    sent_after(held, 11)
    effect = effect_of(item)
    assert (state_of(item), effect.outcome) == ("sent", "sent")
    assert effect.reference.startswith("found-")
    assert len(world.done) == len(world.asked) == 1


def test_a_request_that_never_arrived_is_repeated_under_the_same_key(
    desk: Desk, world: World, held: Any
) -> None:
    item = drafted(desk)
    approved(desk, item)
    world.before_apply = drop_the_reply
    sent_after(held)
    world.before_apply = None
    sent_after(held, 11)
    assert (world.bodies(), state_of(item)) == ([BODY], "sent")
    assert len(set(world.asked)) == 1


def test_after_the_keys_window_nothing_is_repeated(desk: Desk, world: World, held: Any) -> None:
    item = drafted(desk)
    approved(desk, item)
    world.before_apply = drop_the_reply
    sent_after(held)
    world.before_apply = None
    sent_after(held, 24 * 3600)
    assert (world.done, len(world.asked), state_of(item)) == ([], 1, "failed")


def test_in_doubt_and_paused_past_the_keys_window_a_person_is_asked(
    desk: Desk, world: World, held: Any
) -> None:
    item = drafted(desk)
    approved(desk, item)
    world.before_apply = drop_the_reply
    sent_after(held)
    world.before_apply = None
    Location.objects.filter(pk=item.location_id).update(sending_paused_at=clock.now())
    sent_after(held, 11)
    assert state_of(item) == "approved"
    Location.objects.filter(pk=item.location_id).update(sending_paused_at=None)
    sent_after(held, 24 * 3600)
    assert (world.done, state_of(item)) == ([], "unknown")


@pytest.mark.parametrize("applied", [True, False])
def test_an_outcome_nobody_can_prove_goes_to_a_person_and_is_never_repeated(
    desk: Desk, world: World, held: Any, applied: bool
) -> None:
    world.able = EVERYTHING - {"idempotency", "lookup_sent"}
    world.on_look_up = drop_the_reply
    item = drafted(desk)
    approved(desk, item)
    if applied:
        world.after_apply = drop_the_reply
    else:
        world.before_apply = drop_the_reply
    for _ in range(30):
        sent_after(held, 600)
    item.refresh_from_db()
    assert (item.state, effect_of(item).outcome) == ("unknown", "unknown")
    assert "May have been sent. Please check." in item.state_reason
    assert len(world.asked) == 1, "automatic repeats without proof: 0 of 30 drains"


@pytest.mark.parametrize(("sent", "state"), [(True, "sent"), (False, "failed")])
def test_a_person_settles_an_unknown_outcome(
    desk: Desk, world: World, held: Any, sent: bool, state: str
) -> None:
    item = drafted(desk)
    unknown_outcome(desk, world, held, item)
    decisions.item_settle(user=desk.tom, item_id=item.pk, sent=sent)
    item.refresh_from_db()
    assert (item.state, effect_of(item).outcome) == (state, state)
    assert "says Tom" in item.state_reason


def unknown_outcome(desk: Desk, world: World, held: Any, item: Any) -> None:
    world.able = EVERYTHING - {"idempotency"}
    approved(desk, item)
    world.after_apply = world.on_look_up = drop_the_reply
    sent_after(held)
    sent_after(held, 11)
    world.after_apply = world.on_look_up = None
    assert state_of(item) == "unknown"


def test_settled_as_not_sent_beside_a_newer_draft_it_makes_room(
    desk: Desk, world: World, held: Any
) -> None:
    item = drafted(desk)
    unknown_outcome(desk, world, held, item)
    newer = opened(desk)
    decisions.item_settle(user=desk.maria, item_id=item.pk, sent=False)
    item.refresh_from_db()
    assert (item.state, item.superseded_by_id) == ("superseded", newer.pk)


def test_a_worker_that_died_before_the_call_is_replaced(
    desk: Desk, world: World, held: Any
) -> None:
    item = drafted(desk)
    approved(desk, item)
    held.move(timedelta(seconds=11))
    (lost,) = effects_queue.claim(1)
    held.move(timedelta(seconds=121))
    assert effects_queue.reclaim() == 1
    effects_drain()
    assert world.bodies() == [BODY]
    effect_handle(lost)
    assert world.bodies() == [BODY], "the first worker woke up and its lease is gone"


def test_a_worker_that_died_during_the_call_is_settled_before_anything_else(
    desk: Desk, world: World, held: Any
) -> None:
    item = drafted(desk)
    approved(desk, item)
    held.move(timedelta(seconds=11))

    def killed(action: str) -> None:
        raise SystemExit

    world.after_apply = killed
    with pytest.raises(SystemExit):
        effects_drain()
    world.after_apply = None
    held.move(timedelta(seconds=121))
    effects_queue.reclaim()
    effects_drain()
    assert (len(world.done), len(world.asked), state_of(item)) == (1, 1, "sent")
    assert world.looked_up == [effect_of(item).key]


def test_an_effect_that_keeps_killing_its_worker_comes_back_to_a_person(
    desk: Desk, world: World, held: Any
) -> None:
    item = drafted(desk)
    approved(desk, item)
    for _ in range(effects_queue.most_attempts):
        held.move(timedelta(seconds=121))
        effects_queue.claim(1)
        held.move(timedelta(seconds=121))
        effects_queue.reclaim()
    effects_drain()
    assert (state_of(item), effect_of(item).outcome, world.done) == ("failed", "failed", [])


def test_without_settling_first_a_lost_lease_would_send_twice(
    desk: Desk, world: World, held: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard is real: with it removed the stub's history shows the second message."""
    world.able = EVERYTHING - {"idempotency"}
    item = drafted(desk)
    approved(desk, item)
    world.after_apply = drop_the_reply
    sent_after(held)

    def no_guard(effect: Effect) -> bool:
        released(effect, "")
        effect.call_started_at = None
        return True

    monkeypatch.setattr(effects, "settle_first", no_guard)
    world.after_apply = None
    sent_after(held, 11)
    assert len(world.done) == 2
