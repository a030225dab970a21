"""The queue against a model of itself: any order of claims, losses, settlings and revivals."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from core import clock
from core.work import Queue, WorkRow
from tests.core.parcels import Parcel

State = WorkRow.State
SECONDS = st.integers(0, 90)


class QueueMachine(RuleBasedStateMachine):
    """``known`` is what the rows must be; ``claims`` every row as a worker ever held it."""

    queue: Queue[Parcel]

    @initialize()
    def begin(self) -> None:
        Parcel.objects.all().delete()
        self.frozen = clock.frozen(datetime(2026, 6, 15, 12, tzinfo=UTC))
        self.held = self.frozen.__enter__()
        self.known: dict[int, dict] = {}
        self.claims: list[Parcel] = []

    def teardown(self) -> None:
        if hasattr(self, "frozen"):
            self.frozen.__exit__(None, None, None)

    @rule(wait=SECONDS)
    def a_row_arrives(self, wait: int) -> None:
        row = Parcel.objects.create(not_before=clock.now() + timedelta(seconds=wait))
        self.known[row.pk] = {
            "state": State.WAITING,
            "attempts": 0,
            "not_before": row.not_before,
            "token": None,
            "until": None,
        }

    @rule(seconds=SECONDS)
    def time_passes(self, seconds: int) -> None:
        self.held.move(timedelta(seconds=seconds))

    @rule(n=st.integers(1, 4))
    def a_worker_claims(self, n: int) -> None:
        now = clock.now()
        due = sorted(
            (row["not_before"], pk)
            for pk, row in self.known.items()
            if row["state"] == State.WAITING and row["not_before"] <= now
        )
        claimed = self.queue.claim(n)
        assert [row.pk for row in claimed] == [pk for _, pk in due[:n]]
        for row in claimed:
            mine = self.known[row.pk]
            mine["state"], mine["token"] = State.LEASED, row.lease_token
            mine["until"], mine["attempts"] = now + self.queue.lease, mine["attempts"] + 1
            assert row.attempts == mine["attempts"]
        self.claims += claimed

    @precondition(lambda self: self.claims)
    @rule(
        data=st.data(),
        how=st.sampled_from(["finish", "retry", "bury", "extend"]),
        wait=SECONDS,
    )
    def a_worker_settles(self, data: st.DataObject, how: str, wait: int) -> None:
        row = data.draw(st.sampled_from(self.claims))
        mine = self.known[row.pk]
        ours = mine["state"] == State.LEASED and mine["token"] == row.lease_token
        after = timedelta(seconds=wait)
        answer = {
            "finish": lambda: self.queue.finish(row),
            "retry": lambda: self.queue.retry(row, after, "again"),
            "bury": lambda: self.queue.bury(row, "no"),
            "extend": lambda: self.queue.extend(row),
        }[how]()
        assert answer is ours
        if not ours:
            return
        if how == "extend":
            mine["until"] = clock.now() + self.queue.lease
            return
        mine["token"] = mine["until"] = None
        mine["state"] = {"finish": State.DONE, "retry": State.WAITING, "bury": State.DEAD}[how]
        if how == "retry":
            mine["not_before"] = clock.now() + after

    @rule()
    def the_sweep_reclaims(self) -> None:
        now, back = clock.now(), 0
        for row in self.known.values():
            if row["state"] == State.LEASED and row["until"] < now:
                back += 1
                capped = row["attempts"] >= self.queue.most_attempts
                row["state"] = State.DEAD if capped else State.WAITING
                row["token"] = row["until"] = None
                row["not_before"] = row["not_before"] if capped else now
        assert self.queue.reclaim() == back

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def an_admin_revives(self, data: st.DataObject) -> None:
        pk = data.draw(st.sampled_from(sorted(self.known)))
        mine = self.known[pk]
        assert self.queue.revive(pk) is (mine["state"] == State.DEAD)
        if mine["state"] == State.DEAD:
            mine.update(state=State.WAITING, attempts=0, not_before=clock.now())

    @invariant()
    def the_table_is_as_the_model_says(self) -> None:
        if not hasattr(self, "known"):
            return
        found = {
            row.pk: (row.state, row.attempts, row.not_before, row.lease_token)
            for row in Parcel.objects.all()
        }
        assert found == {
            pk: (row["state"], row["attempts"], row["not_before"], row["token"])
            for pk, row in self.known.items()
        }

    @invariant()
    def nobody_holds_a_row_twice(self) -> None:
        tokens = [row.lease_token for row in getattr(self, "claims", [])]
        assert len(tokens) == len(set(tokens))


def search(queue: Queue[Parcel], examples: int, steps: int, *, shrink: bool = True) -> None:
    machine = type("Machine", (QueueMachine,), {"queue": queue})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=not os.environ.get("SOAK"),
            database=None,
            phases=[Phase.generate, *([Phase.shrink] if shrink else [])],
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_queue_behaves_as_its_model(parcels: Queue[Parcel]) -> None:
    search(parcels, examples=25, steps=25)


@pytest.mark.soak
def test_the_queue_behaves_as_its_model_in_a_long_search(parcels: Queue[Parcel]) -> None:
    search(parcels, examples=1000, steps=60)


def test_the_search_finds_a_queue_without_fencing(
    parcels: Queue[Parcel], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The search must be able to fail: here a stale token may settle a row."""

    def careless(self: Queue[Parcel], row: Parcel, **fields: Any) -> bool:
        changed = Parcel.objects.filter(pk=row.pk, state=State.LEASED)
        return changed.update(lease_token=None, lease_until=None, **fields) == 1

    monkeypatch.setattr(Queue, "_settle", careless)
    with pytest.raises(AssertionError):
        search(parcels, examples=150, steps=30, shrink=False)
