"""The climb: one at a time, in waves, to all; silence, late answers, the lead time, and the end."""

from __future__ import annotations

from typing import Any

import pytest

from approvals.errors import NotPossible
from approvals.ladders import claims
from approvals.ladders.policy import OfferPolicy
from approvals.models import ApprovalItem, Decision, Effect, Offer, Opening
from approvals.services import decisions
from integrations.consent import opt_out_record
from tests.approvals.desk import Desk
from tests.approvals.ladders.slot import (
    AGENT,
    approved,
    booked_for,
    drafted,
    opening_make,
    passed,
    running,
    texts_to,
    waiting_make,
)

pytestmark = pytest.mark.django_db


def test_one_decision_approves_every_rung_and_parks_it(desk: Desk, held: Any) -> None:
    slot = drafted(desk, opening_make(desk), waiting_make(desk, 3))
    decision = approved(slot)
    assert decision.scope == Decision.Scope.LADDER
    effects = Effect.objects.filter(item=slot.item)
    assert effects.count() == slot.item.revision.actions.count() == 3 * 6
    soon = effects.filter(not_before__lt=slot.opening.starts_at)
    assert [effect.step.role for effect in soon] == ["offer"]
    assert soon.get().step.offer.client == slot.clients[0]
    assert slot.state() == Opening.State.OFFERING


def test_the_next_is_asked_when_the_time_to_answer_is_over(
    desk: Desk, held: Any, world: Any
) -> None:
    slot = running(desk, held, 3)
    assert [len(texts_to(world, one)) for one in slot.clients] == [1, 0, 0]
    first = slot.offer(0)
    assert first.sent_at and first.answer_until
    assert (first.answer_until - first.sent_at).total_seconds() == first.answer_minutes * 60
    passed(held, minutes=first.answer_minutes - 1)
    assert slot.offers() == ["sent", "waiting", "waiting"]
    passed(held, minutes=1)
    assert slot.offers() == ["silent", "sent", "waiting"]
    assert [len(texts_to(world, one)) for one in slot.clients] == [1, 1, 0]


def test_the_time_to_answer_counts_from_sending_and_not_from_the_approval(
    desk: Desk, held: Any, world: Any
) -> None:
    slot = drafted(desk, opening_make(desk), waiting_make(desk, 2))
    desk.location.sending_paused_at = slot.item.created_at
    desk.location.save()
    approved(slot)
    passed(held, minutes=40)
    assert slot.offers() == ["waiting", "waiting"] and not world.done
    desk.location.sending_paused_at = None
    desk.location.save()
    passed(held, minutes=1)
    assert slot.offers() == ["sent", "waiting"]


def test_a_no_asks_the_next_one_at_once(desk: Desk, held: Any, world: Any) -> None:
    slot = running(desk, held, 2)
    result = claims.decline(offer=slot.offer(0), by="text")
    assert result.outcome == "declined"
    passed(held, 1)
    assert slot.offers() == ["declined", "sent"]


def test_waves_ask_several_and_the_first_yes_wins(desk: Desk, held: Any, world: Any) -> None:
    slot = running(desk, held, 5, OfferPolicy(mode="waves", wave_size=2))
    assert slot.offers() == ["sent", "sent", "waiting", "waiting", "waiting"]
    assert claims.claim(offer=slot.offer(1), by="text").outcome == "won"
    assert claims.claim(offer=slot.offer(0), by="text").outcome == "gone"
    passed(held, 1)
    assert slot.state() == "booked" and slot.item_state() == "sent"
    assert booked_for(world) == [slot.clients[1].external_id]
    assert "gone" in texts_to(world, slot.clients[0])[-1]
    assert "it's yours" in texts_to(world, slot.clients[1])[-1]
    assert [texts_to(world, one) for one in slot.clients[2:]] == [[], [], []]


def test_all_are_asked_together(desk: Desk, held: Any) -> None:
    assert running(desk, held, 4, OfferPolicy(mode="all")).offers() == ["sent"] * 4


def test_a_late_yes_is_next_in_line_and_gets_it_when_the_other_one_is_silent(
    desk: Desk, held: Any, world: Any
) -> None:
    slot = running(desk, held, 3)
    passed(held, minutes=slot.offer(0).answer_minutes)
    late = claims.claim(offer=slot.offer(0), by="text")
    assert late.outcome == "next_in_line"
    passed(held, 1)
    assert "next in line" in texts_to(world, slot.clients[0])[-1]
    passed(held, minutes=slot.offer(1).answer_minutes)
    passed(held, 1)
    assert slot.state() == "booked"
    assert booked_for(world) == [slot.clients[0].external_id]
    assert slot.offers() == ["accepted", "silent", "withdrawn"]


def test_a_yes_in_time_goes_before_a_late_one(desk: Desk, held: Any, world: Any) -> None:
    slot = running(desk, held, 2)
    passed(held, minutes=slot.offer(0).answer_minutes)
    claims.claim(offer=slot.offer(0), by="text")
    assert claims.claim(offer=slot.offer(1), by="text").outcome == "won"
    passed(held, 1)
    assert booked_for(world) == [slot.clients[1].external_id]
    assert "gone" in texts_to(world, slot.clients[0])[-1]


def test_an_empty_ladder_comes_back_with_what_happened_and_a_late_yes_still_gets_it(
    desk: Desk, held: Any, world: Any
) -> None:
    slot = running(desk, held, 2)
    claims.decline(offer=slot.offer(0), by="link")
    passed(held, 1)
    passed(held, minutes=slot.offer(1).answer_minutes)
    item = ApprovalItem.objects.get(pk=slot.item.pk)
    assert item.state == "failed" and slot.state() == "open"
    assert "Grace W. said no" in item.state_reason
    assert "Ana W. did not answer" in item.state_reason
    assert claims.claim(offer=slot.offer(1), by="text").outcome == "won"
    passed(held, 1)
    assert booked_for(world) == [slot.clients[1].external_id]
    assert slot.item_state() == "sent"


def test_inside_the_lead_time_nothing_more_is_offered(desk: Desk, held: Any, world: Any) -> None:
    slot = running(desk, held, 8, OfferPolicy(lead_minutes=150), hours=3)
    passed(held, minutes=40)
    asked = [one for one in slot.clients if texts_to(world, one)]
    assert slot.state() == "lapsed" and slot.item_state() == "missed"
    passed(held, minutes=30)
    assert [one for one in slot.clients if texts_to(world, one)] == asked


def test_an_undo_before_the_first_text_frees_the_slot_again(
    desk: Desk, held: Any, world: Any
) -> None:
    slot = drafted(desk, opening_make(desk), waiting_make(desk, 2))
    approved(slot)
    decisions.item_undo(user=desk.maria, item_id=slot.item.pk)
    passed(held, 20)
    assert slot.state() == "open" and not world.done
    approved(slot)
    passed(held, 11)
    assert slot.offers() == ["sent", "waiting"]


def test_once_a_text_has_left_an_undo_is_refused(desk: Desk, held: Any) -> None:
    slot = running(desk, held, 2)
    with pytest.raises(Exception, match="going out"):
        decisions.item_undo(user=desk.maria, item_id=slot.item.pk)


def test_a_rung_that_opted_out_meanwhile_is_skipped_with_the_reason(
    desk: Desk, held: Any, world: Any
) -> None:
    slot = running(desk, held, 3)
    opt_out_record(actor=AGENT, client=slot.clients[1], channel="sms", wording="STOP")
    passed(held, minutes=slot.offer(0).answer_minutes)
    passed(held, 1)
    assert slot.offers() == ["silent", "skipped", "sent"]
    assert "no more messages" in slot.offer(1).skipped_reason
    assert texts_to(world, slot.clients[1]) == []


def test_quiet_hours_let_a_ladder_wait_for_the_morning(desk: Desk, held: Any, world: Any) -> None:
    passed(held, minutes=11 * 60)
    slot = running(desk, held, 2, hours=20)
    assert not world.done and slot.state() == "offering"
    passed(held, minutes=12 * 60)
    assert slot.offers()[0] == "sent"


def test_nobody_gets_a_third_offer_on_one_day(desk: Desk, held: Any, world: Any) -> None:
    (grace,) = waiting_make(desk, 1)
    states = []
    for hours in (3, 5, 7):
        slot = drafted(desk, opening_make(desk, hours), [grace])
        approved(slot)
        passed(held, 11)
        claims.decline(offer=slot.offer(0), by="text")
        states.append(slot.offer(0).state)
    assert states == ["declined", "declined", "skipped"]
    assert len(texts_to(world, grace)) == 2


def test_after_three_silent_offers_a_client_is_left_in_peace_for_a_week(
    desk: Desk, held: Any, world: Any
) -> None:
    (grace,) = waiting_make(desk, 1)
    for _ in range(4):
        slot = drafted(desk, opening_make(desk, 4), [grace])
        approved(slot)
        passed(held, 11)
        passed(held, minutes=24 * 60)
    assert slot.offer(0).state == "skipped" and "in peace" in slot.offer(0).skipped_reason
    assert len(texts_to(world, grace)) == 3
    passed(held, minutes=8 * 24 * 60)
    slot = drafted(desk, opening_make(desk, 4), [grace])
    approved(slot)
    passed(held, 11)
    assert slot.offer(0).state == "sent"


def test_who_gave_the_slot_up_or_is_busy_then_is_not_asked(
    desk: Desk, held: Any, world: Any
) -> None:
    from tests.approvals.ladders.slot import appointment_make, therapist_make

    grace, ana = waiting_make(desk, 2)
    opening = opening_make(desk, given_up_by_id=grace.pk)
    other = therapist_make(desk, "sta_8")
    appointment_make(desk, opening, ana, staff=other)
    slot = drafted(desk, opening, [grace, ana])
    approved(slot)
    passed(held, 11)
    assert [slot.offer(0).skipped_reason, slot.offer(1).skipped_reason] == [
        "They just gave this slot up.",
        "They have another appointment then.",
    ]
    assert not world.done and slot.item_state() == "failed"


def test_a_text_that_fails_asks_the_next_one(desk: Desk, held: Any, world: Any) -> None:
    from core.errors import Permanent

    def refuse(action: str) -> None:
        if action == "send_message" and len(world.asked) == 1:
            raise Permanent("The number does not exist.", code="no_contact")

    world.before_apply = refuse
    slot = running(desk, held, 2)
    assert slot.offers() == ["failed", "sent"]
    assert slot.item_state() == "sending"


def test_an_offer_nobody_can_prove_counts_as_asked(desk: Desk, held: Any, world: Any) -> None:
    from core.errors import UnknownOutcome

    def drop(action: str) -> None:
        raise UnknownOutcome("The line went dead.")

    world.able -= {"idempotency", "lookup_sent"}
    world.after_apply = world.on_look_up = drop
    slot = running(desk, held, 2)
    passed(held, 11)
    world.after_apply = None
    first = slot.offer(0)
    assert (first.state, first.unsure) == ("sent", True)
    assert slot.item_state() == "sending"
    assert claims.claim(offer=first, by="text").outcome == "won"
    assert claims.claim(offer=slot.offer(1), by="text").outcome == "gone"
    passed(held, 1)
    assert booked_for(world) == [slot.clients[0].external_id]


def test_a_ladder_that_nobody_may_be_asked_on_cannot_be_begun(desk: Desk, held: Any) -> None:
    slot = drafted(desk, opening_make(desk, 3), waiting_make(desk, 1))
    passed(held, minutes=130)
    slot.item.refresh_from_db()
    if slot.item.state == "pending":
        with pytest.raises(NotPossible, match="too close"):
            approved(slot)
    assert Offer.objects.exclude(sent_at=None).count() == 0
