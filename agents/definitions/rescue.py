"""Rescue: a likely no-show who was asked and stays silent gets a second message, two days before.

The clock announces the moment. Only who was asked and said nothing since is written to again, and
only while the loss risk, scored anew, is high. Who stays silent after that is called
(``agents/rescuing.py``).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import Field

from agents.base import Agent, BaseSettings, Drafted, Offset, Opening, Skip, Text, register
from agents.config import config_for
from agents.contact import contact_for
from agents.context import Contact, Context, Past, Risk
from agents.messages import Shown, channel_reasons, message_proposal
from agents.models import VisitRisk
from agents.pieces import (
    CLIENT_FIELDS,
    REPLACEABLE,
    RESCUE_EXAMPLE,
    desk_title,
    shared_words,
    visit_origin,
    visits_words,
)
from agents.reading import Reader, client_of
from agents.scoring.appointments import appointment_risk
from agents.silence import silent_since
from agents.texts.confirmation import asking
from agents.texts.rescue import rescue_text
from approvals.proposals import Proposal, Reason
from integrations.events import AppointmentSoon, Event
from integrations.models import Appointment, Client

TWO_DAYS_BEFORE = Offset("rescue-48h", 48)
TOO_LATE = timedelta(hours=4)
# Whoever heard from the salon this lately is not written to again.
TOLD_LATELY = timedelta(hours=12)
AHEAD = timedelta(hours=48)


class RescueSettings(BaseSettings):
    """What an admin can set."""

    silent_hours: int = Field(
        default=24,
        ge=1,
        le=240,
        title="Hours of silence",
        description="So long after the first question a client has had time to answer it.",
    )


@register
class Rescue(Agent):
    name = "rescue"
    label = "Rescue"
    about = (
        "Asks a likely no-show a second time, two days before, when the first stayed unanswered."
    )
    listens_to = (AppointmentSoon,)
    offsets = (TWO_DAYS_BEFORE,)
    reads = (*CLIENT_FIELDS, "birthday", "postal_code")
    group = "confirmations"
    Settings = RescueSettings
    variables = ("salon", "client", "visits", "asks", "call", "tone", "language", "channel")
    example = RESCUE_EXAMPLE

    def upcoming(self, location_id: int, as_of: datetime) -> list[Event]:
        rows = VisitRisk.objects.filter(
            level=VisitRisk.Level.HIGH,
            appointment__location_id=location_id,
            appointment__status=Appointment.Status.BOOKED,
            appointment__deleted_at=None,
            appointment__client__isnull=False,
            appointment__starts_at__gt=as_of + TOO_LATE,
            appointment__starts_at__lt=as_of + AHEAD,
        ).select_related("appointment")
        return [
            AppointmentSoon(
                key=f"switched-on:{row.external_id}:{row.starts_at.isoformat()}:rescue",
                connection_id=str(row.connection_id),
                at=as_of,
                location_id=location_id,
                client_id=row.client_id,
                appointment_id=row.pk,
                offset=TWO_DAYS_BEFORE.name,
            )
            for row in (one.appointment for one in rows.order_by("appointment__starts_at", "pk"))
        ]

    def opening(self, event: Event, as_of: datetime) -> Opening | Skip:
        found = self._appointment(event, as_of)
        if isinstance(found, Skip):
            return found
        known = VisitRisk.objects.filter(appointment=found, starts_at=found.starts_at).first()
        if known is not None and known.level in ("low", "medium"):
            return Skip("It is no likely no-show.")
        reader = Reader(type(self), as_of)
        household = reader.household(client_of(found))
        why = self._why_not(found, reader, household)
        if why:
            return Skip(why)
        return Opening(
            subject=reader.subject(household),
            occasion=_occasion(found),
            title=desk_title("Ask again about", found, as_of, found.location.zone),
            due_at=found.starts_at,
            tag="likely no-show",
            client_id=found.client_id,
            appointment_id=found.pk,
            staff_id=found.staff_id,
        )

    def gather(self, event: Event, as_of: datetime) -> Context | Skip:
        appointment = self._appointment(event, as_of)
        if isinstance(appointment, Skip):
            return appointment
        reader = Reader(type(self), as_of)
        household = reader.household(client_of(appointment))
        why = self._why_not(appointment, reader, household)
        if why:
            return Skip(why)
        rows = self._same_day(appointment, household, reader)
        past, risk = self._score(rows, reader)
        if risk.level != "high":
            return Skip("It is no likely no-show.")
        members = list({row.client_id: client_of(row) for row in rows}.values())
        contact = contact_for(
            candidates=members,
            location=appointment.location,
            purpose=self.purpose,
            as_of=as_of,
        )
        if isinstance(contact, Skip):
            return contact
        return self._context(event, rows, contact, (past, risk), reader)

    def template(self, context: Context) -> Text:
        return rescue_text(context)

    def words(self, context: Context) -> dict[str, str]:
        return {
            **shared_words(context, self.settings.tone),
            "visits": visits_words(context),
            "asks": asking(context),
        }

    def problem(self, context: Context, text: Text) -> str:
        asks = context.salon.hears and context.contact.channel == "sms"
        if asks and context.digit not in text.body.replace(context.salon.phone, ""):
            return "the model forgot to ask for an answer"
        return ""

    def propose(self, context: Context, drafted: Drafted) -> list[Proposal]:
        first, zone = context.first, context.salon.zone
        reasons = [
            Reason("Asked once, and has not answered.", "messages"),
            *(Reason(words, "client's record") for words in context.risk.reasons[:3]),
        ]
        return [
            message_proposal(
                self,
                context,
                drafted,
                Shown(
                    title=desk_title("Ask again about", first, context.as_of, zone),
                    origin=visit_origin("Rescue", first.starts_at, context.as_of, zone),
                    tag="likely no-show",
                    moment="the visit starts",
                    reasons=[*reasons, *channel_reasons(context)],
                    status_in=("booked",),
                ),
            )
        ]

    def _appointment(self, event: Event, as_of: datetime) -> Appointment | Skip:
        appointment = Reader(type(self), as_of).row_of(event)
        if isinstance(appointment, Skip):
            return appointment
        if not appointment.is_upcoming:
            return Skip("It is no longer booked.")
        if appointment.status == Appointment.Status.CONFIRMED:
            return Skip("The client already confirmed.")
        if appointment.starts_at <= as_of + TOO_LATE:
            return Skip("It is too late for a second question.", missed=True)
        return appointment

    def _why_not(
        self, appointment: Appointment, reader: Reader, household: Sequence[Client]
    ) -> str:
        """Why nobody writes to them again (not asked, not silent, told just now), or ''."""
        asked, heard = silent_since(appointment, reader, household)
        if asked is None or heard:
            return heard
        if reader.as_of - asked < timedelta(hours=self.settings.silent_hours):
            return "The client was asked less than a day ago and may answer yet."
        if reader.platform_wrote(household, reader.as_of - TOLD_LATELY):
            return "The platform has just written to the client."
        start = [appointment.pk, appointment.starts_at.isoformat()]
        items = reader.items(household, appointment.location).filter(
            occasion=_occasion(appointment)
        )
        told = items.exclude(state__in=REPLACEABLE).values_list("covers", flat=True)
        if any(start in covers for covers in told):
            return "The client was asked a second time already."
        return ""

    def _same_day(
        self, appointment: Appointment, household: list[Client], reader: Reader
    ) -> list[Appointment]:
        """The contact's visits of that day that nobody confirmed: one message for all of them."""
        zone = appointment.location.zone
        day = appointment.starts_at.astimezone(zone).date()
        return [
            row
            for row in reader.upcoming(household, appointment.location, also=[appointment.pk])
            if row.starts_at.astimezone(zone).date() == day
            and row.status == Appointment.Status.BOOKED
        ]

    def _score(self, rows: Sequence[Appointment], reader: Reader) -> tuple[Past, Risk]:
        """The riskiest of the visits speaks for all; the bounds are those of the confirmation."""
        bounds: Any = config_for("confirmation", rows[0].location).settings
        medium, high = bounds.medium_from, bounds.high_from
        scored = [appointment_risk(row, reader, medium=medium, high=high) for row in rows]
        return max(scored, key=lambda pair: pair[1].chance)

    def _context(
        self,
        event: Event,
        rows: list[Appointment],
        contact: Contact,
        scored: tuple[Past, Risk],
        reader: Reader,
    ) -> Context:
        clients = {row.client_id: client_of(row) for row in rows}
        writes_to = clients[contact.client_id]
        known = {"written_before": reader.written_before(writes_to)}
        return Context(
            as_of=reader.as_of,
            event_at=event.at,
            kind="rescue",
            subject=reader.subject(reader.household(writes_to)),
            occasion=_occasion(rows[0]),
            salon=reader.salon(rows[0].location, rows[0].location.connection),
            contact=contact.model_copy(update=known),
            people=reader.people(clients.values()),
            appointments=[reader.facts_of(row) for row in rows],
            past=scored[0],
            risk=scored[1],
            due_at=rows[0].starts_at,
            digit=reader.digit(rows),
        )


def _occasion(appointment: Appointment) -> str:
    """One second question per contact and day of the visit."""
    day = appointment.starts_at.astimezone(appointment.location.zone).date()
    return f"rescue:{day.isoformat()}"
