"""Confirmation: a new, moved or reinstated booking, one message per contact."""

from datetime import datetime, timedelta
from typing import Any

from pydantic import Field

from agents.base import Agent, BaseSettings, ClientView, Drafted, Opening, Skip, Text, register
from agents.contact import answering_hour, contact_for, next_at
from agents.context import Contact, Context, Past, Risk
from agents.messages import Shown, channel_reasons, form_evidence, message_proposal
from agents.pieces import (
    CLIENT_FIELDS,
    CONFIRMATION_EXAMPLE,
    desk_title,
    forms_words,
    shared_words,
    visits_words,
)
from agents.reading import Reader, client_of
from agents.remembered import remembered_preference, suspicious
from agents.scoring.appointments import appointment_risk
from agents.texts.confirmation import asking, confirmation_text
from agents.wording import hour
from approvals.ladders.told import told_by_ladder
from approvals.proposals import Proposal, Reason
from approvals.services.risks import TAGS
from integrations.events import AppointmentBooked, AppointmentMoved, Event
from integrations.models import Appointment, Client

# Between booking and arrival there must be time for somebody to read an answer.
TOO_SOON = timedelta(minutes=30)
LOOK_BACK = timedelta(minutes=5)
AHEAD = timedelta(days=14)
# The client's own answering hour is only waited for when the visit is far enough away.
HOUR_MATTERS_FROM = timedelta(days=3)
# A platform's word for where a booking came from, as the desk says it; others are left out.
BOOKED = {"online": "online", "phone": "by phone", "front_desk": "at the desk"}


class ConfirmationSettings(BaseSettings):
    """What an admin can set."""

    still_minutes: int = Field(
        default=3,
        ge=0,
        le=60,
        title="Minutes a moved booking must be still",
        description="While a booking is being moved about on the calendar nothing is drafted.",
    )
    medium_from: float = Field(
        default=0.12, ge=0.01, le=0.9, title="Medium risk from",
        description="From this chance of losing the booking on, the text asks for an answer.",
    )  # fmt: skip
    high_from: float = Field(
        default=0.22, ge=0.01, le=0.95, title="High risk from",
        description="From this chance on the draft is shown as a likely no-show.",
    )  # fmt: skip
    name_preference: bool = Field(
        default=True, title="Mention a remembered preference",
        description="One harmless wish from the client's notes. Never health.",
    )  # fmt: skip
    name_form: bool = Field(
        default=True, title="Mention an unfinished form", description="With its link."
    )
    write_calm: bool = Field(
        default=False,
        title="Let the model write plain confirmations too",
        description="Off: it writes only where an answer is asked for, the others are the standard "
        "text.",
    )
    wait_for_hour: bool = Field(
        default=True,
        title="Write at the hour the client usually answers",
        description="Only for risky bookings at least three days away.",
    )


@register
class Confirmation(Agent):
    name = "confirmation"
    label = "Confirmation"
    about = "Confirms a new or moved booking, and asks for an answer where it may be lost."
    listens_to = (AppointmentBooked, AppointmentMoved)
    reads = (*CLIENT_FIELDS, "birthday", "postal_code", "notes")
    group = "confirmations"
    Settings = ConfirmationSettings
    variables = (
        "salon", "client", "kind", "visits", "asks", "remembered", "form", "call", "tone",
        "language", "channel", "first_visit",
    )  # fmt: skip
    example = CONFIRMATION_EXAMPLE

    def opening(self, event: Event, as_of: datetime) -> Opening | Skip:
        found = self._appointment(event, as_of)
        if isinstance(found, Skip):
            return found
        reader = Reader(type(self), as_of)
        household = reader.household(client_of(found))
        still_until = min(event.at, as_of) + timedelta(minutes=self.settings.still_minutes)
        moved = isinstance(event, AppointmentMoved)
        return Opening(
            subject=reader.subject(household),
            occasion="booked",
            title=desk_title("Confirm", found, as_of, found.location.zone),
            due_at=found.starts_at,
            client_id=found.client_id,
            appointment_id=found.pk,
            staff_id=found.staff_id,
            not_before=still_until if moved and still_until > as_of else None,
        )

    def upcoming(self, location_id: int, as_of: datetime) -> list[Event]:
        rows = Appointment.objects.filter(
            location_id=location_id,
            status=Appointment.Status.BOOKED,
            starts_at__gt=as_of + TOO_SOON,
            starts_at__lt=as_of + AHEAD,
            deleted_at=None,
            client__isnull=False,
        ).order_by("starts_at")
        return [
            AppointmentBooked(
                key=f"switched-on:{row.external_id}:{row.starts_at.isoformat()}",
                connection_id=str(row.connection_id),
                at=as_of,
                location_id=location_id,
                client_id=row.client_id,
                appointment_id=row.pk,
            )
            for row in rows
        ]

    def gather(self, event: Event, as_of: datetime) -> Context | Skip:
        appointment = self._appointment(event, as_of)
        if isinstance(appointment, Skip):
            return appointment
        reader = Reader(type(self), as_of)
        household = reader.household(client_of(appointment))
        if reader.platform_wrote(household, max(event.at - LOOK_BACK, as_of - timedelta(days=1))):
            return Skip("The platform has already written to the client.")
        rows = self._to_tell(event, appointment, household, reader)
        if not rows:
            return Skip("The client already knows about this booking.")
        contact = self._contact(rows, appointment, as_of)
        if isinstance(contact, Skip):
            return contact
        return self._context(event, appointment, rows, contact, reader)

    def template(self, context: Context) -> Text:
        return confirmation_text(context, asks=_asks(context))

    def retuned(self, context: Context) -> Context:
        chance, level = context.risk.chance, context.risk.level
        if level:
            high, medium = self.settings.high_from, self.settings.medium_from
            level = "high" if chance >= high else "medium" if chance >= medium else "low"
        return context.model_copy(
            update={
                "risk": context.risk.model_copy(update={"level": level}),
                "remembered": context.remembered if self.settings.name_preference else "",
                "forms": context.forms if self.settings.name_form else [],
            }
        )

    def wants_model(self, context: Context) -> bool:
        return _asks(context) or self.settings.write_calm

    @classmethod
    def why_no_holdout(cls, settings: Any) -> str:
        if settings.write_calm:
            return super().why_no_holdout(settings)
        return (
            "Here the model writes only to clients who may not come, and those always get its "
            "text. Tick “Let the model write plain confirmations too” first."
        )

    def words(self, context: Context) -> dict[str, str]:
        return {
            **shared_words(context, self.settings.tone),
            "kind": {"new": "booked", "moved": "moved to a new time"}.get(
                context.kind, "booked again"
            ),
            "visits": visits_words(context),
            "asks": asking(context) if _asks(context) else "no answer is needed",
            "remembered": context.remembered or "nothing",
            "form": forms_words(context),
            "first_visit": "yes" if context.past.first_visit else "no",
        }

    def problem(self, context: Context, text: Text) -> str:
        asks = _asks(context) and context.salon.hears and context.contact.channel == "sms"
        if asks and context.digit not in text.body.replace(context.salon.phone, ""):
            return "the model forgot to ask for an answer"
        return ""

    def propose(self, context: Context, drafted: Drafted) -> list[Proposal]:
        first, zone = context.first, context.salon.zone
        verb = {"moved": "Confirm the new time:", "reinstated": "Confirm again:"}
        source = f"booked {BOOKED.get(first.source, '')}".strip()
        news = {"moved": "moved", "reinstated": "reinstated"}.get(context.kind, source)
        return [
            message_proposal(
                self,
                context,
                drafted,
                Shown(
                    title=desk_title(verb.get(context.kind, "Confirm"), first, context.as_of, zone),
                    origin=f"Confirmation · {news} at {hour(context.event_at, zone)}",
                    tag=_tag(context),
                    moment="the visit starts",
                    reasons=self._reasons(context),
                    evidence=form_evidence(context),
                ),
            )
        ]

    def _appointment(self, event: Event, as_of: datetime) -> Appointment | Skip:
        appointment = Reader(type(self), as_of).row_of(event)
        if isinstance(appointment, Skip):
            return appointment
        if not appointment.is_upcoming:
            return Skip("It is no longer booked.")
        if appointment.starts_at <= as_of + TOO_SOON:
            return Skip("It starts too soon for a confirmation.", missed=True)
        if isinstance(event, AppointmentBooked) and told_by_ladder(appointment):
            return Skip("They took this open slot and were told so.")
        return appointment

    def _to_tell(
        self, event: Event, appointment: Appointment, household: list[Client], reader: Reader
    ) -> list[Appointment]:
        """The contact's upcoming visits that were booked or moved since they were last told."""
        heard = reader.heard_of(household, appointment.location) | {appointment.pk}
        ahead = reader.upcoming(household, appointment.location, also=heard)
        visits = {row.visit_id for row in ahead if row.pk in heard and row.visit_id}
        spoken = reader.spoken_for(reader.items(household, appointment.location))
        told = []
        for row in ahead:
            known = spoken.get(row.pk)
            changed = known is None or known.starts_at != row.starts_at
            # The time may be the same and the therapist another one.
            news = row.pk == appointment.pk and known is not None and known.at < event.at
            if (changed or news) and (row.pk in heard or row.visit_id in visits):
                told.append(row)
        return told

    def _contact(
        self, rows: list[Appointment], appointment: Appointment, as_of: datetime
    ) -> Contact | Skip:
        members = list({row.client_id: row.client for row in rows if row.client}.values())
        return contact_for(
            candidates=members, location=appointment.location, purpose=self.purpose, as_of=as_of
        )

    def _context(
        self,
        event: Event,
        appointment: Appointment,
        rows: list[Appointment],
        contact: Contact,
        reader: Reader,
    ) -> Context:
        clients = {row.client_id: row.client for row in rows if row.client}
        writes_to = clients[contact.client_id]
        past, risk = self._score(rows, reader)
        view = ClientView(writes_to, self.reads)
        notes = view.notes if self.settings.name_preference else ""
        plain = contact.plain
        contact = self._timed(contact, writes_to, rows[0], risk, reader.as_of)
        return Context(
            as_of=reader.as_of,
            event_at=event.at,
            kind=_kind(event),
            subject=reader.subject(reader.household(writes_to)),
            occasion="booked",
            salon=reader.salon(appointment.location, appointment.connection),
            contact=contact.model_copy(update={"written_before": reader.written_before(writes_to)}),
            people=reader.people(clients.values()),
            appointments=[reader.facts_of(row) for row in rows],
            forms=reader.open_forms(list(clients.values()))
            if self.settings.name_form and not plain
            else [],
            past=past,
            risk=risk,
            remembered="" if plain else remembered_preference(notes),
            due_at=rows[0].starts_at,
            digit=reader.digit(rows),
            tainted=suspicious(notes),
        )

    def _score(self, rows: list[Appointment], reader: Reader) -> tuple[Past, Risk]:
        """The riskiest of the visits speaks for all of them."""
        medium, high = self.settings.medium_from, self.settings.high_from
        scored = [appointment_risk(row, reader, medium=medium, high=high) for row in rows]
        return max(scored, key=lambda pair: pair[1].chance)

    def _timed(
        self, contact: Contact, client: Client, first: Appointment, risk: Risk, as_of: datetime
    ) -> Contact:
        """Wait for the client's own answering hour where there is time and an answer is wanted."""
        if risk.level == "low" or not self.settings.wait_for_hour:
            return contact
        if first.starts_at - as_of < HOUR_MATTERS_FROM:
            return contact
        zone = first.location.zone
        habit = answering_hour(client, zone, as_of)
        if habit is None or abs(habit[0] - as_of.astimezone(zone).hour) <= 2:
            return contact
        at = next_at(habit[0], zone, as_of)
        why = f"{client.first_name or 'The client'} usually answers from {hour(at, zone)}."
        return contact.model_copy(update={"send_at": at, "hour_why": why})

    def _reasons(self, context: Context) -> list[Reason]:
        found = [Reason(text, "client's record") for text in context.risk.reasons[:4]]
        if len(context.appointments) > 1:
            found.insert(
                0,
                Reason(
                    f"One message for {len(context.appointments)} appointments.", "appointments"
                ),
            )
        if context.forms:
            found.append(Reason(f"The form {context.forms[0].name} is not filled in yet.", "form"))
        if context.remembered:
            found.append(Reason(f"Noted: prefers {context.remembered}.", "client's notes"))
        return [*found, *channel_reasons(context)]


def _asks(context: Context) -> bool:
    return context.risk.level in ("medium", "high")


def _kind(event: Event) -> str:
    if isinstance(event, AppointmentMoved):
        return "moved"
    return "reinstated" if isinstance(event, AppointmentBooked) and event.reinstated else "new"


def _tag(context: Context) -> str:
    if context.risk.level == "high":
        return TAGS["high"]
    if context.kind in ("moved", "reinstated"):
        return context.kind
    return "first visit" if context.past.first_visit else TAGS.get(context.risk.level, "")
