"""Claims, ticks, stops and the calendar in the same instant: real connections, real threads."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import pytest

from approvals.effects import effects_drain
from approvals.errors import AlreadyDecided
from approvals.ladders import claims, counter, ladders
from approvals.ladders.openings import opening_taken_elsewhere
from approvals.ladders.policy import OfferPolicy
from approvals.models import Effect, Offer, Opening
from core import clock
from tests.approvals.desk import Desk
from tests.approvals.ladders.slot import AGENT, Slot, booked_for, running, texts_to, worked
from tests.approvals.test_races import together

pytestmark = pytest.mark.django_db(transaction=True)
# Other people in each round, as if on another day.
ROUNDS = "abcdefghijkl" if os.environ.get("SOAK") else "ab"


def consistent(slot: Slot, world: Any) -> None:
    """Whatever raced: at most one winner, one booking, and a yes is never forgotten."""
    opening = Opening.objects.get(pk=slot.opening.pk)
    winners = Offer.objects.filter(opening=opening, state="accepted")
    assert winners.count() == (opening.state in {"held", "booked"})
    assert len(booked_for(world)) == (opening.state == "booked")
    assert not Effect.objects.filter(state="dead").exists()


@pytest.mark.parametrize("people", [8, pytest.param(50, marks=pytest.mark.soak)])
def test_many_claims_of_one_slot_make_one_booking_and_kind_answers_for_the_rest(
    shared_desk: Desk, held: Any, world: Any, people: int
) -> None:
    slot = running(shared_desk, held, people, OfferPolicy(mode="all", most_rungs=people))
    assert slot.offers() == ["sent"] * people
    tokens = [slot.token(index) for index in range(people)]
    answers = together(
        *[lambda token=token: claims.claim(token=token, by="link") for token in tokens]
    )
    errors = [answer for answer in answers if isinstance(answer, BaseException)]
    assert errors == []
    assert Counter(answer.outcome for answer in answers) == {"won": 1, "gone": people - 1}
    worked()
    assert len(booked_for(world)) == 1
    consistent(slot, world)


def test_one_link_pressed_on_two_devices_many_times_wins_once(
    shared_desk: Desk, held: Any, world: Any
) -> None:
    slot = running(shared_desk, held, 2)
    token = slot.token(0)
    answers = together(*[lambda: claims.claim(token=token, by="link")] * 8)
    assert Counter(answer.outcome for answer in answers) == {"won": 1, "already_yours": 7}
    worked()
    assert len(booked_for(world)) == 1
    assert len(texts_to(world, slot.clients[0])) == 2


def test_a_claim_and_the_end_of_its_time_never_lose_the_yes(
    shared_desk: Desk, held: Any, world: Any
) -> None:
    for people in ROUNDS:
        world.done.clear()
        slot = running(shared_desk, held, 1, prefix=people)
        until = slot.offer(0).answer_until
        assert until is not None
        held.move(until - clock.now())
        mine = slot.offer(0)
        answers = together(
            lambda offer=mine: claims.claim(offer=offer, by="text"),
            lambda: ladders.tick(clock.now()),
            lambda: ladders.tick(clock.now()),
        )
        assert not [one for one in answers if isinstance(one, BaseException)]
        worked()
        assert answers[0].outcome == "won" and slot.state() == "booked"
        consistent(slot, world)


def test_two_ticks_at_once_ask_the_next_one_once(shared_desk: Desk, held: Any, world: Any) -> None:
    slot = running(shared_desk, held, 3)
    until = slot.offer(0).answer_until
    assert until is not None
    held.move(until - clock.now())
    together(*[lambda: ladders.tick(clock.now())] * 6)
    together(*[effects_drain] * 3)
    assert slot.offers() == ["silent", "sent", "waiting"]
    assert len(texts_to(world, slot.clients[1])) == 1


def test_a_claim_and_a_stop_at_the_counter_end_one_way(
    shared_desk: Desk, held: Any, world: Any
) -> None:
    ends = Counter()
    for people in ROUNDS:
        world.done.clear()
        slot = running(shared_desk, held, 2, prefix=people)
        mine = slot.offer(0)
        said, stopped = together(
            lambda offer=mine: claims.claim(offer=offer, by="link"),
            lambda slot=slot: counter.stop_offering(
                user=shared_desk.maria, opening_id=slot.opening.pk
            ),
        )
        worked()
        consistent(slot, world)
        won = said.outcome == "won"
        assert isinstance(stopped, AlreadyDecided) == won
        assert slot.state() == ("booked" if won else "withdrawn")
        ends[said.outcome] += 1
    assert sum(ends.values()) == len(ROUNDS)


def test_a_claim_and_a_calendar_that_fills_end_one_way(
    shared_desk: Desk, held: Any, world: Any
) -> None:
    for people in ROUNDS:
        world.done.clear()
        slot = running(shared_desk, held, 2, prefix=people)
        mine = slot.offer(0)
        said, taken = together(
            lambda offer=mine: claims.claim(offer=offer, by="link"),
            lambda slot=slot: opening_taken_elsewhere(
                actor=AGENT, opening_id=slot.opening.pk, reason="taken"
            ),
        )
        worked()
        consistent(slot, world)
        assert (said.outcome == "won") != taken


def test_an_offer_that_leaves_while_somebody_else_wins_is_followed_by_the_kind_note(
    shared_desk: Desk, held: Any, world: Any
) -> None:
    """The text is on its way when the slot goes: its holder must not be left with a dead offer."""
    slot = running(shared_desk, held, 3, OfferPolicy(mode="waves", wave_size=1))
    first = slot.offer(0)
    assert first.answer_until is not None

    def late_yes_of_the_first(action: str) -> None:
        if action == "send_message" and len(world.done) == 1:
            Offer.objects.filter(pk=first.pk).update(
                state="sent", answer_until=clock.now() + (slot.opening.starts_at - clock.now())
            )
            claims.claim(offer=first, by="link")

    world.before_apply = late_yes_of_the_first
    held.move(first.answer_until - clock.now())
    worked()
    world.before_apply = None
    worked()
    assert slot.state() == "booked" and slot.offers() == ["accepted", "gone", "withdrawn"]
    assert "is gone now" in texts_to(world, slot.clients[1])[-1]
    consistent(slot, world)
