"""Words that people put into the texts of offers are learned from like those of any draft."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agents.erasing import corrections_empty_for
from agents.learning.rules import rule_accept, rule_write, rules_in_force
from agents.models import Correction, HouseRule
from approvals.ladders.ladders import AGENT
from approvals.ladders.reordering import ladder_reorder
from approvals.services.editing import rung_edit
from core.audit import Actor
from tests.approvals.desk import Desk
from tests.approvals.ladders.slot import (
    Slot,
    approved,
    drafted,
    opening_make,
    passed,
    texts_to,
    waiting_make,
)

pytestmark = pytest.mark.django_db
ADA = Actor("person", "1", "Ada Admin")
STANDARD, OURS = "this just opened up", "good news, there is a place"


def slot_of(desk: Desk, prefix: str, people: int = 1, hours: float = 5) -> Slot:
    return drafted(desk, opening_make(desk, hours), waiting_make(desk, people, prefix))


def text_of(slot: Slot, index: int = 0) -> str:
    action = slot.offer(index).action
    assert action is not None and action.payload is not None
    return str(json.loads(bytes(action.payload))["body"])


def edit(slot: Slot, index: int = 0) -> None:
    slot.item.refresh_from_db()
    assert slot.item.revision is not None
    rung_edit(
        user=slot.desk.maria, item_id=slot.item.pk, offer_id=slot.offer(index).pk,
        base_revision=slot.item.revision.number, body=text_of(slot, index).replace(STANDARD, OURS),
    )  # fmt: skip


def sent(slot: Slot, held: Any) -> None:
    approved(slot)
    passed(held, 11)


def test_a_text_of_an_offer_in_a_persons_words_is_kept_once_it_went_out(
    desk: Desk, held: Any, world: Any
) -> None:
    slot = slot_of(desk, "w", 2)
    edit(slot, 1)
    order = [slot.offer(1).pk, slot.offer(0).pk]
    ladder_reorder(user=desk.maria, item_id=slot.item.pk, order=order, skips={})
    assert not Correction.objects.exists()
    sent(slot, held)
    assert OURS in texts_to(world, slot.clients[1])[0]
    row = Correction.objects.get()
    assert (row.item, row.client, row.agent) == (slot.item, slot.clients[1], AGENT)
    (change,) = row.changes
    assert (change["removed"], change["inserted"]) == (STANDARD, OURS)
    assert not any(word in str(row.changes) for word in ("Ana", "Sarah", "http", "Hot stone"))
    passed(held, minutes=slot.offer(1).answer_minutes)
    assert Correction.objects.count() == 1, "the standard text that followed teaches nothing"
    corrections_empty_for(client_id=slot.clients[1].pk)
    assert Correction.objects.get().changes == []


def test_three_offers_reworded_alike_propose_a_rule_that_later_offers_keep(
    desk: Desk, held: Any
) -> None:
    for prefix, hours in (("w", 5), ("v", 7), ("u", 9)):
        slot = slot_of(desk, prefix, hours=hours)
        edit(slot)
        sent(slot, held)
    rule = HouseRule.objects.get()
    assert (rule.agent, rule.avoid, rule.use, rule.drafts) == (AGENT, STANDARD, OURS, 3)
    before = text_of(slot_of(desk, "t", hours=11))
    assert STANDARD in before
    rule_accept(actor=ADA, rule=rule)
    later = slot_of(desk, "s", 2, hours=13)
    for index in (0, 1):
        assert OURS in text_of(later, index) and "Reply 1" in text_of(later, index)
        assert text_of(later, index).startswith("Maple Street: ")
    order = [later.offer(1).pk, later.offer(0).pk]
    ladder_reorder(user=desk.maria, item_id=later.item.pk, order=order, skips={})
    assert OURS in text_of(later, 0), "another order keeps to it"


@pytest.mark.parametrize(
    ("avoid", "use"), [("Reply", "Let us know:"), ("Sarah", "Sally"), ("to take it", "to say YES")]
)
def test_no_wording_takes_the_digit_a_fact_or_a_keyword_into_an_offer(
    desk: Desk, held: Any, avoid: str, use: str
) -> None:
    HouseRule.objects.create(
        location=desk.location, agent=AGENT, number=1, avoid=avoid, use=use, state="accepted"
    )
    assert len(rules_in_force(desk.location.pk, AGENT)) == 1
    said = text_of(slot_of(desk, "w"))
    assert "Reply 1 to take it" in said and "Sarah Lind" in said


def test_a_rule_of_an_admin_changes_every_text_of_the_list(desk: Desk, held: Any) -> None:
    rule_write(
        actor=ADA, location=desk.location, agent=AGENT, language="en", avoid="See you then",
        use="We look forward to it",
    )  # fmt: skip
    slot = slot_of(desk, "w")
    assert slot.item.revision is not None
    texts = [
        json.loads(bytes(row.payload)).get("body", "")
        for row in slot.item.revision.actions.exclude(payload=None).order_by("position")
    ]
    assert any("We look forward to it" in one for one in texts)
    assert not any("See you then" in one for one in texts)
