"""One stretch of a storm, played through the product's own functions with the clock in hand.

Cancellations are heard by the agent, its runs are drained, a person approves, effects leave, the
ladders are looked at, clients answer by text or link: everything but HTTP. Time jumps from one
happening to the next.
"""

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any

from django.db import transaction

from agents.listeners import hear
from agents.matching.query import waiting_for
from agents.matching.ranking import rank, slot_of
from agents.matching.settings import OpenSlotSettings
from agents.runs import runs_drain
from approvals.effects import effects_drain
from approvals.errors import DecisionError
from approvals.ladders import claims, climbing, ladders
from approvals.ladders.counter import stop_offering
from approvals.ladders.listening import ladders_hear
from approvals.ladders.tokens import token_hash
from approvals.models import ApprovalItem, Effect, Offer, Opening
from approvals.services.decisions import item_approve
from approvals.services.items import items_expire
from benchmarks import _storm as platform
from benchmarks._storm.baselines import Asked
from benchmarks._storm.people import Answer, answer_of
from benchmarks._storm.salon import Salon, salon_make, waits_again
from core import clock
from core.work import WorkRow
from integrations.events import AppointmentBooked, AppointmentCancelled
from integrations.models import Appointment, Client, WaitlistEntry

# A Monday, eight in the morning in Los Angeles.
BEGIN = datetime(2026, 6, 15, 15, tzinfo=UTC)
LEAD = timedelta(minutes=60)
MOST_RUNGS_EVERYBODY = 20
FAULTS = 0.02
LOOSE = OpenSlotSettings(offers_per_day=5, silent_offers=10, most_rungs=20)


@dataclass
class Slot:
    """One opening as the run knows it. ``asked`` is None when nobody fitted at all."""

    number: int
    staff: int
    starts_at: datetime
    opened_at: datetime
    opening_id: int = 0
    canceller: str = ""
    asked: Asked | None = None
    disturbed: bool = False
    held_at: datetime | None = None


@dataclass
class Said:
    """One answer as it left a phone: the witness's own log."""

    at: datetime
    client: str
    opening_id: int
    yes: bool


@dataclass
class Play:
    """The happenings of one seed."""

    seed: int
    openings: int
    salon: Salon = field(init=False)
    slots: dict[int, Slot] = field(default_factory=dict)
    said: list[Said] = field(default_factory=list)
    to_a_person: int = 0
    two_questions: int = 0
    refused: list[str] = field(default_factory=list)

    def run(self) -> "Play":
        with clock.frozen(BEGIN) as self._clock:
            self._dice, self._queue = Random(f"play:{self.seed}"), []
            self._numbers, self._arrived = count(), []
            self._wakes: datetime | None = None
            world = platform.fresh(self.seed, FAULTS)
            self.salon = salon_make(self.seed)
            world.on_text = self._arrived.append
            world.on_booked = self._on_calendar
            world.on_waitlist = self._on_list
            for slot in self._planned():
                self._later(slot.opened_at, lambda slot=slot: self._cancelled(slot))
            self._go()
        return self

    # --- time -----------------------------------------------------------------------------

    def _later(self, at: datetime, do: Callable[[], Any]) -> None:
        heapq.heappush(self._queue, (at, next(self._numbers), do))

    def _go(self) -> None:
        for turn in count():
            if not self._queue:
                return
            at, _, do = heapq.heappop(self._queue)
            if at > clock.now():
                self._clock.move(at - clock.now())
            do()
            if turn % 40 == 0:
                ladders.tick(clock.now())
            self._settle()

    def _settle(self) -> None:
        """Send what is due, hear what that brought, and come back when more is due."""
        while effects_drain():
            arrived, self._arrived[:] = list(self._arrived), []
            for text in arrived:
                self._phone_rings(text)
            self._look(self._moving())
        now = clock.now()
        due = Effect.objects.filter(
            outcome="", state=WorkRow.State.WAITING, not_before__lt=now + timedelta(days=3)
        ).order_by("not_before")
        following = due.values_list("not_before", flat=True).first()
        if following is None:
            return
        at = max(following, now + timedelta(seconds=1))
        # One wake-up at a time: each happening would otherwise leave one of its own behind.
        if self._wakes is None or self._wakes <= now or at < self._wakes:
            self._wakes = at
            self._later(at, lambda: None)

    def _moving(self) -> list[int]:
        rows = Opening.objects.filter(connection=self.salon.connection, state=Opening.State.HELD)
        return list(rows.values_list("pk", flat=True))

    def _look(self, opening_ids: Iterable[int]) -> None:
        for opening_id in opening_ids:
            climbing.look(opening_id, clock.now())

    # --- the salon ------------------------------------------------------------------------

    def _planned(self) -> list[Slot]:
        """A day's cancellations, mostly a few an hour and now and then thirty in one."""
        dice, taken, found = self._dice, set(), []
        day = BEGIN
        while len(found) < self.openings:
            stormy = dice.random() < 0.25
            number = 30 if stormy else dice.randint(5, 25)
            since = dice.uniform(0, 6)
            for _ in range(min(number, self.openings - len(found))):
                at = day + timedelta(hours=since + dice.random() if stormy else dice.uniform(0, 9))
                slot = self._slot(len(found) + 1, at, taken)
                if slot is not None:
                    found.append(slot)
            day += timedelta(days=1)
        return found

    def _slot(self, number: int, at: datetime, taken: set[tuple[int, datetime]]) -> Slot | None:
        """An hour of working time from half an hour to three days ahead, not given up before."""
        for _ in range(30):
            ahead = min(72.0, 0.5 + self._dice.lognormvariate(1.6, 1.0))
            start = (at + timedelta(hours=ahead)).replace(minute=0, second=0, microsecond=0)
            start += timedelta(hours=1)
            local, staff = start.astimezone(self.salon.location.zone), self._dice.randrange(6)
            if 8 <= local.hour < 19 and (staff, start) not in taken:
                taken.add((staff, start))
                return Slot(number, staff, start, at)
        return None

    def _cancelled(self, slot: Slot) -> None:
        salon = self.salon
        client = self._dice.choice(salon.clients)
        service = salon.services[slot.staff % 3 + 3 * self._dice.randrange(2)]
        slot.canceller = client.external_id
        row = self._appointment(slot, client, service, Appointment.Status.CANCELLED)
        event = AppointmentCancelled(
            key=f"cancelled:{row.external_id}", connection_id=str(salon.connection.pk),
            at=clock.now(), location_id=salon.location.pk, client_id=client.pk,
            appointment_id=row.pk,
        )  # fmt: skip
        with transaction.atomic():
            hear(event)
        runs_drain()
        opening = Opening.objects.filter(appointment=row).select_related("item").first()
        if opening is None:
            return
        slot.opening_id = opening.pk
        self.slots[opening.pk] = slot
        self._later(slot.starts_at - LEAD + timedelta(seconds=1), lambda: self._over(opening.pk))
        if opening.item is not None and opening.item.state == ApprovalItem.State.PENDING:
            self._drafted(slot, opening, opening.item)

    def _drafted(self, slot: Slot, opening: Opening, item: ApprovalItem) -> None:
        """A person approves within minutes; now and then the desk does something else meanwhile."""
        at = clock.now() + timedelta(seconds=min(600, 15 + self._dice.expovariate(1 / 75)))
        slot.asked = self._fair(slot, opening, at)
        self._later(at, lambda: self._approve(item.pk, item.revision_id or 0))
        luck, soon = self._dice.random(), timedelta(minutes=self._dice.uniform(0, 45))
        if luck < 0.03:
            slot.disturbed = True
            self._later(at + soon, lambda: self._walk_in(slot))
        elif luck < 0.05:
            slot.disturbed = True
            self._later(at + soon, lambda: self._stop(opening.pk))

    def _fair(self, slot: Slot, opening: Opening, at: datetime) -> Asked:
        """Everybody the other ways could ask: caps do not bind them."""
        facts, now = slot_of(opening), clock.now()
        waiting = waiting_for(facts, LOOSE, now)
        found = rank(facts, waiting, LOOSE, now).ranked
        entries = {one.entry_id: one for one in waiting}
        names = {client.pk: client.external_id for client in self.salon.clients}
        in_line = sorted(found, key=lambda one: entries[one.entry_id].waiting_since or now)
        people = [(names[one.client_id], bool(entries[one.entry_id].staff_ids)) for one in in_line]
        return Asked(str(slot.number), slot.opened_at, at, slot.starts_at, LEAD, people)

    def _approve(self, item_id: int, revision_id: int) -> None:
        item = ApprovalItem.objects.select_related("revision").get(pk=item_id)
        try:
            item_approve(
                user=self.salon.desk, item_id=item_id, revision_id=revision_id,
                evidence_sha256=item.revision.evidence_sha256 if item.revision else "",
                seconds=5.0,
            )  # fmt: skip
        except DecisionError as error:
            self.refused.append(error.plain)

    def _over(self, opening_id: int) -> None:
        items_expire(clock.now())
        self._look([opening_id])

    def _stop(self, opening_id: int) -> None:
        try:
            stop_offering(user=self.salon.desk, opening_id=opening_id)
        except DecisionError as error:
            self.refused.append(error.plain)

    def _walk_in(self, slot: Slot) -> None:
        """Somebody at the counter is booked on the platform; we hear of it a little later."""
        staff = self.salon.staff[slot.staff]
        hour = (staff.external_id, slot.starts_at.isoformat())
        if hour in platform.world.booked or clock.now() >= slot.starts_at:
            return
        platform.world.booked[hour] = "walk-in"
        platform.world.sold.append((*hour, "walk-in"))
        heard = clock.now() + timedelta(seconds=self._dice.uniform(0, 90))
        self._later(heard, lambda: self._hear_booked(slot))

    def _hear_booked(self, slot: Slot) -> None:
        service = self.salon.services[slot.staff % 3]
        row = self._appointment(slot, None, service, Appointment.Status.BOOKED)
        event = AppointmentBooked(
            key=f"booked:{row.external_id}", connection_id=str(self.salon.connection.pk),
            at=clock.now(), location_id=self.salon.location.pk, appointment_id=row.pk,
        )  # fmt: skip
        with transaction.atomic():
            ladders_hear(event)

    def _appointment(
        self, slot: Slot, client: Client | None, service: Any, status: str
    ) -> Appointment:
        salon = self.salon
        return Appointment.objects.create(
            connection=salon.connection, external_id=f"apt_{slot.number}_{next(self._numbers)}",
            client=client, location=salon.location, service=service, service_name=service.name,
            staff=salon.staff[slot.staff], staff_name=salon.staff[slot.staff].name,
            starts_at=slot.starts_at, ends_at=slot.starts_at + timedelta(minutes=60),
            status=status, price=service.price,
            cancelled_at=clock.now() if status == Appointment.Status.CANCELLED else None,
        )  # fmt: skip

    def _on_calendar(self, payload: Any) -> None:
        """The platform took a booking; the working copy has it with the next reading."""
        hour = datetime.fromisoformat(payload["starts_at"])
        staff = next(n for n, s in enumerate(self.salon.staff) if s.external_id == payload["staff"])
        client = next(c for c in self.salon.clients if c.external_id == payload["client"])
        service = next(s for s in self.salon.services if s.external_id == payload["service"])
        slot = Slot(0, staff, hour, clock.now())
        self._appointment(slot, client, service, Appointment.Status.BOOKED)

    def _on_list(self, entry: str, status: str) -> None:
        rows = WaitlistEntry.objects.filter(connection=self.salon.connection, external_id=entry)
        rows.update(status=status)
        again = clock.now() + timedelta(days=self._dice.uniform(1, 4))
        self._later(again, lambda: waits_again(entry, self.salon.connection, again))

    # --- the phones -----------------------------------------------------------------------

    def _phone_rings(self, text: platform.Text) -> None:
        if text.role != "offer":
            return
        offer = Offer.objects.select_related("opening").get(token_sha256=token_hash(text.token))
        slot = self.slots[offer.opening_id]
        until = offer.answer_until or text.at + timedelta(minutes=offer.answer_minutes)
        self._later(until + timedelta(seconds=1), lambda: self._look([offer.opening_id]))
        wished = any(
            name == text.client and is_wished
            for name, is_wished in (slot.asked.people if slot.asked else ())
        )
        ahead = (slot.starts_at - text.at).total_seconds() / 3600
        answer = answer_of(
            self.seed, text.client, str(slot.number), hours_ahead=ahead, wished=wished
        )
        if answer.after is not None:
            self._answers(text, offer, answer)

    def _answers(self, text: platform.Text, offer: Offer, answer: Answer) -> None:
        at = text.at + timedelta(minutes=answer.after or 0)
        self._later(at, lambda: self._say(text, offer, answer.yes, answer.by))
        if answer.twice is not None:
            again = "link" if answer.by == "digit" else "digit"
            more = at + timedelta(minutes=answer.twice)
            self._later(more, lambda: self._say(text, offer, answer.yes, again))
        if answer.opposite is not None:
            more = at + timedelta(minutes=answer.opposite)
            self._later(more, lambda: self._say(text, offer, not answer.yes, "digit"))

    def _say(self, text: platform.Text, offer: Offer, yes: bool, by: str) -> None:
        """An answer reaches us. A word in a thread with two open questions books nothing."""
        self.said.append(Said(clock.now(), text.client, offer.opening_id, yes))
        if by == "link":
            claims.seen(text.token)
            (claims.claim if yes else claims.decline)(by="link", token=text.token)
        else:
            open_ones = claims.open_offers_of(offer.client_id, "sms")
            self.two_questions += len(open_ones) > 1
            if by == "word" and len(open_ones) > 1:
                self.to_a_person += 1
                return
            meant = self._meant(offer, open_ones, by)
            (claims.claim if yes else claims.decline)(by="text", offer=meant)
        self._look([offer.opening_id])

    def _meant(self, offer: Offer, open_ones: list[Offer], by: str) -> Offer:
        """Which offer a text answers, by what the text alone tells: its digit, or the only one."""
        if by == "word":
            return open_ones[0] if open_ones else offer
        return next((one for one in open_ones if one.digit == offer.digit), offer)
