"""Aftercare: the morning after a service, what the salon itself says about looking after it.

It goes out the next morning. When the desk will not be open by then, it is drafted in the batch
of the evening before (Tomorrow is ready); otherwise that morning, when the desk opens.
"""

import re
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from pydantic import Field

from agents.base import Agent, BaseSettings, Drafted, Opening, Skip, Text, register
from agents.contact import contact_for
from agents.context import Contact, Context
from agents.messages import Shown, channel_reasons, message_proposal
from agents.pieces import AFTERCARE_EXAMPLE, CLIENT_FIELDS, shared_words, visit_origin
from agents.reading import UNSETTLED, Reader, client_of
from agents.remembered import suspicious
from agents.texts.aftercare import aftercare_text, care_excerpt
from agents.texts.common import first_word
from agents.wording import desk_day
from approvals.proposals import EvidenceItem, Proposal, Reason
from integrations import hours
from integrations.clock_events import ready_moment
from integrations.events import Event, ServiceCompleted
from integrations.models import Appointment, Location

# Advice that only a doctor or a pharmacist may give. The salon's own text may say such things;
# a model may not add them.
MEDICAL = re.compile(
    r"\b(?:ibuprofen|paracetamol|acetaminophen|aspirin|antibiotic|antihistamine|hydrocortisone|"
    r"cortisone|medication|medicine|dose|dosage|diagnos\w+|prescri\w+|infection|doctor|"
    r"ibuprofeno|aspirina|antibi[oó]tico|medicamento|dosis|receta|m[eé]dico)\b",
    re.IGNORECASE,
)
DONE = (Appointment.Status.COMPLETED,)
LAST_HOUR = time(20, 0)
IN_BATCH = "Due before the desk opens again: one of tomorrow's batch."


class AftercareSettings(BaseSettings):
    """What an admin can set."""

    send_hour: int = Field(
        default=9, ge=7, le=19, title="Hour of sending",
        description="The next day, by the salon's clock. Quiet hours still hold.",
    )  # fmt: skip
    only_with_text: bool = Field(
        default=True,
        title="Only for services with an aftercare text",
        description="Off: other services get a short thank-you.",
    )


@register
class Aftercare(Agent):
    name = "aftercare"
    label = "Aftercare"
    about = "Thanks after a visit with the care advice that the salon wrote for that service."
    listens_to = (ServiceCompleted,)
    reads = (*CLIENT_FIELDS, "birthday", "postal_code")
    purpose = "care"
    group = "aftercare"
    Settings = AftercareSettings
    variables = ("salon", "client", "service", "staff", "aftercare", "notes", "call", "tone",
                 "language", "channel")  # fmt: skip
    example = AFTERCARE_EXAMPLE

    def opening(self, event: Event, as_of: datetime) -> Opening | Skip:
        found = self._visit(event, as_of)
        if isinstance(found, Skip):
            return found
        wanted = self._send_at(found)
        return Opening(
            subject=_subject(found),
            occasion=_occasion(found),
            title=f"Aftercare for {found.service_name or 'the visit'}",
            due_at=_due_at(wanted, found.location.zone),
            tag="tomorrow",
            client_id=found.client_id,
            appointment_id=found.pk,
            staff_id=found.staff_id,
            not_before=later(draft_at(found.location, wanted, as_of), as_of),
        )

    def gather(self, event: Event, as_of: datetime) -> Context | Skip:
        visit = self._visit(event, as_of)
        if isinstance(visit, Skip):
            return visit
        reader = Reader(type(self), as_of)
        rows = self._same_visit(visit, as_of)
        first = min(rows, key=lambda row: (row.starts_at, row.pk))
        items = reader.items([client_of(visit)], visit.location).filter(occasion=_occasion(visit))
        if items.exclude(state__in=UNSETTLED).exists():
            return Skip("The aftercare for this visit was decided already.")
        wanted = self._send_at(first)
        contact = contact_for(
            candidates=[client_of(visit)],
            location=visit.location,
            purpose=self.purpose,
            as_of=as_of,
            send_at=max(wanted, as_of),
        )
        if isinstance(contact, Skip):
            return contact
        return self._context(event, rows, contact, reader, wanted)

    def template(self, context: Context) -> Text:
        return aftercare_text(context)

    def wants_model(self, context: Context) -> bool:
        return bool(context.first.aftercare)

    def words(self, context: Context) -> dict[str, str]:
        visit = context.first
        return {
            **shared_words(context, self.settings.tone),
            "service": visit.service or "the visit",
            "staff": first_word(visit.staff) or "not known",
            "aftercare": visit.aftercare or "nothing",
            "notes": visit.notes or "nothing",
        }

    def problem(self, context: Context, text: Text) -> str:
        grounded = context.first.aftercare.casefold()
        for found in MEDICAL.finditer(text.body):
            if found.group(0).casefold() not in grounded:
                return "the model gave medical advice that is not in the salon's own text"
        return ""

    def propose(self, context: Context, drafted: Drafted) -> list[Proposal]:
        visit, zone = context.first, context.salon.zone
        reasons = [
            Reason(f"{visit.service or 'The visit'} was completed.", "appointment"),
            Reason("Taken from the salon's own aftercare text.", "service")
            if visit.aftercare
            else Reason(
                "No aftercare text is stored for this service: a short thank-you.", "service"
            ),
        ]
        if context.batch:
            reasons.append(Reason(IN_BATCH, "clock"))
        at = context.contact.send_at
        return [
            message_proposal(
                self,
                context,
                drafted,
                Shown(
                    title=f"Aftercare for {visit.service or 'the visit'}",
                    origin=visit_origin("Aftercare", visit.starts_at, context.as_of, zone),
                    tag=_send_tag(at, context.as_of, zone),
                    moment="the day after the visit ends",
                    reasons=[*reasons, *channel_reasons(context)],
                    evidence=_care_evidence(context),
                    status_in=("completed",),
                ),
            )
        ]

    def _visit(self, event: Event, as_of: datetime) -> Appointment | Skip:
        visit = Reader(type(self), as_of).row_of(event)
        if isinstance(visit, Skip):
            return visit
        if visit.status not in DONE or visit.deleted_at is not None:
            return Skip("The visit is not completed.")
        if self.settings.only_with_text and not (visit.service and visit.service.aftercare):
            return Skip("No aftercare text is stored for this service.")
        if _due_at(self._send_at(visit), visit.location.zone) <= as_of:
            return Skip("The day after the visit is over.", missed=True)
        return visit

    def _send_at(self, visit: Appointment) -> datetime:
        zone = visit.location.zone
        ended = (visit.ends_at or visit.starts_at).astimezone(zone)
        next_day = ended.date() + timedelta(days=1)
        return datetime.combine(next_day, time(self.settings.send_hour), zone)

    def _same_visit(self, visit: Appointment, as_of: datetime) -> list[Appointment]:
        """The services of one visit: one message for all that are completed."""
        if not visit.visit_id:
            return [visit]
        rows = Appointment.objects.select_related("client", "location", "service", "staff")
        return list(
            rows.filter(
                connection_id=visit.connection_id,
                visit_id=visit.visit_id,
                client=client_of(visit),
                status__in=DONE,
                starts_at__lte=as_of,
                deleted_at=None,
            )
        ) or [visit]

    def _context(
        self,
        event: Event,
        rows: list[Appointment],
        contact: Contact,
        reader: Reader,
        wanted: datetime,
    ) -> Context:
        main = _main_service(rows)
        client = client_of(main)
        location, zone = main.location, main.location.zone
        in_batch = next_morning_is_closed(location, wanted, reader.as_of)
        day = reader.as_of.astimezone(zone).date()
        return Context(
            as_of=reader.as_of,
            event_at=event.at,
            kind="aftercare",
            subject=_subject(main),
            occasion=_occasion(main),
            salon=reader.salon(location, main.connection),
            contact=contact.model_copy(update={"written_before": reader.written_before(client)}),
            people=reader.people([client]),
            appointments=[reader.facts_of(main, with_notes=True)],
            due_at=_due_at(wanted, zone),
            batch=f"tomorrow:{location.pk}:{day.isoformat()}" if in_batch else "",
            tainted=suspicious(main.notes),
        )


def draft_at(location: Location, wanted: datetime, now: datetime) -> datetime:
    """When to draft what goes out at ``wanted``: the last opening that leaves time to decide."""
    if _midnight(wanted) <= now:
        return now
    if not next_morning_is_closed(location, wanted, now):
        return hours.next_opening(location, _midnight(wanted))
    today = hours.local_day(location, now)
    return ready_moment(location, today) if hours.openings(location, today) else now


def next_morning_is_closed(location: Location, wanted: datetime, now: datetime) -> bool:
    """Whether the desk does not open between the coming night and ``wanted``."""
    if _midnight(wanted) <= now:
        # Already that morning: whoever is there now decides.
        return False
    return hours.next_opening(location, _midnight(wanted)) >= wanted


def later(at: datetime, now: datetime) -> datetime | None:
    return at if at > now else None


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def _main_service(rows: list[Appointment]) -> Appointment:
    """Of several services the one that needs most looking after: the longest text."""
    return max(rows, key=lambda row: (len(row.service.aftercare) if row.service else 0, -row.pk))


def _subject(visit: Appointment) -> str:
    return f"visit:{visit.visit_id}" if visit.visit_id else f"appointment:{visit.pk}"


def _occasion(visit: Appointment) -> str:
    return f"aftercare:{visit.starts_at.astimezone(visit.location.zone).date().isoformat()}"


def _due_at(wanted: datetime, zone: ZoneInfo) -> datetime:
    """The evening of the day after: later the advice comes too late."""
    return datetime.combine(wanted.astimezone(zone).date(), LAST_HOUR, zone)


def _send_tag(at: datetime | None, as_of: datetime, zone: ZoneInfo) -> str:
    if at is None:
        return "today"
    local = at.astimezone(zone)
    half = "am" if local.hour < 12 else "pm"
    return f"{desk_day(at, as_of, zone)} {local.hour % 12 or 12} {half}"


def _care_evidence(context: Context) -> list[EvidenceItem]:
    visit = context.first
    if not visit.aftercare:
        return []
    return [
        EvidenceItem(
            label="Aftercare text",
            value=care_excerpt(visit.aftercare, 400),
            source_kind="service",
            source_id=visit.external_id,
            source_label=visit.service,
            read_at=context.as_of,
        )
    ]
