"""Reminder: a day before the visit, unless the client has confirmed already.

The clock announces the moment. What falls due while the desk is closed is drafted in one batch at
an hour the location chooses (Tomorrow is ready); each draft keeps its own hour of sending and is
checked again then.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pydantic import Field

from agents.base import (
    Agent,
    AppointmentDue,
    BaseSettings,
    Drafted,
    Offset,
    Opening,
    Skip,
    Text,
    register,
)
from agents.contact import contact_for
from agents.context import Contact, Context
from agents.messages import Shown, channel_reasons, form_evidence, message_proposal
from agents.pieces import (
    CLIENT_FIELDS,
    REMINDER_EXAMPLE,
    REPLACEABLE,
    desk_title,
    forms_words,
    shared_words,
    visit_origin,
    visits_words,
)
from agents.reading import Reader, client_of
from agents.texts.confirmation import asking
from agents.texts.reminder import reminder_text
from agents.wording import desk_day, hour
from approvals.models import ApprovalItem
from approvals.proposals import Proposal, Reason
from integrations.events import AppointmentSoon, Event, TomorrowReady
from integrations.models import Appointment, Client

DAY_BEFORE = Offset("reminder-24h", 24)
LEAD = timedelta(hours=24)
# Told within this time of the visit, a client needs no second message about it.
TOLD_LATELY = timedelta(hours=30)
TOO_LATE = timedelta(hours=1)
IN_BATCH = "Due before the desk opens again: one of tomorrow's batch."


class ReminderSettings(BaseSettings):
    """What an admin can set."""

    skip_confirmed: bool = Field(
        default=True,
        title="Leave out clients who confirmed",
        description="No reminder when the visit is confirmed or the client answered yes.",
    )
    name_form: bool = Field(
        default=True, title="Mention an unfinished form", description="With its link."
    )


@register
class Reminder(Agent):
    name = "reminder"
    label = "Reminder"
    about = "Reminds of a visit a day before, unless the client has confirmed already."
    listens_to = (AppointmentSoon, TomorrowReady, AppointmentDue)
    offsets = (DAY_BEFORE,)
    reads = (*CLIENT_FIELDS, "birthday", "postal_code")
    group = "reminders"
    Settings = ReminderSettings
    variables = ("salon", "client", "visits", "asks", "form", "call", "tone", "language", "channel")
    example = REMINDER_EXAMPLE

    def spread(self, event: Event, as_of: datetime) -> list[Event]:
        if not isinstance(event, TomorrowReady):
            return []
        until = datetime.fromisoformat(event.until) + LEAD
        rows = self._between(event.location_id or 0, event.at + LEAD, until)
        batch = f"tomorrow:{event.location_id}:{event.day}"
        return [_due(row, event, batch) for row in _one_per_contact_and_day(rows)]

    def upcoming(self, location_id: int, as_of: datetime) -> list[Event]:
        rows = self._between(location_id, as_of + TOO_LATE, as_of + LEAD)
        return [
            AppointmentSoon(
                key=f"switched-on:{row.external_id}:{row.starts_at.isoformat()}:{DAY_BEFORE.name}",
                connection_id=str(row.connection_id),
                at=as_of,
                location_id=location_id,
                client_id=row.client_id,
                appointment_id=row.pk,
                offset=DAY_BEFORE.name,
            )
            for row in _one_per_contact_and_day(rows)
        ]

    def opening(self, event: Event, as_of: datetime) -> Opening | Skip:
        found = self._appointment(event, as_of)
        if isinstance(found, Skip):
            return found
        reader = Reader(type(self), as_of)
        household = reader.household(client_of(found))
        if self.settings.skip_confirmed and found.status == Appointment.Status.CONFIRMED:
            return Skip("The client already confirmed.")
        occasion = _occasion(found)
        if self._already(reader, household, found, occasion):
            return Skip("The reminder for this visit is written already.")
        return Opening(
            subject=reader.subject(household),
            occasion=occasion,
            title=desk_title("Remind of", found, as_of, found.location.zone),
            due_at=found.starts_at,
            tag=_tag(found.starts_at, as_of, found.location.zone),
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
        if reader.platform_wrote(household, appointment.starts_at - TOLD_LATELY):
            return Skip("The platform has already written to the client.")
        rows = self._unconfirmed(appointment, household, reader)
        if not rows:
            return Skip("The client already confirmed.")
        if self._told_lately(rows, household, appointment):
            return Skip("The client was told about this visit within the last day.")
        contact = self._contact(event, rows, appointment, as_of)
        if isinstance(contact, Skip):
            return contact
        return self._context(event, appointment, rows, contact, reader)

    def template(self, context: Context) -> Text:
        return reminder_text(context)

    def retuned(self, context: Context) -> Context:
        return context if self.settings.name_form else context.model_copy(update={"forms": []})

    def wants_model(self, context: Context) -> bool:
        # The standard reminder says all there is to say; a model adds something only for a form or
        # several visits.
        return len(context.appointments) > 1 or bool(context.forms)

    def words(self, context: Context) -> dict[str, str]:
        return {
            **shared_words(context, self.settings.tone),
            "visits": visits_words(context),
            "asks": asking(context),
            "form": forms_words(context),
        }

    def propose(self, context: Context, drafted: Drafted) -> list[Proposal]:
        first, zone = context.first, context.salon.zone
        reasons = [Reason("The visit is in a day and not confirmed yet.", "appointment")]
        if context.batch:
            reasons.append(Reason(IN_BATCH, "clock"))
        if len(context.appointments) > 1:
            said = f"One message for {len(context.appointments)} appointments."
            reasons.append(Reason(said, "appointments"))
        return [
            message_proposal(
                self,
                context,
                drafted,
                Shown(
                    title=desk_title("Remind of", first, context.as_of, zone),
                    origin=visit_origin("Reminder", first.starts_at, context.as_of, zone),
                    tag=_tag(first.starts_at, context.as_of, zone),
                    moment="the visit starts",
                    reasons=[*reasons, *channel_reasons(context)],
                    evidence=form_evidence(context),
                    status_in=("booked",),
                ),
            )
        ]

    def _between(self, location_id: int, since: datetime, until: datetime) -> list[Appointment]:
        rows = Appointment.objects.select_related("client", "location")
        return list(
            rows.filter(
                location_id=location_id,
                status=Appointment.Status.BOOKED,
                starts_at__gte=since,
                starts_at__lt=until,
                deleted_at=None,
                client__isnull=False,
            ).order_by("starts_at", "pk")
        )

    def _appointment(self, event: Event, as_of: datetime) -> Appointment | Skip:
        appointment = Reader(type(self), as_of).row_of(event)
        if isinstance(appointment, Skip):
            return appointment
        if not appointment.is_upcoming:
            return Skip("It is no longer booked.")
        if appointment.starts_at <= as_of + TOO_LATE:
            return Skip("It is too late for a reminder.", missed=True)
        return appointment

    def _already(
        self, reader: Reader, household: Sequence[Client], appointment: Appointment, occasion: str
    ) -> bool:
        """Whether a draft of that day speaks of this visit at this very time."""
        items = reader.items(household, appointment.location).filter(occasion=occasion)
        start = appointment.starts_at.isoformat()
        told = items.exclude(state__in=REPLACEABLE).values_list("covers", flat=True)
        return any([appointment.pk, start] in covers for covers in told)

    def _unconfirmed(
        self, appointment: Appointment, household: list[Client], reader: Reader
    ) -> list[Appointment]:
        """The contact's visits of that day which nobody confirmed yet."""
        zone = appointment.location.zone
        day = appointment.starts_at.astimezone(zone).date()
        same_day = [
            row
            for row in reader.upcoming(household, appointment.location, also=[appointment.pk])
            if row.starts_at.astimezone(zone).date() == day
        ]
        if not self.settings.skip_confirmed:
            return same_day
        agreed = self._agreed(household, appointment, reader)
        return [
            row
            for row in same_day
            if row.status != Appointment.Status.CONFIRMED and (row.pk, row.starts_at) not in agreed
        ]

    def _agreed(
        self, household: list[Client], appointment: Appointment, reader: Reader
    ) -> set[tuple[int, datetime]]:
        """Visits of a message we sent that the client answered with a yes."""
        sent = ApprovalItem.objects.filter(
            client__in=household, location=appointment.location, state=ApprovalItem.State.SENT
        )
        agreed = set()
        for item in sent:
            if item.closed_at and item.covers and reader.answered_yes(household, item.closed_at):
                agreed |= {(int(pk), datetime.fromisoformat(start)) for pk, start in item.covers}
        return agreed

    def _told_lately(
        self, rows: list[Appointment], household: list[Client], appointment: Appointment
    ) -> bool:
        """Whether a message about these very times went out, or waits, since about a day."""
        wanted = {(row.pk, row.starts_at.isoformat()) for row in rows}
        since = appointment.starts_at - TOLD_LATELY
        items = ApprovalItem.objects.filter(
            client__in=household,
            location=appointment.location,
            agent="confirmation",
            created_at__gte=since,
        ).exclude(state__in=[*REPLACEABLE, ApprovalItem.State.WITHDRAWN])
        told = {(int(pk), start) for item in items for pk, start in item.covers}
        return wanted <= told

    def _contact(
        self, event: Event, rows: list[Appointment], appointment: Appointment, as_of: datetime
    ) -> Contact | Skip:
        members = list({row.client_id: row.client for row in rows if row.client}.values())
        due = datetime.fromisoformat(event.send_at) if isinstance(event, AppointmentDue) else None
        return contact_for(
            candidates=members,
            location=appointment.location,
            purpose=self.purpose,
            as_of=as_of,
            send_at=due,
        )

    def _context(
        self,
        event: Event,
        appointment: Appointment,
        rows: list[Appointment],
        contact: Contact,
        reader: Reader,
    ) -> Context | Skip:
        clients = {row.client_id: row.client for row in rows if row.client}
        writes_to = clients[contact.client_id]
        if contact.send_at and contact.send_at >= rows[0].starts_at - TOO_LATE:
            return Skip("Quiet hours end too late for a reminder.", missed=True)
        forms = reader.open_forms(list(clients.values())) if self.settings.name_form else []
        return Context(
            as_of=reader.as_of,
            event_at=event.at,
            kind="reminder",
            subject=reader.subject(reader.household(writes_to)),
            occasion=_occasion(appointment),
            salon=reader.salon(appointment.location, appointment.connection),
            contact=contact.model_copy(update={"written_before": reader.written_before(writes_to)}),
            people=reader.people(clients.values()),
            appointments=[reader.facts_of(row) for row in rows],
            forms=[] if contact.plain else forms,
            due_at=rows[0].starts_at,
            digit=reader.digit(rows),
            batch=event.batch if isinstance(event, AppointmentDue) else "",
        )


def _occasion(appointment: Appointment) -> str:
    """One reminder per contact and day of the visit."""
    return (
        f"reminder:{appointment.starts_at.astimezone(appointment.location.zone).date().isoformat()}"
    )


def _tag(starts_at: datetime, as_of: datetime, zone: ZoneInfo) -> str:
    return f"{desk_day(starts_at, as_of, zone)} {hour(starts_at, zone)}"


def _one_per_contact_and_day(rows: Sequence[Appointment]) -> list[Appointment]:
    """The first appointment of each phone and day stands for the others."""
    first: dict[tuple[object, object], Appointment] = {}
    for row in rows:
        day = row.starts_at.astimezone(row.location.zone).date()
        first.setdefault((client_of(row).phone or row.client_id, day), row)
    return list(first.values())


def _due(row: Appointment, event: TomorrowReady, batch: str) -> AppointmentDue:
    return AppointmentDue(
        key=f"{batch}:{row.external_id}:{row.starts_at.isoformat()}",
        connection_id=event.connection_id,
        at=event.at,
        location_id=event.location_id,
        client_id=row.client_id,
        appointment_id=row.pk,
        offset=DAY_BEFORE.name,
        batch=batch,
        send_at=(row.starts_at - LEAD).isoformat(),
    )
