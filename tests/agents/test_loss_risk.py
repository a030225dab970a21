"""The scorer: what moves it, and the words it gives."""

from decimal import Decimal

import pytest

from agents.context import Past
from agents.scoring.loss_risk import Upcoming, loss_risk

REGULAR = Past(visits=12, complete=True)


@pytest.mark.parametrize(
    ("past", "upcoming", "level"),
    [
        (REGULAR, Upcoming(lead_days=3), "low"),
        (Past(visits=3, no_shows=2, complete=True), Upcoming(lead_days=3), "high"),
        (Past(visits=12, no_shows=1, complete=True), Upcoming(lead_days=3), "low"),
        (Past(visits=4, late_cancels=2, complete=True, last_lost=True), Upcoming(), "high"),
        (Past(complete=True), Upcoming(lead_days=3), "medium"),
        (Past(complete=True), Upcoming(lead_days=40, minutes=120), "medium"),
        (Past(), Upcoming(lead_days=3), "low"),
        (Past(visits=3, no_shows=2, complete=True), Upcoming(confirmed=True), "low"),
    ],
)
def test_the_level_follows_the_record_the_lead_time_and_the_answer(
    past: Past, upcoming: Upcoming, level: str
) -> None:
    assert loss_risk(past, upcoming).level == level


def test_one_missed_visit_does_not_brand_a_client() -> None:
    once = loss_risk(Past(visits=5, no_shows=1, complete=True), Upcoming(lead_days=3))
    often = loss_risk(Past(visits=2, no_shows=4, complete=True), Upcoming(lead_days=3))
    assert once.level != "high"
    assert often.chance > 2 * once.chance


def test_a_dear_appointment_is_asked_about_sooner() -> None:
    past = Past(visits=8, no_shows=1, complete=True, last_lost=False)
    cheap = loss_risk(past, Upcoming(lead_days=3, price=Decimal(40)))
    dear = loss_risk(past, Upcoming(lead_days=3, price=Decimal(220)))
    assert cheap.chance == dear.chance
    assert (cheap.level, dear.level) == ("low", "medium")


def test_unknown_is_not_new() -> None:
    unknown = loss_risk(Past(complete=False), Upcoming(lead_days=3))
    assert "First visit here." not in unknown.reasons
    assert any("full history" in reason for reason in unknown.reasons)
    assert "First visit here." in loss_risk(Past(complete=True), Upcoming(lead_days=3)).reasons


def test_the_reasons_are_in_a_receptionists_words() -> None:
    past = Past(visits=3, no_shows=2, late_cancels=1, complete=True, days_since_last=400)
    reasons = loss_risk(past, Upcoming(lead_days=30)).reasons
    assert reasons[0] == "Missed twice and cancelled late once out of 6 bookings."
    assert "Booked 30 days ahead." in reasons
    assert "Last here 13 months ago." in reasons


def test_the_bounds_can_be_set() -> None:
    past = Past(visits=5, no_shows=1, complete=True)
    assert loss_risk(past, Upcoming(), medium=0.01, high=0.02).level == "high"
