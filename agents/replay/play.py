"""Plays an export day by day through the same gather, score and draft as live bookings.

The rows go into a throw-away connection that can do nothing. A booking is put in when it was made,
its outcome only when its day is over; so at every moment the pipeline sees exactly what the desk
could have known, and history is counted from earlier days alone.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from agents.base import Agent, Skip
from agents.config import config_for
from agents.context import Context
from agents.models import AgentRun
from agents.replay.columns import Row
from core.work import WorkRow
from integrations.events import AppointmentBooked
from integrations.models import (
    Appointment,
    Client,
    Connection,
    Consent,
    Location,
    Service,
    StaffMember,
)
from integrations.platforms.base import platforms

MODE = "replay"
AGENT = "confirmation"
Status = Appointment.Status
ENDED = {
    "attended": Status.COMPLETED,
    "no_show": Status.NO_SHOW,
    "late_cancel": Status.CANCELLED,
    "early_cancel": Status.CANCELLED,
    "cancelled": Status.CANCELLED,
}
# What a cancellation's date is taken to be where the export does not say it.
LATE, EARLY = timedelta(hours=12), timedelta(days=3)
LOST = ("no_show", "late_cancel")


@dataclass(frozen=True)
class Line:
    """One booking as it would have been handled. ``why_not`` says why nothing was drafted."""

    row: Row
    day: date
    drafted_at: datetime
    level: str = ""
    chance: float = 0.0
    reasons: tuple[str, ...] = ()
    tag: str = ""
    text: str = ""
    why_not: str = ""

    @property
    def lost(self) -> bool:
        return self.row.outcome in LOST


@dataclass
class Player:
    """Plays rows into one location; ``keep_runs`` also keeps each run with its context."""

    location: Location
    keep_runs: bool = False
    clients: dict[str, Client] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    staff: dict[str, StaffMember] = field(default_factory=dict)

    def play(self, rows: Iterable[Row], step: Callable[[], None] = lambda: None) -> list[Line]:
        """Every row in the order in which the desk would have met it."""
        agent = config_for(AGENT, self.location).instance()
        to_book, to_settle = self._by_day(rows)
        lines = []
        for day in sorted({*to_book, *to_settle}):
            for row in sorted(to_book[day], key=lambda one: (self._met_at(one), one.line)):
                lines.append(self._book(agent, row))
                step()
            for row in to_settle[day]:
                self._settle(row)
        return lines

    def _by_day(self, rows: Iterable[Row]) -> tuple[dict[date, list[Row]], dict[date, list[Row]]]:
        to_book: dict[date, list[Row]] = defaultdict(list)
        to_settle: dict[date, list[Row]] = defaultdict(list)
        for row in rows:
            to_book[self._local_day(self._met_at(row))].append(row)
            over = row.cancelled_at if row.outcome == "early_cancel" else None
            to_settle[max(self._local_day(self._met_at(row)),
                          self._local_day(over or row.starts_at))].append(row)  # fmt: skip
        return to_book, to_settle

    def _met_at(self, row: Row) -> datetime:
        """When the draft would have been made: at booking, or as the visit's day begins."""
        if row.booked_at is not None:
            return min(row.booked_at, row.starts_at)
        zone = self.location.zone
        return datetime.combine(row.starts_at.astimezone(zone).date(), time(0), zone)

    def _local_day(self, at: datetime) -> date:
        return at.astimezone(self.location.zone).date()

    def _book(self, agent: Agent, row: Row) -> Line:
        as_of = self._met_at(row)
        appointment = Appointment.objects.create(
            connection_id=self.location.connection_id,
            external_id=f"line-{row.line}",
            client=self._client(row.client),
            location=self.location,
            service=self._service(row.service),
            service_name=row.service,
            staff=self._staff_member(row.staff),
            staff_name=row.staff,
            starts_at=row.starts_at,
            price=row.price,
            booked_at=row.booked_at,
        )
        event = AppointmentBooked(
            key=f"replay:{row.line}",
            connection_id=str(self.location.connection_id),
            at=as_of,
            location_id=self.location.pk,
            client_id=appointment.client_id,
            appointment_id=appointment.pk,
        )
        context = agent.gather(event, as_of)
        line = self._line(agent, row, context, as_of)
        if self.keep_runs:
            self._keep(event, context)
        return line

    def _line(self, agent: Agent, row: Row, context: Context | Skip, as_of: datetime) -> Line:
        day = self._local_day(row.starts_at)
        if isinstance(context, Skip):
            return Line(row, day, as_of, why_not=context.why)
        if not row.time_known:
            visits = [
                visit.model_copy(update={"time_known": False}) for visit in context.appointments
            ]
            context = context.model_copy(update={"appointments": visits})
        drafted = agent.draft(context)
        proposal = agent.propose(context, drafted)[0]
        return Line(
            row=row,
            day=day,
            drafted_at=as_of,
            level=proposal.loss_risk,
            chance=context.risk.chance,
            reasons=tuple(context.risk.reasons),
            tag=proposal.tag,
            text=drafted.text.body,
        )

    def _settle(self, row: Row) -> None:
        """The day is over: what happened becomes known."""
        ended = ENDED.get(row.outcome)
        if ended is None:
            return
        changes: dict[str, Any] = {"status": ended}
        if ended == Status.CANCELLED:
            guessed = row.starts_at - (LATE if row.outcome == "late_cancel" else EARLY)
            changes["cancelled_at"] = row.cancelled_at or guessed
        Appointment.objects.filter(
            connection_id=self.location.connection_id, external_id=f"line-{row.line}"
        ).update(**changes)

    def _keep(self, event: AppointmentBooked, context: Context | Skip) -> None:
        skipped = isinstance(context, Skip)
        AgentRun.objects.create(
            connection_id=self.location.connection_id,
            location=self.location,
            agent=AGENT,
            event_key=event.key,
            event=event.to_json(),
            state=WorkRow.State.DONE,
            context={} if isinstance(context, Skip) else context.model_dump(mode="json"),
            writer="" if skipped else "template",
            outcome=AgentRun.Outcome.SKIPPED if skipped else AgentRun.Outcome.DRAFTED,
            why_nothing=context.why[:200] if isinstance(context, Skip) else "",
            done_at=event.at,
        )

    def _client(self, name: str) -> Client:
        if name not in self.clients:
            # A made-up number that leads nowhere: an export without phones must not draft nothing.
            number = f"+1999{len(self.clients):07d}"
            client = Client.objects.create(
                connection_id=self.location.connection_id,
                external_id=f"client-{len(self.clients)}",
                first_name=name[:160],
                phone=number,
            )
            Consent.objects.create(
                client=client,
                channel="sms",
                purpose="transactional",
                origin=Consent.Origin.FILE,
                granted=True,
            )
            self.clients[name] = client
        return self.clients[name]

    def _service(self, name: str) -> Service | None:
        if name and name not in self.services:
            self.services[name] = Service.objects.create(
                connection_id=self.location.connection_id,
                external_id=f"service-{len(self.services)}",
                name=name,
            )
        return self.services.get(name)

    def _staff_member(self, name: str) -> StaffMember | None:
        if name and name not in self.staff:
            self.staff[name] = StaffMember.objects.create(
                connection_id=self.location.connection_id,
                external_id=f"staff-{len(self.staff)}",
                name=name,
            )
        return self.staff.get(name)


def location_make(*, salon: str, zone: str) -> Location:
    """A connection that can do nothing (no address, no secret, switched off) and its location."""
    connection = Connection.objects.create(
        name=f"{salon} (replay)",
        platform=next(iter(platforms.names()), MODE),
        mode=MODE,
        status=Connection.Status.OFF,
        status_reason="Made by a replay. Nothing is sent.",
        capabilities=[],
        history_complete=False,
    )
    return Location.objects.create(
        connection=connection,
        external_id=MODE,
        name=salon,
        timezone=zone,
        opening_hours={day: [["09:00", "18:00"]] for day in
                       ("mon", "tue", "wed", "thu", "fri", "sat", "sun")},
    )  # fmt: skip
