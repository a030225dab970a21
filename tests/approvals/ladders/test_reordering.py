"""Another order, skipping with a reason, and any rung's own words: each a revision of its own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from approvals.actions import action_from
from approvals.errors import AlreadyDecided, Changed, NoRight, NotPossible
from approvals.ladders.policy import OfferPolicy
from approvals.ladders.reordering import ladder_reorder
from approvals.ladders.selectors import offers_of
from approvals.models import Decision, Offer
from approvals.services.editing import item_edit, rung_edit
from tests.approvals.desk import Desk, location_make, person_make
from tests.approvals.ladders.slot import (
    Slot,
    approved,
    drafted,
    opening_make,
    passed,
    running,
    texts_to,
    waiting_make,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def slot(desk: Desk) -> Slot:
    return drafted(desk, opening_make(desk), waiting_make(desk, 3))


def reorder(slot: Slot, *order: int, **more: Any) -> Any:
    ids = [slot.offer(index).pk for index in order]
    said = {"skips": {}, "user": slot.desk.maria, **more}
    made = ladder_reorder(item_id=slot.item.pk, order=ids, **said)
    slot.item.refresh_from_db()
    return made


def text_of(slot: Slot, index: int) -> str:
    action = slot.offer(index).action
    assert action is not None and action.payload is not None
    return str(json.loads(bytes(action.payload))["body"])


def names(slot: Slot) -> list[str]:
    waiting = Offer.objects.filter(item=slot.item, state="waiting").order_by("position")
    return [offer.client.first_name for offer in waiting.select_related("client")]


def edit(slot: Slot, index: int, body: str) -> Any:
    slot.item.refresh_from_db()
    assert slot.item.revision is not None
    made = rung_edit(
        user=slot.desk.maria,
        item_id=slot.item.pk,
        offer_id=slot.offer(index).pk,
        base_revision=slot.item.revision.number,
        body=body,
    )
    slot.item.refresh_from_db()
    return made


def test_another_order_is_another_revision_and_is_asked_in_that_order(
    slot: Slot, held: Any, world: Any
) -> None:
    first = slot.item.revision_id
    revision = reorder(slot, 2, 0, 1)
    assert slot.item.revision_id == revision.pk != first
    assert names(slot) == ["Bea", "Grace", "Ana"]
    assert "Bea" in revision.body and slot.item.preview.startswith("Maple Street: Bea")
    assert slot.item.facts_ok
    approved(slot)
    passed(held, 11)
    assert [len(texts_to(world, one)) for one in slot.clients] == [0, 0, 1]


def test_what_was_on_the_card_is_what_is_reordered(slot: Slot) -> None:
    seen = slot.item.revision_id
    reorder(slot, 1, 0, 2, base_revision=seen)
    with pytest.raises(Changed):
        reorder(slot, 2, 0, 1, base_revision=seen)
    assert names(slot) == ["Ana", "Grace", "Bea"]


def test_a_skip_is_kept_with_its_reason_and_who_said_so(slot: Slot) -> None:
    reorder(slot, skips={slot.offer(0).pk: "On holiday until Monday"})
    skipped = slot.offer(0)
    assert (skipped.state, skipped.skipped_by) == ("skipped", "Maria")
    assert skipped.skipped_reason == "On holiday until Monday"
    said = Decision.objects.get(item=slot.item)
    assert (said.kind, said.words, said.actor_name) == ("edit", "On holiday until Monday", "Maria")
    assert names(slot) == ["Ana", "Bea"]


def test_who_is_skipped_shows_no_text_of_somebody_else(slot: Slot) -> None:
    reorder(slot, skips={slot.offer(0).pk: "Not this time"})
    shown = {rung.offer.client_id: rung for rung in offers_of(slot.item)}
    assert shown[slot.clients[0].pk].texts == {}
    assert "Ana" in shown[slot.clients[1].pk].texts["offer"]


def test_a_skip_of_a_person_can_be_taken_back_and_one_of_the_rules_cannot(
    slot: Slot, held: Any, world: Any
) -> None:
    reorder(slot, skips={slot.offer(0).pk: "A slip", slot.offer(1).pk: "Not this time"})
    Offer.objects.filter(pk=slot.offer(1).pk).update(skipped_by="")
    back = [slot.offer(0).pk, slot.offer(1).pk]
    reorder(slot, 0, 1, 2, back=back)
    assert names(slot) == ["Grace", "Bea"]
    assert slot.offer(0).skipped_reason == ""
    approved(slot)
    passed(held, 11)
    assert "Grace" in texts_to(world, slot.clients[0])[0]


def test_nobody_left_is_said_and_changes_nothing(slot: Slot) -> None:
    everybody = {slot.offer(index).pk: "no" for index in range(3)}
    with pytest.raises(NotPossible, match="Nobody is left"):
        reorder(slot, skips=everybody)
    assert names(slot) == ["Grace", "Ana", "Bea"]


def test_a_running_ladder_keeps_its_order(desk: Desk, held: Any) -> None:
    slot = running(desk, held, 3)
    with pytest.raises(AlreadyDecided):
        reorder(slot, 2, 1, 0)
    assert slot.offers() == ["sent", "waiting", "waiting"]


def test_only_whoever_decides_there_may_reorder(slot: Slot) -> None:
    elsewhere = location_make(slot.desk.connection, "loc_far")
    with pytest.raises(NoRight):
        reorder(slot, 2, 1, 0, user=person_make("Eva", elsewhere, "front_desk"))
    with pytest.raises(NoRight):
        reorder(slot, 2, 1, 0, user=person_make("Kim", slot.desk.location, "provider"))


def test_any_rung_is_edited_and_that_very_text_goes_out(slot: Slot, held: Any, world: Any) -> None:
    words = text_of(slot, 1).replace("this just opened up", "a time you asked for is free")
    edit(slot, 1, words)
    assert text_of(slot, 1) == words
    assert slot.offer(1).edited_by == "Maria"
    assert slot.item.facts_ok and slot.item.care == "one_key"
    approved(slot)
    passed(held, 11)
    passed(held, minutes=slot.offer(0).answer_minutes)
    assert texts_to(world, slot.clients[1]) == [words]
    assert "this just opened up" in texts_to(world, slot.clients[0])[0]


def test_a_fact_that_is_not_in_the_records_is_marked_on_any_rung(slot: Slot) -> None:
    made = edit(slot, 2, text_of(slot, 2).replace("Sarah Lind", "Kim Ono").replace(" pm", " am"))
    assert not slot.item.facts_ok and slot.item.care == "open_card"
    assert any(warning.startswith("To Bea W.:") for warning in made.warnings)
    reorder(slot, 1, 0, 2)
    assert not slot.item.facts_ok, "another order must not hide the doubt"


def test_a_text_without_its_link_or_digit_is_pointed_out(slot: Slot) -> None:
    made = edit(slot, 1, "Hi Ana, come today!")
    said = " ".join(made.warnings)
    assert "The link to take it is missing." in said
    assert "the answer 1 takes it" in said
    assert "Does not begin with Maple Street" in said


def test_words_of_a_person_outlive_another_order_with_their_link_and_their_time(
    desk: Desk, held: Any
) -> None:
    # Close to the start, so that the time to answer depends on the place in the list.
    slot = drafted(desk, opening_make(desk, hours=4.2), waiting_make(desk, 3))
    words = text_of(slot, 2).replace("this just opened up", "as you wished")
    minutes, token = slot.offer(2).answer_minutes, slot.offer(2).token_sha256
    edit(slot, 2, words)
    reorder(slot, 2, 0, 1)
    assert text_of(slot, 2) == words
    assert (slot.offer(2).answer_minutes, slot.offer(2).token_sha256) == (minutes, token)
    assert slot.item.revision.body == words
    reorder(slot, skips={slot.offer(2).pk: "Not now"})
    reorder(slot, 2, 0, 1, back=[slot.offer(2).pk])
    assert text_of(slot, 2) == words


def test_the_editor_of_the_card_edits_the_first_rung(slot: Slot) -> None:
    words = text_of(slot, 0).replace("this just opened up", "good news")
    item_edit(user=slot.desk.maria, item_id=slot.item.pk, base_revision=1, body=words)
    assert (text_of(slot, 0), slot.offer(0).edited_by) == (words, "Maria")
    reorder(slot, 1, 0, 2)
    assert text_of(slot, 0) == words


def test_who_was_asked_already_keeps_their_text(desk: Desk, held: Any) -> None:
    slot = running(desk, held, 1)
    passed(held, minutes=slot.offer(0).answer_minutes)
    assert slot.item_state() == "failed"
    with pytest.raises(NotPossible, match=r"Grace W\. was asked already"):
        edit(slot, 0, "Something else")
    with pytest.raises(NotPossible):
        reorder(slot, 0)


def test_an_empty_text_and_an_old_card_are_refused(slot: Slot) -> None:
    with pytest.raises(NotPossible, match="empty"):
        edit(slot, 1, "   ")
    with pytest.raises(Changed):
        rung_edit(
            user=slot.desk.maria,
            item_id=slot.item.pk,
            offer_id=slot.offer(1).pk,
            base_revision=99,
            body="Hello",
        )


def test_every_step_still_points_at_its_own_client_after_changes(desk: Desk) -> None:
    slot = drafted(
        desk, opening_make(desk), waiting_make(desk, 4), OfferPolicy(mode="waves", wave_size=2)
    )
    reorder(slot, 3, 1, 0, 2, skips={slot.offer(1).pk: "No"})
    edit(slot, 0, text_of(slot, 0) + " Thank you.")
    reorder(slot, 2, 3, 0, 1)
    assert slot.item.revision is not None
    actions = {row.position: row for row in slot.item.revision.actions.all()}
    for offer in Offer.objects.filter(item=slot.item, state="waiting"):
        for step in offer.steps.all():
            row = actions[step.position]
            typed = action_from(row.type, bytes(row.payload or b""))
            whose = getattr(typed, "client", None) or getattr(typed, "entry", "")
            mine = {offer.client.external_id, offer.entry.external_id if offer.entry else ""}
            assert whose in mine
