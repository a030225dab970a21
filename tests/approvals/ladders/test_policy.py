"""The pure rules of offering: time to answer, waves, what fits before the lead time, the caps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.ladders.policy import (
    ANSWER_TABLE,
    History,
    OfferPolicy,
    answer_minutes,
    cap_reached,
    cut_off,
    places,
    policy_from,
    terms_json,
)
from tests.support.searches import searched

NOW = datetime(2026, 6, 15, 17, tzinfo=UTC)
MIDNIGHT = datetime(2026, 6, 15, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "minutes"),
    [
        (0.5, 10),
        (2, 10),
        (2.01, 15),
        (4, 15),
        (12, 30),
        (12.1, 60),
        (48, 60),
        (168, 120),
        (999, 240),
    ],
)
def test_the_sooner_the_slot_the_shorter_the_time_to_answer(hours: float, minutes: int) -> None:
    assert answer_minutes(NOW + timedelta(hours=hours), NOW) == minutes


def test_a_location_may_have_a_table_of_its_own() -> None:
    assert answer_minutes(NOW + timedelta(hours=3), NOW, ((1, 5), (24, 45))) == 45
    assert answer_minutes(NOW + timedelta(hours=99), NOW, ((1, 5), (24, 45))) == 45


def test_one_at_a_time_in_waves_or_all_together() -> None:
    def waves(policy: OfferPolicy) -> list[int]:
        return [spot.wave for spot in places(7, NOW + timedelta(days=3), NOW, policy)]

    assert waves(OfferPolicy()) == [1, 2, 3, 4, 5, 6, 7]
    assert waves(OfferPolicy(mode="waves", wave_size=3)) == [1, 1, 1, 2, 2, 2, 3]
    assert waves(OfferPolicy(mode="waves", wave_size=0)) == [1, 2, 3, 4, 5, 6, 7]
    assert waves(OfferPolicy(mode="all", wave_size=2)) == [1] * 7


@pytest.mark.parametrize(
    ("hours", "most", "waves"),
    [
        (30, 3, [1, 2, 3, 4, 5, 6]),
        (12, 3, [1, 1, 2, 2, 3, 3]),
        # Two together at first; once four hours are left, three.
        (4.6, 3, [1, 1, 2, 2, 3, 3]),
        (4.4, 3, [1, 1, 2, 2, 2, 3]),
        (4, 3, [1, 1, 1, 2, 2, 2]),
        (4, 2, [1, 1, 2, 2, 3, 3]),
        (4, 1, [1, 2, 3, 4, 5, 6]),
    ],
)
def test_the_sooner_the_slot_the_more_are_asked_together(
    hours: float, most: int, waves: list[int]
) -> None:
    policy = OfferPolicy(mode="soon", wave_size=most)
    spots = places(6, NOW + timedelta(hours=hours), NOW, policy)
    assert [spot.wave for spot in spots] == waves


def test_asking_more_together_reaches_more_people_before_a_slot_that_is_near() -> None:
    starts = NOW + timedelta(hours=2)
    one, soon = (places(15, starts, NOW, OfferPolicy(mode=mode, most_rungs=15))
                 for mode in ("one", "soon"))  # fmt: skip
    assert (len(one), len(soon)) == (6, 15)


def test_no_more_rungs_than_fit_before_the_lead_time() -> None:
    starts = NOW + timedelta(hours=2)
    spots = places(10, starts, NOW, OfferPolicy(lead_minutes=60))
    assert [spot.minutes for spot in spots] == [10] * 6
    assert len(places(10, starts, NOW, OfferPolicy(lead_minutes=60, mode="all"))) == 10
    assert len(places(10, starts, NOW, OfferPolicy(lead_minutes=60, most_rungs=2))) == 2
    assert places(0, starts, NOW, OfferPolicy()) == []


@searched(25)
@given(
    count=st.integers(0, 20),
    hours=st.floats(0.1, 400),
    lead=st.integers(0, 300),
    mode=st.sampled_from(["soon", "one", "waves", "all"]),
    size=st.integers(1, 5),
)
def test_nobody_is_planned_inside_the_lead_time(
    count: int, hours: float, lead: int, mode: str, size: int
) -> None:
    policy = OfferPolicy(mode=mode, wave_size=size, lead_minutes=lead)  # type: ignore[arg-type]
    starts = NOW + timedelta(hours=hours)
    spots = places(count, starts, NOW, policy)
    assert [spot.position for spot in spots] == list(range(1, len(spots) + 1))
    assert len(spots) <= min(count, policy.most_rungs)
    asked_at, wave = NOW, 1
    for before, spot in pairwise(spots):
        if spot.wave != wave:
            asked_at, wave = asked_at + timedelta(minutes=before.minutes), spot.wave
        assert asked_at < cut_off(starts, lead)


def test_two_offers_a_day_are_enough() -> None:
    history = History([NOW - timedelta(hours=1), NOW - timedelta(hours=3)])
    assert (
        cap_reached(history, MIDNIGHT, NOW, OfferPolicy()) == "Was offered 2 slots today already."
    )
    assert not cap_reached(history, MIDNIGHT, NOW, OfferPolicy(offers_per_day=3))
    yesterday = History([MIDNIGHT - timedelta(hours=1), MIDNIGHT - timedelta(hours=2)])
    assert not cap_reached(yesterday, MIDNIGHT, NOW, OfferPolicy())


def test_three_without_an_answer_give_a_quiet_week() -> None:
    last = NOW - timedelta(days=6)
    silent = History([], 3, last)
    assert "in peace for a week" in cap_reached(silent, MIDNIGHT, NOW, OfferPolicy())
    assert not cap_reached(silent, MIDNIGHT, last + timedelta(days=7), OfferPolicy())
    assert not cap_reached(History([], 2, last), MIDNIGHT, NOW, OfferPolicy())


def test_terms_are_kept_and_read_again_whatever_an_older_release_wrote() -> None:
    policy = OfferPolicy(mode="waves", wave_size=4, cancellation_rule="24 hours")
    assert policy_from(terms_json(policy)) == policy
    assert policy_from({}) == OfferPolicy()
    assert policy_from({"mode": "all", "gone_setting": 1}).answer_table == ANSWER_TABLE
    assert policy_from({"answer_table": [[1, 5]]}).answer_table == ((1, 5),)
