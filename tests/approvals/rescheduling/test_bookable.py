"""Every proposal for whose person is out, asked of the sandbox's own rules: it takes them all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest

from approvals.rescheduling.choosing import best
from approvals.rescheduling.options import Outage, affected_by, options_for
from benchmarks._bookable import day_put, empty_salon, refused
from benchmarks._days import Shape, clean_day


@pytest.fixture
def salon() -> Iterator[None]:
    with empty_salon():
        yield


@pytest.mark.parametrize("seed", range(6))
def test_the_sandbox_takes_every_proposal(salon: None, seed: int) -> None:
    rng = Random(seed)
    day = clean_day(rng, Shape(days=2, load=rng.uniform(0.3, 0.9)))
    outage = Outage(rng.randint(1, 12), 540, 1440, 540)
    affected = affected_by(day, outage, {})
    chosen = best(affected, options_for(day, outage, affected))
    day_put(day, outage.now)
    assert chosen
    assert refused(day, chosen.values()) == []


def test_a_proposal_that_is_none_is_refused_by_it(salon: None) -> None:
    """The judge can say no: the same proposals with somebody who is busy then."""
    day = clean_day(Random(1), Shape(load=0.9))
    outage = Outage(1, 540, 1440, 540)
    affected = affected_by(day, outage, {})
    chosen = best(affected, options_for(day, outage, affected))
    day_put(day, outage.now)
    other = next(one for one in day.booked if one.staff not in (1, 0))
    wrong = [
        replace(option, staff=other.staff, parts=(replace(option.parts[0], start=other.start),))
        for option in chosen.values()
    ]
    assert len(refused(day, wrong)) == len(wrong) > 0
