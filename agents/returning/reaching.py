"""What the agents that write first have in common: who may be written to, the draw of those left
alone, and the contact's share of a batch."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet

from agents.base import Agent, Opening, Skip
from agents.contact import contact_for
from agents.context import Contact, Context, Past, Risk
from agents.messages import Shown, channel_reasons, message_proposal
from agents.models import ClientOutlook, Outreach
from agents.reading import Reader
from agents.texts.common import first_word
from approvals.proposals import EvidenceItem, Proposal, Reason
from integrations.events import Event
from integrations.models import Appointment, Client, Consent, Location

Status = Appointment.Status
CAME = (Status.COMPLETED, Status.CHECKED_IN)
# A draft of the evening may be decided until the salon closes three days later.
USEFUL_FOR = timedelta(days=3)
SEND_HOUR = 11
BOOKED_AHEAD = "They have booked already."
NEVER_CAME = "There is no visit on record."


@dataclass(frozen=True, kw_only=True)
class ClientDue(Event):
    """One client's share of a batch: ``kind`` of occasion, and ``occasion`` that names it once."""

    kind: str
    occasion: str
    batch: str = ""
    years: int = 0


def last_visit(client: Client, as_of: datetime) -> Appointment | None:
    rows = Appointment.objects.select_related(
        "client", "location", "connection", "service", "staff"
    )
    rows = rows.filter(client=client, status__in=CAME, starts_at__lte=as_of, deleted_at=None)
    return rows.order_by("-starts_at", "-pk").first()


def booked_ahead(client_id: int, as_of: datetime) -> bool:
    return Appointment.objects.filter(
        client=client_id, status__in=Appointment.UPCOMING, starts_at__gt=as_of, deleted_at=None
    ).exists()


def reachable(
    location_id: int, purpose: str, as_of: datetime, *, also_booked: bool = False
) -> QuerySet[ClientOutlook]:
    """Outlooks of a location's clients who may be written to and have nothing booked (or whether or
    not: ``also_booked``)."""
    ahead = Appointment.objects.filter(
        client=OuterRef("client"),
        status__in=Appointment.UPCOMING,
        starts_at__gt=as_of,
        deleted_at=None,
    )
    says_yes = Consent.objects.filter(client=OuterRef("client"), purpose=purpose, granted=True)
    rows = ClientOutlook.objects.filter(
        Exists(says_yes),
        location_id=location_id,
        client__deleted_at=None,
        client__merged_into=None,
        client__no_drafts=False,
        visits__gt=0,
    ).select_related("client")
    return rows if also_booked else rows.filter(~Exists(ahead))


def left_alone(agent: str, client_id: int, key: str, percent: int) -> bool:
    """Drawn by chance, the same each time it is asked: by agent, client and occasion, so that
    somebody who was left alone once may be asked the next time."""
    said = f"{agent}:{client_id}:{key}".encode()
    return int(hashlib.sha256(said).hexdigest(), 16) % 100 < percent


def outreach_draw(
    *,
    outlook: ClientOutlook,
    agent: str,
    key: str,
    percent: int,
    at: datetime,
    batch: str = "",
    watched: timedelta = timedelta(days=56),
) -> Outreach:
    """The row of this occasion, drawn once; asked for again it is the same row."""
    row, _ = Outreach.objects.get_or_create(
        agent=agent,
        client_id=outlook.client_id,
        key=key,
        defaults={
            "location_id": outlook.location_id,
            "batch": batch,
            "held_out": left_alone(agent, outlook.client_id, key, percent),
            "drawn_at": at,
            "watched_until": at + watched,
            "chance": outlook.chance,
            "worth": outlook.worth,
        },
    )
    return row


def due_event(event: Event, outlook: ClientOutlook, **fields: Any) -> ClientDue:
    """The event of one client's draft; its key holds the occasion, so it comes once."""
    return ClientDue(
        key=f"{fields['kind']}:{outlook.client_id}:{fields['occasion']}",
        connection_id=event.connection_id,
        at=event.at,
        location_id=event.location_id,
        client_id=outlook.client_id,
        **fields,
    )


class Reaching(Agent):
    """Base of the agents that write first. A subclass names purpose and texts and calls these."""

    reads = (
        "first_name", "last_name", "phone", "email", "locale", "timezone", "preferences",
        "birthday", "postal_code",
    )  # fmt: skip
    purpose = "marketing"
    group = "messages"
    variables = ("salon", "client", "service", "staff", "why", "offer", "link", "call", "tone",
                 "language", "channel")  # fmt: skip
    meanings = {
        "why": "Why they are written to: the occasion in a few words.",
        "offer": "Money off from the salon's own table of offers, or nothing.",
        "link": "The address to book or to review at, or nothing.",
    }

    def client_of_event(self, event: Event) -> Client | Skip:
        row = Client.objects.select_related("connection").filter(pk=event.client_id or 0).first()
        if row is None or row.deleted_at is not None or row.merged_into_id is not None:
            return Skip("The client was removed or merged at the platform.")
        return row

    def opened(self, client: Client, visit: Appointment, event: Event, title: str) -> Opening:
        return Opening(
            subject=f"client:{client.pk}",
            occasion=self.occasion_of(event),
            title=title,
            due_at=event.at + USEFUL_FOR,
            tag=self.label.lower(),
            client_id=client.pk,
            appointment_id=visit.pk,
            staff_id=visit.staff_id,
        )

    def occasion_of(self, event: Event) -> str:
        return str(getattr(event, "occasion", ""))

    def contact(
        self, client: Client, location: Location, as_of: datetime, send_at: datetime
    ) -> Contact | Skip:
        return contact_for(
            candidates=[client],
            location=location,
            purpose=self.purpose,
            as_of=as_of,
            send_at=max(send_at, as_of),
        )

    def context_of(
        self,
        event: Event,
        visit: Appointment,
        contact: Contact,
        reader: Reader,
        *,
        kind: str,
        reasons: Iterable[str],
        offer: str = "",
        visits: int = 0,
        batch: str = "",
        due_at: datetime | None = None,
    ) -> Context:
        client: Any = visit.client
        return Context(
            as_of=reader.as_of,
            event_at=event.at,
            kind=kind,
            subject=f"client:{client.pk}",
            occasion=self.occasion_of(event),
            salon=reader.salon(visit.location, visit.connection),
            contact=contact.model_copy(update={"written_before": reader.written_before(client)}),
            people=reader.people([client]),
            appointments=[reader.facts_of(visit)],
            past=Past(visits=visits),
            risk=Risk(reasons=list(reasons)),
            remembered=offer,
            due_at=due_at or event.at + USEFUL_FOR,
            batch=batch,
        )

    def words(self, context: Context) -> dict[str, str]:
        visit = context.first
        return {
            "salon": context.salon.name,
            "client": context.addressee.first_name or "not known",
            "service": visit.service or "the visit",
            "staff": first_word(visit.staff) or "not known",
            "why": self.why(context),
            "offer": context.remembered or "nothing",
            "link": self.link(context) or "nothing",
            "call": context.salon.phone or "not known",
            "tone": self.settings.tone,
            "language": {"en": "English", "es": "Spanish"}[context.contact.language],
            "channel": {"sms": "text message", "email": "e-mail"}[context.contact.channel],
        }

    def why(self, context: Context) -> str:
        raise NotImplementedError

    def link(self, context: Context) -> str:
        return context.salon.booking_url

    def proposed(
        self, context: Context, drafted: Any, *, title: str, tag: str, stops_on_booking: bool
    ) -> list[Proposal]:
        evidence = [_nothing_booked(context)] if stops_on_booking else []
        shown = Shown(
            title=title,
            origin=self.label,
            tag=tag,
            moment="it would come too late",
            reasons=[
                *(Reason(words, "client's record") for words in context.risk.reasons),
                *channel_reasons(context),
            ],
            evidence=evidence,
            status_in=CAME,
        )
        return [message_proposal(self, context, drafted, shown)]


def _nothing_booked(context: Context) -> EvidenceItem:
    return EvidenceItem(
        label="Booked ahead",
        value="Nothing",
        source_kind="client",
        source_id=context.contact.client_external_id,
        source_label="calendar",
        read_at=context.as_of,
        check_kind="nothing_booked",
        check_params={"client": context.contact.client_id},
    )


def at_hour(day_of: datetime, location: Location, days: int, hour: int = SEND_HOUR) -> datetime:
    """So many local days later at a full hour by the salon's clock."""
    day = day_of.astimezone(location.zone).date() + timedelta(days=days)
    return datetime.combine(day, time(hour), location.zone)


def slipping_first(rows: QuerySet[ClientOutlook]) -> QuerySet[ClientOutlook]:
    """Who loses the salon most comes first."""
    return rows.filter(slipping=True).order_by(F("at_risk").desc(), "pk")
