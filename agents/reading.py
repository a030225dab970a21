"""Reading the working copy for one contact, as it was known at ``as_of``.

Agents gather through a Reader: it knows which client fields its agent declared and cuts off
everything later than ``as_of``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q, QuerySet

from agents.base import Agent, ClientView, Skip
from agents.context import AppointmentFacts, Form, Past, Person, Salon
from agents.here import appointment_of, rules_of
from agents.models import AgentRun, PriceOffer
from agents.scoring.record import record
from approvals.answers.questions import visit_digit
from approvals.models import ApprovalItem
from integrations import people
from integrations.events import Event
from integrations.keywords import understood
from integrations.models import Appointment, Client, Connection, FormResponse, Location, Message

if TYPE_CHECKING:
    from agents.scoring.fitting import Scorer

Status = Appointment.Status
# States in which a draft still speaks for its visits: it went out, or somebody decided about it.
UNSETTLED = (
    ApprovalItem.State.DRAFTING,
    ApprovalItem.State.PENDING,
    ApprovalItem.State.SUPERSEDED,
    ApprovalItem.State.STALE,
    ApprovalItem.State.FAILED,
    ApprovalItem.State.WITHDRAWN,
)
PLATFORM = "platform"
# The platform's clock and ours are never quite the same.
CLOCKS_DIFFER = timedelta(minutes=10)


@dataclass(frozen=True)
class Spoken:
    """The start a client was told for a visit, and when that was drafted."""

    starts_at: datetime
    at: datetime


@dataclass(frozen=True)
class Reader:
    """Reads for one agent at one moment."""

    agent: type[Agent]
    as_of: datetime
    # Who shares a phone is asked three times for one draft, and is the same each time.
    _households: dict[tuple[object, str], list[Client]] = field(
        default_factory=dict, repr=False, compare=False
    )
    # What was learned from a connection's past, read once; None: nothing is in use there.
    scorers: dict[UUID, "Scorer | None"] = field(default_factory=dict, repr=False, compare=False)
    _visits: dict[int, list[Appointment]] = field(default_factory=dict, repr=False, compare=False)

    def appointment(self, appointment_id: int) -> Appointment | None:
        return appointment_of(appointment_id)

    def row_of(self, event: Event) -> Appointment | Skip:
        """The appointment an event speaks of, with its client; Skip where there is nobody."""
        found = self.appointment(getattr(event, "appointment_id", 0) or 0)
        if found is None or found.client is None:
            return Skip("The booking has no client.")
        if self.agent.name in found.connection.platform_sends:
            return Skip(f"The platform sends this by itself ({self.agent.label.lower()}).")
        return found

    def household(self, client: Client) -> list[Client]:
        if not client.phone:
            return [client]
        key = (client.connection_id, client.phone)
        if key not in self._households:
            self._households[key] = people.household(client)
        return self._households[key]

    def subject(self, household: Sequence[Client]) -> str:
        """One contact, one subject: the phone's oldest client stands for all of them."""
        return f"contact:{min(client.pk for client in household)}"

    def upcoming(
        self, household: Sequence[Client], location: Location, also: Iterable[int] = ()
    ) -> list[Appointment]:
        """What lies ahead of ``as_of`` and was booked by then, in order.

        ``also`` are bookings that an event brought, whatever the platform's clock says of them.
        """
        booked = Q(booked_at__isnull=True) | Q(booked_at__lte=self.as_of + CLOCKS_DIFFER)
        rows = Appointment.objects.select_related("client", "service", "staff").filter(
            booked | Q(pk__in=list(also)),
            client__in=household,
            location=location,
            starts_at__gt=self.as_of,
            status__in=Appointment.UPCOMING,
            deleted_at=None,
        )
        found = list(rows.order_by("starts_at", "pk"))
        for row in found:
            row.location, row.connection = location, location.connection
        return found

    def salon(self, location: Location, connection: Connection) -> Salon:
        return Salon(
            id=location.pk,
            external_id=location.external_id,
            name=location.name,
            timezone=location.timezone,
            phone=people.telephone(location.phone),
            address=location.address,
            booking_url=location.booking_url,
            links=_allowed_links(location),
            offers=self._offers(location),
            currency=location.currency,
            hears="read" in connection.capabilities,
            history_complete=connection.history_complete,
        )

    def _offers(self, location: Location) -> tuple[str, ...]:
        """Money off that holds on the salon's day of ``as_of``."""
        today = self.as_of.astimezone(location.zone).date()
        rows = PriceOffer.objects.filter(location=location).order_by("pk")
        open_now = Q(starts_on=None) | Q(starts_on__lte=today)
        not_over = Q(ends_on=None) | Q(ends_on__gte=today)
        return tuple(rows.filter(open_now, not_over).values_list("words", flat=True)[:20])

    def person(self, client: Client) -> Person:
        view = ClientView(client, self.agent.reads)
        return Person(id=client.pk, external_id=client.external_id, fields=view.facts())

    def people(self, clients: Iterable[Client]) -> list[Person]:
        found = {client.pk: client for client in clients}
        return [self.person(found[pk]) for pk in sorted(found)]

    def facts_of(self, appointment: Appointment, *, with_notes: bool = False) -> AppointmentFacts:
        service, staff = appointment.service, appointment.staff
        return AppointmentFacts(
            id=appointment.pk,
            external_id=appointment.external_id,
            person=appointment.client_id or 0,
            starts_at=appointment.starts_at,
            ends_at=appointment.ends_at,
            booked_at=appointment.booked_at,
            status=appointment.status,
            service=appointment.service_name or (service.name if service else ""),
            minutes=_minutes(appointment),
            price=appointment.price,
            currency=appointment.currency,
            staff=appointment.staff_name or (staff.name if staff else ""),
            staff_id=appointment.staff_id,
            staff_external_id=staff.external_id if staff else "",
            visit_id=appointment.visit_id,
            source=appointment.source,
            aftercare=(service.aftercare if service else "") if with_notes else "",
            notes=appointment.notes if with_notes else "",
        )

    def past(self, client: Client, connection: Connection, service: str) -> Past:
        """A client's record from visits before ``as_of``, and the platform's own counters.

        The counters speak of now: they are left out when they were written after ``as_of``.
        """
        if client.pk not in self._visits:
            self.visits_read([client.pk])
        before = self._visits[client.pk]
        own = record(before, service, self.as_of, connection.history_complete)
        written = client.platform_updated_at
        if written is not None and written > self.as_of:
            return own
        return own.model_copy(
            update={
                "visits": max(own.visits, client.visit_count or 0),
                "no_shows": max(own.no_shows, client.no_show_count or 0),
                "late_cancels": max(own.late_cancels, client.late_cancel_count or 0),
            }
        )

    def visits_read(self, clients: Iterable[int]) -> None:
        """Read the visits before ``as_of`` of all these clients, with one statement."""
        wanted = set(clients)
        self._visits.update({pk: [] for pk in wanted})
        rows = Appointment.objects.filter(
            client__in=wanted, starts_at__lt=self.as_of, deleted_at=None
        ).order_by("starts_at")
        for row in rows.only("client_id", "status", "starts_at", "cancelled_at", "service_name"):
            self._visits[row.client_id or 0].append(row)

    def items(self, household: Sequence[Client], location: Location) -> QuerySet[ApprovalItem]:
        """This agent's drafts for the contact, whatever became of them."""
        return ApprovalItem.objects.filter(
            client__in=household, location=location, agent=self.agent.name
        )

    def spoken_for(self, items: QuerySet[ApprovalItem]) -> dict[int, Spoken]:
        """What the client was last told about each visit, or what the desk decided about it.

        Two columns only: with its known facts a regular's every draft of years would be read.
        """
        decided = items.exclude(state__in=UNSETTLED).order_by("pk")
        return {
            int(visit_id): Spoken(datetime.fromisoformat(start), at)
            for covers, at in decided.values_list("covers", "created_at")
            for visit_id, start in covers
        }

    def heard_of(self, household: Sequence[Client], location: Location) -> set[int]:
        """Appointments of this contact that events brought to this agent since it is on."""
        runs = AgentRun.objects.filter(
            agent=self.agent.name, location=location, item__client__in=household
        )
        found = runs.values_list("event__appointment_id", flat=True).order_by().distinct()
        return {pk for pk in found if pk is not None}

    def open_forms(self, clients: Sequence[Client]) -> list[Form]:
        """Forms not filled in yet that have a link and have not expired."""
        rows = FormResponse.objects.filter(
            Q(expires_on__isnull=True) | Q(expires_on__gte=self.as_of.date()),
            client__in=clients,
            complete=False,
            deleted_at=None,
        ).exclude(link="")
        return [
            Form(id=row.pk, external_id=row.external_id, name=row.name, link=row.link)
            for row in rows.order_by("pk")
        ]

    def platform_wrote(self, household: Sequence[Client], since: datetime) -> bool:
        """Whether the platform itself sent something to this contact since then."""
        return (
            Message.objects.filter(
                client__in=household,
                incoming=False,
                source=PLATFORM,
                sent_at__gte=since,
                sent_at__lte=self.as_of,
            )
            .exclude(status="failed")
            .exists()
        )

    def written_before(self, client: Client) -> bool:
        """Whether the client ever got a message from this salon."""
        log = Message.objects.filter(client=client, incoming=False, sent_at__lte=self.as_of)
        return log.exists()

    def digit(self, rows: Sequence[Appointment]) -> str:
        """The digit a text about these visits may ask their contact to answer with."""
        first = client_of(rows[0])
        return visit_digit(self.household(first), [row.pk for row in rows], self.as_of)

    def answered_yes(self, household: Sequence[Client], since: datetime) -> bool:
        """Whether the contact answered a message with a yes since then (and no no after it)."""
        answers = Message.objects.filter(
            client__in=household, incoming=True, sent_at__gt=since, sent_at__lte=self.as_of
        ).order_by("-sent_at")
        for body in answers.values_list("body", flat=True)[:10]:
            meaning = understood(body)
            if meaning in ("confirm", "accept"):
                return True
            if meaning in ("cancel", "decline", "stop"):
                return False
        return False


def client_of(appointment: Appointment) -> Client:
    if appointment.client is None:
        raise ValueError(f"appointment {appointment.pk} has no client")
    return appointment.client


def _minutes(appointment: Appointment) -> int | None:
    if appointment.ends_at:
        return round((appointment.ends_at - appointment.starts_at).total_seconds() / 60)
    return appointment.service.minutes if appointment.service else None


def _allowed_links(location: Location) -> tuple[str, ...]:
    rules = rules_of(location.pk)
    return rules.allowed_links if rules else ()
