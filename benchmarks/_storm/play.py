"""One stretch of a storm, played through the product's own functions with the clock in hand.

Cancellations are heard by the agent, its runs are drained, a person approves, effects leave, the
ladders are looked at, clients answer by text or link: everything but HTTP. Time jumps from one
happening to the next, and only what is due is looked at, so that an opening costs what its own
statements cost.
"""

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any

from django.db import connection

from agents.matching.settings import OpenSlotSettings
from approvals.effects import effects_drain
from approvals.ladders import climbing
from approvals.models import Opening
from benchmarks import _storm as platform
from benchmarks._storm.baselines import Asked
from benchmarks._storm.salon import Salon, salon_make
from core import clock
from core.announce import announce
from core.models import AuditEvent
from integrations.events import Event
from integrations.models import Appointment, Client, Service

# A Monday, eight in the morning in Los Angeles.
BEGIN = datetime(2026, 6, 15, 15, tzinfo=UTC)
LEAD = timedelta(minutes=60)
FAULTS = 0.02
# The product's own list, and as many waiting as a busy salon has.
RUNGS, CLIENTS = OpenSlotSettings().most_rungs, 200
# In production ladders are looked at every second; here when something of theirs happened, and all
# of them after so many happenings, in case one was missed.
TICK_EVERY = 60
STEPS_ON = ("effect.refused", "effect.failed", "effect.undelivered")
# A slot that is in one of these hands is looked at no more.
ENDED = frozenset(f"opening.{state}" for state in Opening.State.values if state not in Opening.LIVE)
# Asked after everything that happens: without the ORM, they cost a tenth.
NEXT_DUE = """SELECT min(not_before) FROM approvals_effect
    WHERE state = 'waiting' AND outcome = '' AND not_before < %s"""
HEARD = """SELECT id, action, substr(subject, 9) FROM core_auditevent
    WHERE id > %s AND subject LIKE 'opening:%%' ORDER BY id"""


@dataclass
class Slot:
    """One opening as the run knows it. ``asked`` is None when nobody fitted at all; ``disturbed``
    when the desk took it out of everybody's hands."""

    number: int
    staff: int
    starts_at: datetime
    opened_at: datetime
    opening_id: int = 0
    canceller: str = ""
    asked: Asked | None = None
    disturbed: bool = False


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
    clients: int = CLIENTS
    salon: Salon = field(init=False)
    slots: dict[int, Slot] = field(default_factory=dict)
    said: list[Said] = field(default_factory=list)
    stopped: dict[str, datetime] = field(default_factory=dict)
    to_a_person: int = 0
    two_questions: int = 0
    refused: list[str] = field(default_factory=list)
    over: set[int] = field(default_factory=set)

    def run(self) -> "Play":
        from benchmarks._storm import desk, phones

        # Backoff jitter draws from the module's own dice: a seed must play the same every time.
        random.seed(self.seed)
        with clock.frozen(BEGIN) as self._clock:
            self.dice, self._queue = Random(f"play:{self.seed}"), []
            self.numbers, arrived = count(1), []
            self._heard_until = AuditEvent.objects.order_by("-pk").values_list("pk", flat=True)
            self._heard_until = self._heard_until.first() or 0
            self._wakes: datetime | None = None
            world = platform.fresh(self.seed, FAULTS)
            world.on_text = arrived.append
            world.on_booked = lambda payload: desk.on_calendar(self, payload)
            world.on_waitlist = lambda entry, status: desk.on_list(self, entry, status)
            self.salon = salon_make(self.seed, RUNGS, self.clients)
            self._ring = lambda text: phones.rings(self, text)
            for slot in desk.planned(self):
                self.later(slot.opened_at, lambda slot=slot: desk.cancelled(self, slot))
            self._go(arrived)
        return self

    def later(self, at: datetime, do: Callable[[], Any]) -> None:
        heapq.heappush(self._queue, (at, next(self.numbers), do))

    def look(self, opening_id: int) -> None:
        if opening_id not in self.over:
            climbing.look(opening_id, clock.now())

    def tell(self, event: Event) -> None:
        """Every listener hears it, as the inbox would have them; none may raise."""

        def raised(name: str, event: Any, error: str) -> None:
            raise AssertionError(f"listener {name}: {error}")

        announce(event, raised)

    def appointment(
        self, slot: Slot, client: Client | None, service: Service, status: str
    ) -> Appointment:
        salon, now = self.salon, clock.now()
        return Appointment.objects.create(
            connection=salon.connection, external_id=f"apt_{slot.number}_{next(self.numbers)}",
            client=client, location=salon.location, service=service, service_name=service.name,
            staff=salon.staff[slot.staff], staff_name=salon.staff[slot.staff].name,
            starts_at=slot.starts_at, ends_at=slot.starts_at + timedelta(minutes=60),
            status=status, price=service.price,
            cancelled_at=now if status == Appointment.Status.CANCELLED else None,
        )  # fmt: skip

    def _go(self, arrived: list[platform.Text]) -> None:
        for turn in count():
            if not self._queue:
                return
            at, _, do = heapq.heappop(self._queue)
            if at > clock.now():
                self._clock.move(at - clock.now())
            do()
            if turn % TICK_EVERY == 0:
                self._look_at_all()
            self._settle(arrived)

    def _look_at_all(self) -> None:
        """What the ladders' tick does, but for its heartbeat: that row is one for the database, and
        of two seeds played at once the second would wait for the end of the first."""
        for opening_id in climbing.due(clock.now()):
            self.look(opening_id)

    def _settle(self, arrived: list[platform.Text]) -> None:
        """Send what is due, hear what that brought, and come back when more is due."""
        while True:
            due = self._next_due()
            if due is None or due > clock.now():
                break
            effects_drain()
            texts, arrived[:] = list(arrived), []
            for text in texts:
                self._ring(text)
            for opening_id in self._stepped_on():
                self.look(opening_id)
        # One wake-up at a time: each happening would otherwise leave one of its own behind.
        now = clock.now()
        if due is not None and (self._wakes is None or self._wakes <= now or due < self._wakes):
            self._wakes = due
            self.later(due, lambda: None)

    def _next_due(self) -> datetime | None:
        """When the next effect may go; parked ones wait for something else."""
        with connection.cursor() as cursor:
            cursor.execute(NEXT_DUE, [clock.now() + timedelta(days=3)])
            due: datetime | None = cursor.fetchone()[0]
        return due

    def _stepped_on(self) -> list[int]:
        """Ladders with a rung that was left out: what rings for a look in production."""
        with connection.cursor() as cursor:
            cursor.execute(HEARD, [self._heard_until])
            rows = [(pk, action, int(pk_of or 0)) for pk, action, pk_of in cursor.fetchall()]
        if rows:
            self._heard_until = rows[-1][0]
        self.over |= {opening_id for _, action, opening_id in rows if action in ENDED}
        return [opening_id for _, action, opening_id in rows if action in STEPS_ON]
