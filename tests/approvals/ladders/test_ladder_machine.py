"""Openings and offers in any order of happenings, against the real database.

Every rule lets one thing befall a slot: a yes, a no, time, the desk, the calendar, a failing or
lost send. The platform's own history is the witness.
"""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from approvals.effects import effects_drain
from approvals.errors import DecisionError
from approvals.ladders import claims, counter, ladders
from approvals.ladders.openings import opening_taken_elsewhere
from approvals.ladders.policy import OfferPolicy, cut_off
from approvals.models import ApprovalItem, Offer, Opening
from approvals.services import decisions
from core import clock
from core.errors import Permanent, Temporary, UnknownOutcome
from tests.approvals import stub_platform
from tests.approvals.desk import NOW, desk_make
from tests.approvals.ladders.slot import AGENT, Slot, approved, booked_for, drafted, waiting_make
from tests.approvals.ladders.slot import opening_make as opened
from tests.support import services

WHO = st.integers(0, 3)
MODES = st.sampled_from(["soon", "one", "waves", "all"])
FAULTS = st.sampled_from(["", "busy", "refused", "lost"])
OVER = {"booked", "lapsed", "withdrawn", "given", "taken"}


class LadderMachine(RuleBasedStateMachine):
    """One slot at a time with four clients; ``asked_at`` remembers when each text left."""

    slot: Slot

    @initialize(mode=MODES, books=st.booleans(), keys=st.booleans())
    def begin(self, mode: Any, books: bool, keys: bool) -> None:
        services.put_back()
        self.frozen = clock.frozen(NOW)
        self.held = self.frozen.__enter__()
        self.world = stub_platform.fresh()
        if not books:
            self.world.able -= {"book"}
        if not keys:
            self.world.able -= {"idempotency", "lookup_sent"}
        self.world.before_apply = self._before
        self.fault, self.yes, self.asked_at = "", set(), []
        desk = desk_make()
        clients = waiting_make(desk, 4)
        policy = OfferPolicy(mode=mode, wave_size=2)
        self.slot = drafted(desk, opened(desk, 4), clients, policy)
        approved(self.slot)

    def _before(self, action: str) -> None:
        if action == "send_message":
            self.asked_at.append(clock.now())
        fault, self.fault = self.fault, ""
        if fault == "busy":
            raise Temporary("Busy.", timedelta(seconds=3))
        if fault == "refused":
            raise Permanent("Refused.", code="slot_taken")
        if fault == "lost":
            raise UnknownOutcome("The line went dead.")

    @rule(who=WHO, keep=st.sampled_from([None, True, False]), by=st.sampled_from(["text", "link"]))
    def a_client_says_yes(self, who: int, keep: bool | None, by: Any) -> None:
        before = self.slot.state()
        result = claims.claim(offer=self.slot.offer(who), by=by, keep_old=keep)
        if result.outcome == "won":
            assert before in {"open", "offering"}
            self.yes.add(who)
        if before in OVER:
            assert result.outcome in {"gone", "expired", "already_yours"}

    @rule(who=WHO)
    def a_client_says_no(self, who: int) -> None:
        had = self.slot.offer(who).state == "accepted"
        claims.decline(offer=self.slot.offer(who), by="text")
        assert (self.slot.offer(who).state == "accepted") == had

    @rule(minutes=st.sampled_from([0, 1, 5, 16, 31, 70]))
    def time_passes(self, minutes: int) -> None:
        self.held.move(timedelta(minutes=minutes, seconds=11))

    @rule()
    def the_ladder_is_looked_at(self) -> None:
        ladders.tick(clock.now())

    @rule(fault=FAULTS)
    def the_workers_send(self, fault: str) -> None:
        self.fault = fault
        effects_drain()
        self.fault = ""

    @rule(gives=st.booleans())
    def the_desk_stops_it(self, gives: bool) -> None:
        act = counter.give_to_someone_here if gives else counter.stop_offering
        with suppress(DecisionError):
            act(user=self.slot.desk.maria, opening_id=self.slot.opening.pk)

    @rule()
    def the_calendar_shows_somebody_else(self) -> None:
        held = self.slot.state() in {"held", "booked"}
        done = opening_taken_elsewhere(actor=AGENT, opening_id=self.slot.opening.pk, reason="taken")
        assert not (held and done)

    @rule()
    def the_desk_takes_it_back_or_approves_again(self) -> None:
        with suppress(DecisionError):
            decisions.item_undo(user=self.slot.desk.maria, item_id=self.slot.item.pk)
        with suppress(DecisionError):
            approved(self.slot)

    @precondition(lambda self: self.slot.item_state() in {"unknown", "manual"})
    @rule(sent=st.booleans())
    def a_person_settles_it(self, sent: bool) -> None:
        with suppress(DecisionError):
            decisions.item_settle(user=self.slot.desk.maria, item_id=self.slot.item.pk, sent=sent)
        with suppress(DecisionError):
            decisions.item_done_by_hand(user=self.slot.desk.maria, item_id=self.slot.item.pk)

    @invariant()
    def nobody_is_booked_twice(self) -> None:
        assert len(booked_for(self.world)) <= 1

    @invariant()
    def one_winner_at_most_and_only_who_said_yes(self) -> None:
        opening = Opening.objects.get(pk=self.slot.opening.pk)
        winners = list(Offer.objects.filter(opening=opening, state="accepted"))
        assert len(winners) == (opening.state in {"held", "booked"})
        if winners:
            assert opening.held_by_id == winners[0].pk and winners[0].answered_at

    @invariant()
    def nothing_is_offered_inside_the_lead_time(self) -> None:
        limit = cut_off(self.slot.opening.starts_at, self.slot.opening.lead_minutes)
        late = Offer.objects.filter(opening=self.slot.opening, sent_at__gte=limit)
        began = late.filter(effect__call_started_at__gte=limit)
        assert not began.exists()

    @invariant()
    def nobody_is_asked_twice(self) -> None:
        for client in self.slot.clients:
            offers = [
                payload["tags"]
                for name, _, payload in self.world.done
                if name == "send_message"
                and payload["client"] == client.external_id
                and "offer" in payload["tags"]
            ]
            assert len(offers) <= 1

    @invariant()
    def a_slot_that_is_over_stays_over_and_its_draft_with_it(self) -> None:
        state, item = self.slot.state(), self.slot.item_state()
        if state in OVER:
            assert item not in {"drafting", "pending", "approved", "sending"}
        if state == "offering":
            assert Offer.objects.filter(opening=self.slot.opening).exists()

    def teardown(self) -> None:
        if hasattr(self, "slot"):
            self._to_the_end()
            self.frozen.__exit__(None, None, None)

    def _to_the_end(self) -> None:
        """Whatever happened: when the slot's hour has come nothing hangs."""
        self.world.before_apply = None
        for _ in range(14):
            self.held.move(timedelta(minutes=30))
            ladders.tick(clock.now())
            effects_drain()
        state = self.slot.state()
        assert state in OVER or state == "held"
        if state == "held":
            assert self.slot.item_state() in {"unknown", "manual"}
        self.nobody_is_booked_twice()
        self.nobody_is_asked_twice()
        open_rows = ApprovalItem.objects.filter(
            pk=self.slot.item.pk, state__in=["approved", "sending"]
        )
        assert not open_rows.exists()


def searched(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        LadderMachine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=not os.environ.get("SOAK"),
            suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.generate, Phase.shrink],
        ),
    )


@pytest.mark.django_db(transaction=True)
def test_openings_and_offers_hold_in_any_order_of_happenings(world: Any) -> None:
    searched(examples=3, steps=18)


@pytest.mark.soak
@pytest.mark.django_db(transaction=True)
def test_openings_and_offers_hold_in_any_order_of_happenings_at_length(world: Any) -> None:
    searched(examples=400, steps=40)
