"""Durable work on real Postgres: claims, leases, tokens, caps."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections

from core import clock
from core.errors import NeedsAttention, Permanent, Temporary, UnknownOutcome
from core.models import Heartbeat
from core.work import BACKOFF_FIRST, BACKOFF_MOST, Queue, WorkRow, backoff
from tests.core.parcels import Parcel

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
State = WorkRow.State


@pytest.fixture
def noon() -> Iterator[clock.Frozen]:
    with clock.frozen(NOON) as held:
        yield held


def rows(count: int, **fields: Any) -> list[Parcel]:
    return Parcel.objects.bulk_create([Parcel(**fields) for _ in range(count)])


def fresh(row: Parcel) -> Parcel:
    return Parcel.objects.get(pk=row.pk)


def test_claims_of_eight_connections_never_overlap(parcels: Queue[Parcel]) -> None:
    rows(400)
    together = threading.Barrier(8)

    def claim_all(_: int) -> list[int]:
        try:
            together.wait()
            mine: list[int] = []
            while claimed := parcels.claim(7):
                mine += [row.pk for row in claimed]
            return mine
        finally:
            connections["default"].close()

    with ThreadPoolExecutor(8) as pool:
        taken = Counter(pk for mine in pool.map(claim_all, range(8)) for pk in mine)
    assert len(taken) == 400
    assert set(taken.values()) == {1}
    assert Parcel.objects.filter(state=State.LEASED, attempts=1).count() == 400


def test_a_claim_takes_the_oldest_due_rows_first_and_none_that_is_not_due(
    parcels: Queue[Parcel], noon: clock.Frozen
) -> None:
    late, early, future = (
        Parcel.objects.create(not_before=NOON + timedelta(minutes=minutes))
        for minutes in (-1, -5, 1)
    )
    assert [row.pk for row in parcels.claim(10)] == [early.pk, late.pk]
    assert fresh(future).state == State.WAITING


def test_every_claimed_row_has_a_token_of_its_own_and_a_lease(
    parcels: Queue[Parcel], noon: clock.Frozen
) -> None:
    rows(3)
    claimed = parcels.claim(3)
    assert len({row.lease_token for row in claimed}) == 3
    assert {row.lease_until for row in claimed} == {NOON + timedelta(seconds=60)}


def test_a_claim_uses_the_partial_index(parcels: Queue[Parcel]) -> None:
    rows(2000, state=State.DONE)
    rows(200)
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off; SET enable_bitmapscan = off")
        cursor.execute(
            "EXPLAIN SELECT id FROM toys_parcel WHERE state = 'waiting' AND not_before <= now()"
            " ORDER BY not_before, id LIMIT 20"
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())
        cursor.execute("RESET enable_seqscan; RESET enable_bitmapscan")
    assert "parcel_due" in plan
    assert "Sort" not in plan


@pytest.mark.parametrize("how", ["finish", "retry", "bury", "extend", "still_ours"])
def test_a_stale_token_changes_nothing(
    parcels: Queue[Parcel], noon: clock.Frozen, how: str
) -> None:
    rows(1)
    (lost,) = parcels.claim(1)
    noon.move(timedelta(seconds=61))
    assert parcels.reclaim() == 1
    (current,) = parcels.claim(1)
    before = Parcel.objects.filter(pk=current.pk).values().get()
    attempt = {
        "finish": lambda: parcels.finish(lost, note="stale"),
        "retry": lambda: parcels.retry(lost, None, "stale", note="stale"),
        "bury": lambda: parcels.bury(lost, "stale", note="stale"),
        "extend": lambda: parcels.extend(lost),
        "still_ours": lambda: _in_transaction(parcels.still_ours, lost),
    }[how]
    assert attempt() is False
    assert Parcel.objects.filter(pk=current.pk).values().get() == before
    assert parcels.finish(current, note="ours")


def _in_transaction(ask: Any, row: Parcel) -> Any:
    from django.db import transaction

    with transaction.atomic():
        return ask(row)


def test_a_token_settles_its_row_once(parcels: Queue[Parcel]) -> None:
    rows(1)
    (row,) = parcels.claim(1)
    assert parcels.finish(row, note="first")
    assert not parcels.finish(row, note="second")
    assert not parcels.retry(row, None, "second")
    assert (fresh(row).state, fresh(row).note) == (State.DONE, "first")


def test_a_silent_workers_row_comes_back_after_its_lease_and_not_before(
    parcels: Queue[Parcel], noon: clock.Frozen
) -> None:
    rows(1)
    (row,) = parcels.claim(1)
    noon.move(timedelta(seconds=60))
    assert parcels.reclaim() == 0
    noon.move(timedelta(seconds=1))
    assert parcels.reclaim() == 1
    assert (fresh(row).state, fresh(row).attempts) == (State.WAITING, 1)


def test_a_lease_can_be_prolonged(parcels: Queue[Parcel], noon: clock.Frozen) -> None:
    rows(1)
    (row,) = parcels.claim(1)
    noon.move(timedelta(seconds=50))
    assert parcels.extend(row)
    noon.move(timedelta(seconds=50))
    assert parcels.reclaim() == 0


def test_a_row_whose_worker_dies_every_time_is_dead_at_the_cap(
    parcels: Queue[Parcel], noon: clock.Frozen
) -> None:
    rows(1)
    for _ in range(3):
        (row,) = parcels.claim(1)
        noon.move(timedelta(seconds=61))
        parcels.reclaim()
    assert (fresh(row).state, fresh(row).attempts) == (State.DEAD, 3)
    assert "worker stopped" in fresh(row).last_error


def test_a_retry_waits_as_long_as_the_other_side_asked(
    parcels: Queue[Parcel], noon: clock.Frozen
) -> None:
    rows(1)
    (row,) = parcels.claim(1)
    assert parcels.retry(row, timedelta(seconds=90), "busy", note="kept")
    assert fresh(row).not_before == NOON + timedelta(seconds=90)
    assert (fresh(row).last_error, fresh(row).note) == ("busy", "kept")
    assert parcels.claim(1) == []
    noon.move(timedelta(seconds=90))
    assert len(parcels.claim(1)) == 1


@pytest.mark.parametrize("attempts", range(80))
def test_backoff_stays_within_its_bounds(attempts: int) -> None:
    low, high = backoff(attempts, rng=lambda: 0.0), backoff(attempts, rng=lambda: 1.0)
    assert BACKOFF_FIRST / 2 <= low <= high <= BACKOFF_MOST
    assert high == 2 * low


def test_backoff_grows_until_a_quarter_of_an_hour() -> None:
    waits = [backoff(attempts, rng=lambda: 1.0) for attempts in range(1, 15)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (timedelta(seconds=2), timedelta(minutes=15))


@pytest.mark.parametrize("after", [None, timedelta(seconds=5)])
def test_a_temporary_failure_waits_and_is_dead_at_the_cap(
    parcels: Queue[Parcel], noon: clock.Frozen, after: Any
) -> None:
    rows(1)

    def fail(row: Parcel) -> None:
        raise Temporary("The platform cannot be reached.", after)

    for attempt in range(1, 4):
        assert parcels.drain(fail) == 1
        row = Parcel.objects.get()
        assert row.attempts == attempt
        assert row.last_error == "The platform cannot be reached."
        noon.move(timedelta(minutes=16))
    assert Parcel.objects.get().state == State.DEAD


def test_a_refused_token_does_not_use_up_attempts(
    parcels: Queue[Parcel], noon: clock.Frozen
) -> None:
    rows(1)

    def refused(row: Parcel) -> None:
        raise NeedsAttention("The platform refused our token.")

    for _ in range(10):
        assert parcels.drain(refused) == 1
        noon.move(timedelta(minutes=2))
    row = Parcel.objects.get()
    assert (row.state, row.attempts) == (State.WAITING, 0)
    done: list[int] = []
    parcels.drain(lambda row: done.append(row.pk) or parcels.finish(row))
    assert done == [row.pk]


def test_a_permanent_failure_is_dead_at_once_with_its_reason(parcels: Queue[Parcel]) -> None:
    rows(1)

    def refuse(row: Parcel) -> None:
        raise Permanent("The client has no phone number.", "no_contact")

    parcels.drain(refuse)
    row = Parcel.objects.get()
    assert (row.state, row.last_error) == (State.DEAD, "The client has no phone number.")


def test_an_unknown_outcome_is_never_tried_again_by_itself(parcels: Queue[Parcel]) -> None:
    rows(1)

    def lose(row: Parcel) -> None:
        raise UnknownOutcome("It may have been sent.")

    parcels.drain(lose)
    row = Parcel.objects.get()
    assert (row.state, row.last_error) == (State.DEAD, "It may have been sent.")


@pytest.mark.parametrize("error", [RuntimeError("Dana +15035550142"), ValueError()])
def test_any_other_failure_waits_and_keeps_its_words_out_of_the_row(
    parcels: Queue[Parcel], noon: clock.Frozen, error: Any
) -> None:
    rows(1)

    def fail(row: Parcel) -> None:
        raise error

    parcels.drain(fail)
    row = Parcel.objects.get()
    assert row.state == State.WAITING
    assert row.last_error == f"{type(error).__name__}: see the worker's log"


def test_one_row_that_fails_does_not_stop_the_others(parcels: Queue[Parcel]) -> None:
    rows(5)
    first = Parcel.objects.order_by("not_before", "pk").first()

    def handle(row: Parcel) -> None:
        if row.pk == first.pk:
            raise RuntimeError("poison")
        parcels.finish(row)

    assert parcels.drain(handle) == 5
    assert Parcel.objects.filter(state=State.DONE).count() == 4


def test_a_drain_stops_at_its_most(parcels: Queue[Parcel]) -> None:
    rows(30)
    assert parcels.drain(parcels.finish, batch=4, most=10) == 10
    assert Parcel.objects.filter(state=State.DONE).count() == 10


def test_a_long_drain_says_that_its_worker_lives(
    parcels: Queue[Parcel], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.work.queue_of", lambda task: "drafts")
    monkeypatch.setattr("core.heartbeat._last_beats", {})
    rows(1)
    parcels.drain(parcels.finish)
    assert Heartbeat.objects.filter(name="worker:drafts").exists()


def test_a_dead_row_is_put_back_to_work_and_a_living_one_is_left_alone(
    parcels: Queue[Parcel], noon: clock.Frozen
) -> None:
    dead, done = rows(1, state=State.DEAD, attempts=3, last_error="why") + rows(1, state=State.DONE)
    assert parcels.revive(dead.pk)
    assert not parcels.revive(done.pk)
    assert not parcels.revive(dead.pk)
    assert (fresh(dead).state, fresh(dead).attempts, fresh(dead).last_error) == (
        State.WAITING,
        0,
        "",
    )


def test_it_tells_what_is_due_and_for_how_long(parcels: Queue[Parcel], noon: clock.Frozen) -> None:
    assert not parcels.look()[1]
    assert parcels.oldest_due() == timedelta(0)
    rows(1, not_before=NOON + timedelta(seconds=10))
    assert not parcels.look()[1]
    noon.move(timedelta(seconds=40))
    assert parcels.look()[1]
    assert parcels.oldest_due() == timedelta(seconds=30)


def test_two_queues_cannot_be_drained_by_one_task(parcels: Queue[Parcel]) -> None:
    with pytest.raises(ValueError, match=r"toys\.parcels_drain"):
        Queue(Parcel, "toys.parcels_drain")


def test_a_row_locked_by_somebody_is_passed_over(parcels: Queue[Parcel]) -> None:
    first, second = rows(2)
    locked, done = threading.Event(), threading.Event()

    def hold() -> None:
        from django.db import transaction

        try:
            with transaction.atomic():
                Parcel.objects.select_for_update().get(pk=first.pk)
                locked.set()
                done.wait(60)
        finally:
            connections["default"].close()

    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(hold)
        locked.wait(60)
        assert [row.pk for row in parcels.claim(5)] == [second.pk]
        done.set()
        holding.result()
