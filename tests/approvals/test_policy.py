"""Pure rules: the care table, holds, groups, and the two tables of states."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from approvals import policy
from approvals.models import ApprovalItem
from approvals.states import REACTIONS, TRANSITIONS, Happening, may_become, states_page

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
PLAIN: dict[str, Any] = {
    "body": "Hi Dana, see you on Friday.",
    "writer": "template",
    "first_message": False,
    "tainted": False,
    "facts_ok": True,
}


@pytest.mark.parametrize(
    ("change", "care", "why"),
    [
        ({}, "one_key", ""),
        ({"writer": "model"}, "one_key", ""),
        ({"writer": "template", "first_message": True}, "one_key", ""),
        ({"writer": "model", "first_message": True}, "open_card", "first message"),
        ({"tainted": True}, "open_card", "own words"),
        ({"facts_ok": False}, "open_card", "verified"),
        ({"old_consent": True}, "open_card", "older list"),
        ({"hidden": True}, "open_card", "hidden"),
        ({"body": "Reply YES to confirm."}, "open_card", "carriers"),
        ({"complaint": True}, "press_hold", "complaint"),
        ({"birthday": date(2010, 6, 16), "today": date(2026, 6, 15)}, "press_hold", "minor"),
        ({"birthday": date(2008, 6, 15), "today": date(2026, 6, 15)}, "one_key", ""),
        ({"body": "Careful with your eczema."}, "press_hold", "health"),
        ({"body": "Por tu alergia usaremos otro aceite."}, "press_hold", "health"),
        ({"body": "We give you 20% off."}, "press_hold", "discount"),
        ({"body": "Tienes un descuento especial."}, "press_hold", "discount"),
        ({"body": "Your refund is on its way."}, "press_hold", "discount"),
        ({"body": "The massage is $120."}, "one_key", ""),
        ({"facts_ok": False, "complaint": True}, "press_hold", "complaint"),
    ],
)
def test_care_is_computed_in_code(change: dict[str, Any], care: str, why: str) -> None:
    verdict = policy.care_of(**PLAIN | change)
    assert verdict.care == care
    assert why in " ".join(verdict.reasons)


def test_a_language_the_reviewer_does_not_read_opens_the_card() -> None:
    assert policy.care_for_reader("one_key", "es", ["en"]) == "open_card"
    assert policy.care_for_reader("one_key", "es-MX", ["en", "es"]) == "one_key"
    assert policy.care_for_reader("press_hold", "es", ["en"]) == "press_hold"


@pytest.mark.parametrize(
    ("channel", "live", "seconds"),
    [
        ("sms", False, 10),
        ("email", False, 20),
        ("sms", True, 0),
        ("email", True, 0),
        ("", False, 10),
    ],
)
def test_the_hold_fits_the_channel(channel: str, live: bool, seconds: int) -> None:
    assert policy.hold_seconds(channel, live) == seconds


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("Reply YES to confirm", "YES"),
        ("Please text CANCEL if you cannot come", "CANCEL"),
        ("Reply with “STOP” to move it", "STOP"),
        ("Responde SI para confirmar", "SI"),
        ("Reply 1 to confirm", ""),
        ("Reply STOP to opt out", ""),
        ("Reply STOP to unsubscribe", ""),
        ("We would love to say yes to that", ""),
        ("Call us to cancel", ""),
    ],
)
def test_no_text_may_ask_for_a_word_that_carriers_act_on(body: str, word: str) -> None:
    assert policy.asks_for_keyword(body) == word


@pytest.mark.parametrize(
    ("state", "due", "group", "label"),
    [
        ("pending", None, "confirmations", "Confirmations"),
        ("pending", timedelta(minutes=40), "confirmations", "Time is short"),
        ("pending", timedelta(hours=5), "reminders", "Reminders"),
        ("pending", None, "aftercare", "Aftercare"),
        ("unknown", timedelta(minutes=40), "aftercare", "Please check"),
        ("stale", None, "confirmations", "Please check"),
        ("pending", None, "never heard of", "Other"),
    ],
)
def test_drafts_are_grouped_by_urgency(
    state: str, due: timedelta | None, group: str, label: str
) -> None:
    at = NOW + due if due else None
    assert policy.group_of(group=group, state=state, due_at=at, now=NOW).label == label


def test_there_are_six_reasons_to_reject() -> None:
    assert list(policy.REJECT_REASONS.values()) == [
        "Wrong fact",
        "Wrong tone",
        "Bad timing",
        "Not this client",
        "Handled in person or by phone",
        "Against our policy",
    ]


def test_every_state_reacts_to_every_happening_by_a_step_that_exists() -> None:
    assert set(TRANSITIONS) == set(REACTIONS) == set(ApprovalItem.State.values)
    for state, reactions in REACTIONS.items():
        assert set(reactions) == set(Happening)
        for reaction in reactions.values():
            assert reaction.after == state or reaction.after in TRANSITIONS[state]
            assert reaction.words


def test_what_is_going_out_is_never_voided_and_what_is_held_is() -> None:
    for happening in Happening:
        assert REACTIONS["sending"][happening].after == "sending"
    for happening in set(Happening) - {Happening.LEASE_LOST}:
        assert REACTIONS["approved"][happening].after != "approved"


def test_the_states_from_which_a_draft_can_be_approved() -> None:
    assert may_become("approved") == ["failed", "pending", "sending"]


def test_the_page_about_states_is_what_the_code_does() -> None:
    page = Path(__file__).parents[2] / "docs" / "states.md"
    assert page.read_text() == states_page(), "run manage.py states_page > docs/states.md"
