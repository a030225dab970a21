"""The order, and the reasons beside it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agents.matching.ranking import rank
from agents.matching.scoring import PARTS
from agents.matching.settings import OpenSlotSettings
from tests.agents.matching.helpers import NOW, START, ahead, asked, entry, score, slot


def better(left: dict[str, object], right: dict[str, object]) -> bool:
    return score(entry(**left)).score > score(entry(**right)).score


def test_every_score_lies_between_nothing_and_a_hundred() -> None:
    best = entry(
        staff_ids=["sta_3"], waiting_since=NOW - timedelta(days=60), visits=40, spend=9000,
        postal_code="90012", tags=["vip"],
        asked=[asked("accepted", 24 * n, 1) for n in range(2, 9)],
    )  # fmt: skip
    assert 90 < score(best).score <= 100
    assert 0 <= score(entry(waiting_since=None)).score < 45


def test_the_very_service_comes_before_one_that_fits() -> None:
    assert better({}, {"service_id": 6, "service": "Swedish massage"})
    assert better({"service_id": None, "service": ""}, {"service_id": 6, "service": "Swedish"})


def test_the_therapist_asked_for_comes_before_any() -> None:
    assert better({"staff_ids": ["sta_3"]}, {"with_staff": 5})
    assert better({"with_staff": 3}, {})
    assert "Asked for Sarah." in score(entry(staff_ids=["sta_3"])).reasons
    assert "Was with Sarah 3 times." in score(entry(with_staff=3)).reasons


def test_who_answers_often_and_fast_comes_first() -> None:
    quick = [asked("accepted", 40, 4), asked("declined", 70, 6)]
    slow = [asked("accepted", 40, 55), asked("declined", 70, 50)]
    never = [asked("silent", 40), asked("silent", 70)]
    assert better({"asked": quick}, {"asked": slow})
    assert better({"asked": slow}, {"asked": never})
    assert better({}, {"asked": never})
    found = score(entry(asked=quick))
    assert "Answered 2 of 2 at short notice, mostly within 5 minutes." in found.reasons
    assert score(entry(asked=never)).doubts == ["Did not answer the last 2 offers."]


def test_a_longer_wait_counts_up_to_a_limit() -> None:
    def since(days: int) -> dict[str, object]:
        return {"waiting_since": NOW - timedelta(days=days)}

    assert better(since(10), since(2))
    assert not better(since(80), since(40))
    assert "Has waited 10 days." in score(entry(**since(10))).reasons
    assert "On the list since today." in score(entry(**since(0))).reasons


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"visits": 9, "spend": 400}, "9 visits so far."),
        ({"postal_code": "90012"}, "Lives in the salon's postal code."),
        ({"postal_code": "90045-1234"}, "Lives near the salon."),
        ({"tags": ["Regular", "vip"]}, "Tagged vip."),
        ({"priority": "high"}, "Priority on the waitlist: high."),
    ],
)
def test_what_else_counts_says_so(fields: dict[str, object], words: str) -> None:
    found = score(entry(**fields))
    assert words in found.reasons
    assert found.score > score(entry()).score


def test_a_weight_of_nothing_leaves_a_part_out_with_its_reason() -> None:
    found = score(entry(tags=["VIP"]), weight_priority=0)
    assert "Tagged VIP." not in found.reasons
    assert found.parts["priority"] == 0
    assert set(found.parts) == set(PARTS)


def test_parts_add_up_to_the_score() -> None:
    found = score(entry(tags=["VIP"], postal_code="90099", visits=3))
    assert sum(found.parts.values()) == pytest.approx(found.score, abs=0.1)


def test_a_later_appointment_becomes_a_swap() -> None:
    found = score(entry(ahead=[ahead(72), ahead(48)]))
    assert found.instead_of == 70
    assert any("later one" in reason for reason in found.reasons)


def test_doubts_are_told_and_keep_nobody_out() -> None:
    same = {"starts_at": START, "ends_at": START + timedelta(hours=1), "sent_at": None}
    found = score(
        entry(missed=3, note="Only with Sarah, please", asked=[asked("waiting", 1, **same)])
    )
    assert found.doubts == [
        "Missed or cancelled late 3 times.",
        "Is in line for another slot at that hour.",
        "Their note: Only with Sarah, please",
    ]


def test_the_list_is_best_first_once_per_client_and_once_per_phone() -> None:
    listed = [
        entry(1),
        entry(2, tags=["VIP"]),
        entry(2, entry_id=900, service_id=6, service="Swedish massage"),
        entry(3, phone_of=2),
        entry(4, no_drafts=True),
        entry(5, phone_of=0, has_email=True, consent=[]),
    ]
    found = rank(slot(), listed, OpenSlotSettings(), NOW)
    assert [one.client_id for one in found.ranked] == [2, 1]
    assert {one.client_id: one.reason for one in found.left_out} == {
        3: "Shares a phone with somebody who is asked.",
        4: "The desk wants no drafts for this client.",
        5: "No consent for e-mails about appointments is on record.",
    }
    assert (found.place_of(2), found.place_of(1), found.place_of(4)) == (1, 2, 0)


def test_of_equals_the_one_who_waited_longer_comes_first() -> None:
    old = entry(2, waiting_since=NOW - timedelta(days=300))
    older = entry(1, waiting_since=NOW - timedelta(days=400))
    found = rank(slot(), [old, older], OpenSlotSettings(), NOW)
    assert [one.client_id for one in found.ranked] == [1, 2]


def test_what_a_run_keeps_holds_no_note() -> None:
    assert "note" not in entry(note="private").model_dump(mode="json")
