"""Whose person is out is placed anew: never twice in one place, always with trained hands."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.rescheduling.choosing import Choice, best, first_fit
from approvals.rescheduling.day import Booked, Busy, Day, Worker
from approvals.rescheduling.options import (
    LEAD,
    Affected,
    Outage,
    affected_by,
    as_booked,
    options_for,
)
from benchmarks._days import Shape, clean_day
from tests.support.searches import searched

FACIAL = frozenset({"facial"})


def kept(choice: Choice) -> tuple[int, int, int]:
    """Placed at all, same day, same hour."""
    chosen = choice.values()
    return (
        sum(one.same_day for one in chosen),
        sum(one.same_time for one in chosen),
        sum(one.preferred for one in chosen),
    )


@searched(20)
@given(
    seed=st.integers(0, 10**6),
    out=st.integers(1, 12),
    now=st.integers(480, 900),
    load=st.floats(0.2, 0.95),
)
def test_proposals_are_bookable_together_and_never_worse_than_by_hand(
    seed: int, out: int, now: int, load: float
) -> None:
    day = clean_day(Random(seed), Shape(days=3, load=load))
    outage = Outage(out, now, 1440, now)
    affected = affected_by(day, outage, {})
    options = options_for(day, outage, affected)
    chosen, by_hand = best(affected, options), first_fit(affected, options)
    assert kept(chosen) >= kept(by_hand)
    _bookable(day, outage, affected, chosen)


def _bookable(day: Day, outage: Outage, affected: tuple[Affected, ...], chosen: Choice) -> None:
    """One after the other onto the calendar, in any order: each is free, qualified and on shift."""
    workers = {worker.key: worker for worker in day.workers}
    mine = {part.key: part for one in affected for part in one.parts}
    busy = Busy.of(day.booked)
    for option in chosen.values():
        worker = workers[option.staff]
        for part in option.parts:
            was = mine[part.key]
            assert part.end - part.start == was.end - was.start
            assert was.skill in worker.skills
            assert worker.on_shift(part.start, part.end)
            assert (
                option.staff != outage.staff
                or part.end <= outage.start
                or (part.start >= outage.end)
            )
            assert part.start == was.start or part.start >= outage.now + LEAD
            assert bool(part.room) == bool(was.kind)
            assert busy.staff_free(option.staff, part.start, part.end, part.key)
            assert not part.room or busy.room_free(part.room, part.start, part.end, part.key)
            busy.staff.setdefault(option.staff, []).append((part.start, part.end, part.key))
            if part.room:
                busy.rooms.setdefault(part.room, []).append((part.start, part.end, part.key))


def worker(key: int, *shift: int, skills: frozenset[str] = FACIAL) -> Worker:
    return Worker(key, skills=skills, shifts=((key, shift[0], shift[1]),))


def facial(key: int, start: int, staff: int = 1, **more: object) -> Booked:
    fields = {"client": key, "service": 1, "skill": "facial"} | more
    return Booked(key, start, start + 60, staff, **fields)  # type: ignore[arg-type]


def proposals(
    day: Day, outage: Outage, prefers: dict[int, tuple[int, ...]] | None = None
) -> Choice:
    affected = affected_by(day, outage, prefers or {})
    return best(affected, options_for(day, outage, affected))


ALL_DAY = Outage(1, 540, 1440, 540)


def test_all_are_placed_where_by_hand_somebody_would_lose_the_day() -> None:
    # Served first, the nine o'clock client takes the one long gap; the other has no choice.
    two = (facial(1, 600), facial(2, 660))
    busy = tuple(facial(10 + n, start, 2) for n, start in enumerate(range(720, 1140, 60)))
    day = Day((*two, *busy), (worker(1, 540, 1140), worker(2, 600, 1140), worker(3, 600, 660)))
    affected = affected_by(day, ALL_DAY, {1: (2,)})
    options = options_for(day, ALL_DAY, affected)
    chosen = best(affected, options)
    assert kept(chosen)[:2] == (2, 2)


def test_the_only_free_hour_goes_to_whoever_has_no_other() -> None:
    day = Day(
        (facial(1, 600), facial(2, 600, skill="peel"), facial(3, 660, 2), facial(4, 660, 3)),
        (
            worker(1, 600, 720),
            worker(2, 600, 720, skills=frozenset({"facial", "peel"})),
            worker(3, 600, 720),
        ),
    )
    chosen = proposals(day, ALL_DAY, {1: (2,)})
    assert {key: option.staff for key, option in chosen.items()} == {1: 3, 2: 2}
    assert len(first_fit(*_asked(day, {1: (2,)}))) == 1


def _asked(day: Day, prefers: dict[int, tuple[int, ...]]) -> tuple[tuple[Affected, ...], dict]:
    affected = affected_by(day, ALL_DAY, prefers)
    return affected, options_for(day, ALL_DAY, affected)


def test_somebody_they_like_is_chosen_among_equals() -> None:
    day = Day((facial(1, 600),), (worker(1, 600, 720), worker(2, 600, 720), worker(3, 600, 720)))
    assert proposals(day, ALL_DAY, {1: (3,)})[1].staff == 3


def test_nobody_qualified_means_a_call() -> None:
    day = Day((facial(1, 600),), (worker(1, 600, 720), worker(2, 600, 720, skills=frozenset("x"))))
    assert proposals(day, ALL_DAY) == {}


def test_no_free_room_of_the_kind_means_another_hour() -> None:
    room = {"room": "r1", "kind": "room"}
    day = Day(
        (facial(1, 600, **room), facial(2, 600, 9, room="r1", kind="room")),
        (worker(1, 600, 720), worker(2, 600, 900)),
        rooms=(("r1", "room"), ("c1", "chair")),
    )
    chosen = proposals(day, ALL_DAY)[1]
    assert (chosen.start, chosen.parts[0].room) == (660, "r1")


def test_two_services_of_one_client_stay_together() -> None:
    day = Day(
        (facial(1, 600, client=5), facial(2, 660, client=5)),
        (worker(1, 600, 720), worker(2, 600, 660), worker(3, 780, 960)),
    )
    option = proposals(day, ALL_DAY)[1]
    assert [(part.key, part.start) for part in option.parts] == [(1, 780), (2, 840)]
    assert option.staff == 3


def test_a_client_is_never_in_two_places_at_once() -> None:
    day = Day(
        (facial(1, 600, client=5), facial(2, 600, 3, client=5)),
        (worker(1, 600, 720), worker(2, 600, 720), worker(3, 600, 660)),
    )
    assert proposals(day, ALL_DAY)[1].start == 660


def test_who_is_out_for_the_morning_may_do_it_in_the_afternoon() -> None:
    day = Day((facial(1, 600),), (worker(1, 540, 1020),))
    option = proposals(day, Outage(1, 540, 720, 540))[1]
    assert (option.staff, option.start) == (1, 720)


def test_where_no_skill_is_known_only_who_has_done_it_can_do_it() -> None:
    done = Worker(3, does=frozenset({1}), shifts=((3, 600, 720),))
    day = Day(
        (facial(1, 600, skill=""),),
        (worker(1, 600, 720), worker(2, 600, 720), done),
    )
    assert proposals(day, ALL_DAY)[1].staff == 3


def test_opening_hours_hold() -> None:
    day = Day(
        (facial(1, 600), facial(9, 600, 2)),
        (worker(1, 600, 720), worker(2, 600, 1200)),
        hours=((540, 660),),
    )
    assert proposals(day, ALL_DAY) == {}


def test_a_longer_service_is_placed_as_long_as_the_platform_books_it() -> None:
    day = Day((facial(1, 600),), (worker(2, 600, 670),))
    affected = as_booked(affected_by(day, ALL_DAY, {}), {1: 75})
    assert options_for(day, ALL_DAY, affected) == {1: ()}


@pytest.mark.soak
def test_proposals_over_many_days_are_bookable() -> None:
    for seed in range(1_000):
        rng = Random(seed)
        day = clean_day(rng, Shape(days=3, load=rng.uniform(0.3, 0.95)))
        outage = Outage(rng.randint(1, 12), 600, 1440, 600)
        affected = affected_by(day, outage, {})
        options = options_for(day, outage, affected)
        chosen = best(affected, options)
        assert kept(chosen) >= kept(first_fit(affected, options))
        _bookable(day, outage, affected, chosen)
