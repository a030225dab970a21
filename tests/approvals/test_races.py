"""Two people, or a person and a worker, in the same instant: real connections, real threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections

from approvals.effects import effects_drain
from approvals.errors import AlreadyDecided, DecisionError
from approvals.models import ApprovalItem, Decision, Effect
from approvals.services import decisions, items
from core.audit import Actor
from integrations.models import User
from tests.approvals.desk import Desk, approved, drafted
from tests.approvals.stub_platform import World

pytestmark = pytest.mark.django_db(transaction=True)


def together(*acts: Callable[[], Any]) -> list[Any]:
    """Run in a thread each, started at one moment; the answers or the errors in order."""
    start = threading.Barrier(len(acts))
    answers: list[Any] = [None] * len(acts)

    def run(index: int, act: Callable[[], Any]) -> None:
        try:
            start.wait(60)
            answers[index] = act()
        except BaseException as error:
            answers[index] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


@pytest.mark.parametrize("count", [20, pytest.param(100, marks=pytest.mark.soak)])
def test_two_people_on_the_same_drafts_release_each_exactly_once(
    shared_desk: Desk, count: int
) -> None:
    drafts = [
        drafted(shared_desk, subject=f"visit:{number}", purpose="answer") for number in range(count)
    ]

    def clear(user: User) -> list[AlreadyDecided | None]:
        return [decide(user, item) for item in drafts]

    maria, tom = together(lambda: clear(shared_desk.maria), lambda: clear(shared_desk.tom))
    assert Effect.objects.count() == count
    assert Effect.objects.values("item_id").distinct().count() == count
    assert Decision.objects.filter(kind="approve").count() == count
    for by_maria, by_tom in zip(maria, tom, strict=True):
        assert (by_maria is None) != (by_tom is None), "exactly one of the two won"
        lost = by_maria or by_tom
        assert lost.who == ("Tom" if by_maria else "Maria")
        assert lost.when is not None
        assert lost.what == "It was approved already."


def decide(user: User, item: ApprovalItem) -> AlreadyDecided | None:
    try:
        decisions.item_approve(
            user=user,
            item_id=item.pk,
            revision_id=item.revision_id,
            evidence_sha256=item.revision.evidence_sha256,
        )
    except AlreadyDecided as lost:
        return lost
    return None


def test_a_double_click_releases_once(shared_desk: Desk) -> None:
    item = drafted(shared_desk)
    answers_ = together(*[lambda: decide(shared_desk.maria, item)] * 4)
    assert sum(answer is None for answer in answers_) == 1
    assert Effect.objects.count() == 1


def test_approving_and_editing_at_once_never_sends_what_was_not_seen(shared_desk: Desk) -> None:
    for number in range(3):
        item = drafted(shared_desk, subject=f"visit:{number}", purpose="answer")
        results = together(
            lambda item=item: decide(shared_desk.maria, item),
            lambda item=item: decisions.item_edit(
                user=shared_desk.tom, item_id=item.pk, base_revision=1, body="Other words."
            ),
        )
        for effect in Effect.objects.filter(item=item):
            assert effect.revision_id == item.revision_id
        assert sum(isinstance(result, DecisionError) for result in results) >= 1


@pytest.mark.parametrize("round_", range(2))
def test_stop_against_the_worker_ends_as_one_or_the_other(
    shared_desk: Desk, world: World, held: Any, round_: int
) -> None:
    item = drafted(shared_desk)
    approved(shared_desk, item)
    held.move(timedelta(seconds=11))
    together(
        effects_drain,
        lambda: items.item_withdraw(
            actor=Actor.system("test"), item_id=item.pk, reason="No more texts."
        ),
    )
    state = ApprovalItem.objects.get(pk=item.pk).state
    assert (state, len(world.done)) in {("sent", 1), ("withdrawn", 0)}


@pytest.mark.parametrize("round_", range(2))
def test_undo_against_the_worker_ends_as_one_or_the_other(
    shared_desk: Desk, world: World, held: Any, round_: int
) -> None:
    item = drafted(shared_desk)
    approved(shared_desk, item)
    held.move(timedelta(seconds=10))
    together(effects_drain, lambda: decisions.item_undo(user=shared_desk.maria, item_id=item.pk))
    effects_drain()
    state = ApprovalItem.objects.get(pk=item.pk).state
    assert (state, len(world.done)) in {("sent", 1), ("pending", 0)}


def test_many_workers_send_each_effect_once(shared_desk: Desk, world: World, held: Any) -> None:
    for number in range(8):
        item = drafted(shared_desk, subject=f"visit:{number}", purpose="answer")
        approved(shared_desk, item)
    held.move(timedelta(seconds=11))
    together(*[effects_drain] * 4)
    assert len(world.done) == len(set(world.keys())) == 8


def test_two_workers_at_the_daily_cap_do_not_pass_it_together(
    shared_desk: Desk, world: World, held: Any
) -> None:
    for number in range(4):
        approved(shared_desk, drafted(shared_desk, subject=f"visit:{number}"))
    held.move(timedelta(seconds=11))
    together(effects_drain, effects_drain, effects_drain)
    assert len(world.done) == 2
