"""What clashes on a calendar: everything planted is found, and nothing else."""

from random import Random

import pytest

from approvals.rescheduling.conflicts import conflicts
from approvals.rescheduling.day import Booked, Day, Worker
from benchmarks._days import Shape, clean_day, planted


@pytest.mark.parametrize("seed", range(25))
def test_every_planted_clash_is_found_and_nothing_else(seed: int) -> None:
    day, wanted = planted(Random(seed), clean_day(Random(seed)))
    found = conflicts(day)
    assert {(one.kind, one.first, one.second) for one in found} == wanted
    assert len({one.key for one in found}) == len(found)


@pytest.mark.parametrize("seed", range(10))
def test_a_full_day_without_clashes_has_none(seed: int) -> None:
    day = clean_day(Random(seed), Shape(load=0.95))
    assert day.booked
    assert conflicts(day) == []


def test_what_follows_on_the_minute_is_no_clash() -> None:
    day = Day((Booked(1, 600, 660, 7, "r"), Booked(2, 660, 700, 7, "r")))
    assert conflicts(day) == []


def test_a_clash_keeps_its_key_whichever_of_the_two_moves() -> None:
    first = conflicts(Day((Booked(1, 600, 660, 7), Booked(2, 630, 690, 7))))
    later = conflicts(Day((Booked(2, 640, 700, 7), Booked(1, 650, 720, 7))))
    assert [one.key for one in first] == [one.key for one in later]
    assert (later[0].start, later[0].end) == (650, 700)


def test_a_platform_that_names_no_skills_accuses_nobody() -> None:
    booked = (Booked(1, 600, 660, 7, skill="massage"),)
    assert conflicts(Day(booked, (Worker(7),))) == []
    assert len(conflicts(Day(booked, (Worker(7, skills=frozenset({"nails"})),)))) == 1


def test_shifts_of_two_other_houses_are_their_own_affair() -> None:
    away = ((2, 600, 900), (3, 700, 800))
    assert conflicts(Day(workers=(Worker(7, elsewhere=away),))) == []
    here = conflicts(Day(workers=(Worker(7, shifts=((1, 860, 1000),), elsewhere=away),)))
    assert [(one.first, one.second) for one in here] == [(1, 2)]
