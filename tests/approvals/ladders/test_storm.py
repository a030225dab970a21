"""A storm of cancellations on the real database: nothing that must never happen, happens.

Each seed is a fortnight of one salon, the same every time. The storm is also shown to find what it
looks for: with a guard taken away its zeros are none.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError

from agents.matching import rules
from approvals.ladders import claims, guarding, policy, winning
from approvals.models import Offer, Opening
from benchmarks._storm import people
from benchmarks._storm.figures import share
from benchmarks._storm.run import storm, storm_kept
from benchmarks._storm.witness import EVERYBODY, LADDER
from tests.approvals.ladders.weather import SMALL, weathered

pytestmark = pytest.mark.django_db
FEW = 12


def test_a_storm_leaves_nothing_undone_and_nothing_done_twice(capsys: Any) -> None:
    """Half of the three hundred openings of every run; the other half is in the file beside."""
    with capsys.disabled():
        weathered(1, clients=SMALL)


@pytest.mark.soak
def test_a_storm_over_a_long_list_leaves_nothing_undone() -> None:
    weathered(1)


def test_a_seed_plays_the_same_every_time() -> None:
    assert storm(3, FEW // 2, SMALL) == storm(3, FEW // 2, SMALL)


@pytest.mark.soak
@pytest.mark.django_db(transaction=True)
def test_a_seed_plays_the_same_whether_it_is_taken_back_or_committed() -> None:
    assert storm(3, FEW // 2, SMALL) == storm_kept(3, FEW // 2, SMALL)


def test_without_the_caps_the_storm_finds_clients_who_are_pestered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    left = tuple(one for one in guarding.GUARDS if one is not guarding.caps_hold)
    monkeypatch.setattr(guarding, "GUARDS", left)
    monkeypatch.setattr(rules, "RULES", tuple(one for one in rules.RULES if one is not rules.caps))
    account = storm(1, 2 * FEW, clients=20)
    assert account.bad["offers beyond two a day"] + account.bad["offers in a quiet week"] > 0


def test_without_the_lead_time_the_storm_finds_offers_that_come_too_late(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def starts(starts_at: Any, lead_minutes: int) -> Any:
        return starts_at

    def one(starts_at: Any, at: Any, asked: Any) -> int:
        return 1

    # One after the other: who asks more together the sooner it starts is seldom late.
    monkeypatch.setattr(policy, "together", one)
    monkeypatch.setattr(policy, "cut_off", starts)
    assert storm(1, FEW).bad["offers past the lead time"] > 0


def test_without_the_held_slot_two_clients_win_and_the_database_refuses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The states of the opening and of its draft are the guards; behind them stands a constraint,
    which is what is seen when they are gone."""

    def everybody(opening: Opening, offer: Offer, now: Any) -> None:
        return None

    def nothing(opening: Opening, offer: Offer) -> None:
        return None

    def always(opening: Opening, offer: Offer) -> bool:
        Opening.objects.filter(pk=opening.pk).update(state="held", held_by=offer)
        return True

    # Everybody takes it by the link, and most of them late.
    for name, value in (("TAKES_IT", 1.0), ("BY_LINK", 1.0), ("MEDIAN_MINUTES", 40.0)):
        monkeypatch.setattr(people, name, value)
    monkeypatch.setattr(claims, "_settled", everybody)
    monkeypatch.setattr(winning, "hold", always)
    monkeypatch.setattr(winning, "_booking_released", nothing)
    with pytest.raises(IntegrityError, match="one_winner_per_opening"):
        storm(1, FEW)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(101, 121))
def test_more_storms_stay_clean(seed: int) -> None:
    account = weathered(seed)
    assert share(account.ways[LADDER]) <= share(account.ways[EVERYBODY])
