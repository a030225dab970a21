"""Who is never asked, and what is said about it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.agents.matching.helpers import (
    NOW,
    START,
    ahead,
    asked,
    entry,
    reason,
    said,
    slot,
)


def test_a_plain_entry_may_be_asked() -> None:
    assert reason(entry()) == ""


def test_whoever_gave_the_slot_up_is_never_asked() -> None:
    assert reason(entry(7), slot(given_up_by=7)) == "Gave up this very slot."


def test_nor_is_the_family_on_the_same_phone() -> None:
    free = slot(given_up_by=7, given_up_phone_of=4)
    assert "Shares a phone" in reason(entry(8, phone_of=4), free)
    assert reason(entry(8, phone_of=8), free) == ""
    assert reason(entry(8, phone_of=0, has_email=True, consent=[said("email")]), free) == ""


def test_a_client_without_drafts_is_left_alone() -> None:
    assert reason(entry(no_drafts=True)) == "The desk wants no drafts for this client."


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"minutes": 90}, "takes 90 minutes; the slot has 60"),
        ({"skill": "facial"}, "Sarah Lind does not do"),
        ({"resource_kind": "chair"}, "needs a chair; this is a room"),
    ],
)
def test_another_service_must_fit_time_therapist_and_room(
    fields: dict[str, Any], words: str
) -> None:
    other = {"service_id": 6, "service": "Swedish massage"}
    assert reason(entry(**other)) == ""
    assert words in reason(entry(**other | fields))
    assert reason(entry(**other), other_services=False) == "Waits for Swedish massage."


def test_the_hours_given_are_kept_to_and_named() -> None:
    tuesdays = [{"days": "-T-T", "from": "09:00", "to": "12:00"}]
    assert reason(entry(windows=tuesdays)) == "Can come Tue, Thu 9 am to 12 pm only."
    assert reason(entry(windows=[{"days": "----F"}])) == ""


def test_who_waits_for_another_therapist_is_not_asked() -> None:
    assert reason(entry(staff_ids=["sta_9"])) == "Waits for another therapist."
    assert reason(entry(staff_ids=["sta_9", "sta_3"])) == ""


@pytest.mark.parametrize("name", ["Color patch test", "Peel consent", "Massage intake"])
def test_a_required_form_that_is_missing_is_said(name: str) -> None:
    assert reason(entry(form_required=name)) == f"{name} is missing."
    assert reason(entry(form_required=name, forms=[name.upper()])) == ""


def test_without_consent_or_address_nobody_is_asked() -> None:
    assert reason(entry(consent=[])) == "No consent for texts about appointments is on record."
    assert "Does not allow" in reason(entry(consent=[said(granted=False)]))
    assert "no phone number" in reason(entry(phone_of=0))
    by_mail = entry(consent=[said(granted=False), said("email")], has_email=True)
    assert reason(by_mail) == ""


def test_who_is_busy_then_or_has_it_sooner_is_not_asked() -> None:
    assert reason(entry(ahead=[ahead(0.5)])) == "Has Hot stone massage at that time."
    assert reason(entry(ahead=[ahead(-2)])) == "Has Hot stone massage today 12:30 pm already."
    assert reason(entry(ahead=[ahead(-2, service_id=8)])) == ""
    assert reason(entry(ahead=[ahead(48)])) == ""


@pytest.mark.parametrize("state", ["sent", "declined", "silent", "gone", "late_yes"])
def test_nobody_is_asked_twice_for_the_same_hour(state: str) -> None:
    same = {"starts_at": START + timedelta(minutes=30), "ends_at": START + timedelta(minutes=90)}
    assert "Was asked for the same hour" in reason(entry(asked=[asked(state, 3, **same)]))
    assert "Was asked for the same hour" in reason(entry(asked=[asked(state, 3, opening_id=9)]))


@pytest.mark.parametrize("state", ["waiting", "withdrawn", "skipped", "failed"])
def test_an_offer_that_never_reached_them_does_not_count(state: str) -> None:
    same = {"starts_at": START, "ends_at": START + timedelta(hours=1)}
    assert reason(entry(asked=[asked(state, 3, **same)])) == ""


def test_at_most_two_offers_a_day() -> None:
    two = [asked("declined", 1, 2), asked("declined", 2, 3)]
    assert reason(entry(asked=two[:1])) == ""
    assert "today already" in reason(entry(asked=two))
    assert reason(entry(asked=two), offers_per_day=3) == ""
    yesterday = [asked("declined", 12, 2), asked("declined", 2, 3)]
    assert reason(entry(asked=yesterday)) == ""


def test_a_quiet_week_after_three_without_an_answer() -> None:
    silent = [asked("silent", 30), asked("silent", 60), asked("silent", 90)]
    assert "in peace for a week" in reason(entry(asked=silent))
    assert reason(entry(asked=[asked("declined", 26, 5), *silent])) == ""
    long_ago = [asked("silent", 24 * 8 + n) for n in range(3)]
    assert reason(entry(asked=long_ago)) == ""
    assert NOW < START
