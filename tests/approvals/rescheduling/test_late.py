"""A client comes late: whether the visit still fits, and what would make it fit."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from approvals.rescheduling.conflicts import conflicts
from approvals.rescheduling.day import Booked, Day, Worker
from approvals.rescheduling.late import (
    CLOSING,
    LATER,
    NEXT_OTHER,
    OTHER,
    OTHER_ROOM,
    ROOM,
    SHIFT,
    SHORTER,
    STAFF,
    SWAP,
    WAIT,
    WITHOUT,
    Late,
    Treatment,
    delayed,
    late,
)
from benchmarks._days import SERVICES, Shape, clean_day
from tests.support.searches import searched

SKILLS = frozenset({"facial"})


def facial(key: int, start: int, minutes: int = 60, staff: int = 1, **more: Any) -> Booked:
    return Booked(key, start, start + minutes, staff, **{"client": key, "skill": "facial"} | more)


def worker(key: int, first: int = 540, last: int = 1080) -> Worker:
    return Worker(key, f"Person {key}", SKILLS, shifts=((key, first, last),))


def asked(day: Day, arrival: int, *keys: int, **more: Any) -> Late:
    visit = [one for one in day.booked if one.key in (keys or (1,))]
    return late(day, visit, arrival, **more)


def kinds(found: Late) -> list[str]:
    return [way.kind for way in found.ways]


def test_it_fits_up_to_the_next_client_and_not_a_minute_longer() -> None:
    day = Day((facial(1, 600), facial(2, 680)), (worker(1),))
    assert asked(day, 620).fits
    found = asked(day, 621)
    assert [(block.kind, block.other, block.over) for block in found.blocks] == [(STAFF, 2, 1)]
    assert found.slack == 20


def test_the_end_of_a_shift_and_of_the_day_are_in_the_way() -> None:
    day = Day((facial(1, 1020),), (worker(1),), hours=((540, 1070),))
    found = asked(day, 1035)
    assert [(one.kind, one.at, one.over) for one in found.blocks] == [
        (CLOSING, 1070, 25),
        (SHIFT, 1080, 15),
    ]
    assert asked(Day((facial(1, 1020),)), 1035).fits


def test_a_gap_between_two_services_swallows_the_delay() -> None:
    parts = (facial(1, 600, client=5), facial(2, 680, client=5), facial(3, 740))
    assert asked(Day(parts, (worker(1),)), 620, 1, 2).fits
    assert [one.start for one in delayed(parts[:2], 630)] == [630, 690]
    assert not asked(Day(parts, (worker(1),)), 630, 1, 2).fits


def test_another_room_of_the_kind_where_rooms_alone_are_in_the_way() -> None:
    room = {"room": "r1", "kind": "room"}
    rooms = (("r1", "room"), ("c1", "chair"), ("r2", "room"))
    day = Day((facial(1, 600, **room), facial(2, 660, staff=2, **room)), (worker(1),), rooms)
    found = asked(day, 615)
    assert [block.kind for block in found.blocks] == [ROOM]
    assert [(way.kind, way.room) for way in found.ways] == [(OTHER_ROOM, "r2"), (LATER, "")]


def test_the_longest_shorter_service_of_the_same_kind_that_fits() -> None:
    day = Day((facial(1, 600, service=1), facial(2, 660)), (worker(1, 540, 720),))
    menu = [
        Treatment(1, 60, "facial"), Treatment(2, 50, "facial"), Treatment(3, 30, "facial"),
        Treatment(4, 45, "facial"), Treatment(5, 40, "massage"), Treatment(6, 45, "facial", "room"),
    ]  # fmt: skip
    found = [way for way in asked(day, 615, menu=menu).ways if way.kind == SHORTER]
    assert [(way.service, way.minutes) for way in found] == [(4, 45), (3, 30)]


def test_an_addition_is_left_out_before_the_main_service() -> None:
    parts = (facial(1, 600, client=5), facial(2, 660, 15, client=5), facial(3, 675))
    found = asked(Day(parts, (worker(1, 540, 735),)), 615, 1, 2)
    assert [(way.kind, way.part) for way in found.ways if way.kind == WITHOUT] == [(WITHOUT, 2)]


def test_the_next_client_waits_only_a_little_and_only_where_nothing_follows() -> None:
    day = Day((facial(1, 600), facial(2, 660)), (worker(1),))
    way = asked(day, 610).ways[0]
    assert (way.kind, way.part, way.start, way.minutes) == (WAIT, 2, 670, 10)
    assert WAIT not in kinds(asked(day, 611))
    full = replace(day, booked=(*day.booked, facial(3, 720)))
    assert WAIT not in kinds(asked(full, 610))


def test_the_next_client_goes_first_if_they_are_here() -> None:
    day = Day((facial(1, 600), facial(2, 660, 30)), (worker(1, 540, 720),))
    assert SWAP not in kinds(asked(day, 630))
    found = asked(day, 630, here=frozenset({2}), now=600)
    assert [(way.part, way.start) for way in found.ways if way.kind == SWAP] == [(2, 630)]
    # The hour has run on: who goes first begins now, and the one who follows no longer fits.
    assert SWAP not in kinds(asked(day, 630, here=frozenset({2}), now=635))


def test_somebody_else_takes_them_or_the_next_client() -> None:
    day = Day((facial(1, 600), facial(2, 660)), (worker(1, 540, 720), worker(2)))
    found = {way.kind: way for way in asked(day, 630).ways}
    assert (found[OTHER].staff, found[OTHER].start) == (2, 630)
    assert (found[NEXT_OTHER].part, found[NEXT_OTHER].staff, found[NEXT_OTHER].start) == (2, 2, 660)


def test_the_first_hour_at_which_it_fits_again() -> None:
    day = Day((facial(1, 600), facial(2, 660)), (worker(1),))
    way = asked(day, 630).ways[-1]
    assert (way.kind, way.start, way.staff) == (LATER, 720, 1)
    assert asked(replace(day, workers=(worker(1, 540, 720),)), 630).ways == ()


@searched(25)
@given(seed=st.integers(0, 10**6), minutes=st.integers(1, 90), load=st.floats(0.3, 0.95))
def test_what_fits_clashes_with_nothing_and_neither_does_any_way_out(
    seed: int, minutes: int, load: float
) -> None:
    rng = Random(seed)
    day = clean_day(rng, Shape(load=load))
    one = rng.choice(day.booked)
    menu = [Treatment(key, m, skill, kind) for key, (skill, kind, m) in SERVICES.items()]
    here = frozenset(other.key for other in day.booked)
    found = late(day, [one], one.start + minutes, menu=menu, here=here, now=one.start)
    assert found.fits == (not _clashes(day, found.parts))
    for way in found.ways:
        assert _clashes(day, _after(day, one, found, way)) == []


def _after(day: Day, one: Booked, found: Late, way: Any) -> tuple[Booked, ...]:
    """The appointments as they stand once a way out was taken."""
    (moved,) = found.parts
    other = next(row for row in day.booked if row.key == way.part)
    length = other.end - other.start
    there = {"staff": way.staff or other.staff, "room": way.room or other.room}
    put = replace(other, start=way.start, end=way.start + length, **there)
    if way.kind == SHORTER:
        return (replace(moved, end=moved.start + way.minutes),)
    if way.kind == SWAP:
        first = replace(other, start=one.start, end=one.start + length)
        return first, replace(moved, start=way.start, end=way.start + one.end - one.start)
    if way.kind == LATER:
        return (replace(put, room=""),)
    return (put,) if way.part == one.key else (put, moved)


def _clashes(day: Day, changed: tuple[Booked, ...]) -> list[str]:
    keys = {one.key for one in changed}
    rest = [one for one in day.booked if one.key not in keys]
    whole = replace(day, booked=(*rest, *changed))
    shifts = {one.key: one.shifts for one in day.workers}
    over = [
        "shift"
        for one in changed
        if not any(first <= one.start and one.end <= last for _, first, last in shifts[one.staff])
    ]
    return over + [one.key for one in conflicts(whole)]
