"""Drafts made of answers: opened, filled, and approved at once under a standing decision."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from approvals.actions import Action, SendMessage
from approvals.answers.fixed import AGENT
from approvals.answers.texts import Voice
from approvals.hygiene import clean_text, made_visible
from approvals.ladders import words
from approvals.models import ApprovalItem
from approvals.proposals import EvidenceItem, KnownFact, Proposal, Reason
from approvals.services.items import item_fill, item_open
from approvals.services.standing import approve_if_granted
from approvals.writing_rules import ANSWER, USEFUL_FOR
from core import clock
from core.audit import Actor
from integrations.models import Appointment, Client, Location, Message

ACTOR = Actor.agent(AGENT)
SHOWN = 300


@dataclass(frozen=True)
class Made:
    """What a draft made of an answer says and does. ``occasion`` tells it from the thread's others:
    a newer one of the same occasion takes its place."""

    location: Location
    client: Client
    occasion: str
    title: str
    tag: str
    actions: tuple[Action, ...]
    version: str
    reasons: tuple[str, ...] = ()
    evidence: tuple[EvidenceItem, ...] = ()
    known: tuple[KnownFact, ...] = ()
    group: str = "messages"
    right: str = "review_messages"
    language: str = "en"
    due_at: datetime | None = None
    moment: str = "it is of use"
    appointment: Appointment | None = None
    origin: str = "Answer"


def drafted(made: Made, message: Message) -> ApprovalItem | None:
    """The draft, waiting for a person (or approved under a standing decision); None when a rule
    closed it at once, for example because the client may not be written to."""
    item = item_open(
        actor=ACTOR,
        connection_id=made.location.connection_id,
        location_id=made.location.pk,
        agent=AGENT,
        subject=f"thread:{made.client.pk}",
        occasion=made.occasion,
        stage=ApprovalItem.Stage.REVIEW,
        title=made.title,
        tag=made.tag,
        group=made.group,
        right=made.right,
        due_at=_due(made),
        client_id=made.client.pk,
        appointment_id=made.appointment.pk if made.appointment else None,
        staff_id=made.appointment.staff_id if made.appointment else None,
        event_at=message.sent_at,
    )
    filled = item_fill(actor=ACTOR, item_id=item.pk, proposal=_proposal(made, message))
    if filled is not None:
        approve_if_granted(actor=ACTOR, item=filled)
    return filled


def _due(made: Made) -> datetime:
    return made.due_at or clock.now() + USEFUL_FOR


def _proposal(made: Made, message: Message) -> Proposal:
    visit = made.appointment
    return Proposal(
        subject=f"thread:{made.client.pk}",
        occasion=made.occasion,
        title=made.title,
        origin=made.origin,
        tag=made.tag,
        group=made.group,
        right=made.right,
        actions=made.actions,
        evidence=(their_words(message), *made.evidence),
        reasons=tuple(Reason(text, "conversation") for text in made.reasons),
        known_facts=made.known,
        writer="template",
        due_at=_due(made),
        moment=made.moment,
        purpose=ANSWER,
        client_id=made.client.pk,
        appointment_id=visit.pk if visit else None,
        staff_id=visit.staff_id if visit else None,
        language=made.language,
        template_version=made.version,
    )


def text_to(
    client: Client,
    location: Location,
    message: Message,
    body: str,
    subject: str = "",
    tags: tuple[str, ...] = (AGENT,),
) -> SendMessage | None:
    """An answer by the channel it came by; None where we know no address there."""
    address = client.email if message.channel == "email" else client.phone
    if not address:
        return None
    return SendMessage(
        client=client.external_id,
        location=location.external_id,
        channel=message.channel,
        address=address,
        subject=subject if message.channel == "email" else "",
        body=body,
        tags=tags,
    )


def shown_words(message: Message) -> str:
    """What the client wrote, short, with nothing invisible left in it, for the desk to read."""
    body = " ".join(made_visible(message.body).split())
    short = body if len(body) <= SHOWN else body[: SHOWN - 1] + "…"
    return short or ("a picture or file" if message.details.get("media") else "nothing")


def their_words(message: Message) -> EvidenceItem:
    return _fact("They wrote", clean_text(shown_words(message)), "message", message.external_id)


def nobody_answered(client: Client) -> EvidenceItem:
    """Steps back when somebody of the salon writes to them by other means."""
    since = clock.now().isoformat()
    value = "Nobody wrote to the client meanwhile"
    params = {"client": client.pk, "since": since}
    return _fact("Written by hand", value, "client", client.external_id, "no_staff_reply", params)


def nothing_newer(client: Client) -> EvidenceItem:
    """Steps back when the client writes again: they may have changed their mind."""
    params = {"client": client.pk, "since": clock.now().isoformat()}
    return _fact(
        "From the client", "Nothing new", "client", client.external_id, "no_newer_message", params
    )


def visit_as_was(visit: Appointment, status_in: Sequence[str]) -> EvidenceItem:
    params = {
        "appointment": visit.pk,
        "starts_at": visit.starts_at.isoformat(),
        "staff": visit.staff_id,
        "service": visit.service_name,
        "status_in": list(status_in),
    }
    value = f"{words.moment(visit.starts_at, visit.location.zone)}: {what_of(visit)}"
    check = "appointment_as_was"
    return _fact("Appointment", value, "appointment", visit.external_id, check, params)


def _fact(
    label: str,
    value: str,
    kind: str,
    source_id: str,
    check: str = "",
    params: dict[str, Any] | None = None,
) -> EvidenceItem:
    return EvidenceItem(label, value, kind, source_id, kind, clock.now(), check, params or {})


def what_of(visit: Appointment) -> str:
    name = visit.service_name or (visit.service.name if visit.service else "") or "appointment"
    staff = visit.staff_name or (visit.staff.name if visit.staff else "")
    return f"{name} with {staff}" if staff else name


def salon_facts(voice: Voice) -> tuple[KnownFact, ...]:
    facts = [KnownFact("name", (voice.salon,), "location")]
    if voice.phone:
        facts.append(KnownFact("phone", (voice.phone,), "location"))
    return tuple(facts)


def moment_facts(visit_at: datetime, location: Location) -> tuple[KnownFact, ...]:
    """The moment of a visit or slot in both languages, as texts may state it."""
    zone = location.zone
    local = visit_at.astimezone(zone)
    days = tuple(words.day(visit_at, zone, language) for language in ("en", "es"))
    weekdays = tuple(words.WEEKDAYS[language][local.weekday()] for language in ("en", "es"))
    return (
        KnownFact("date", (local.date().isoformat(), *days), "appointment"),
        KnownFact("weekday", weekdays, "appointment"),
        KnownFact("time", (words.hour(visit_at, zone), f"{local:%H:%M}"), "appointment"),
    )


def useful_until(visit: Appointment, after: timedelta = timedelta()) -> datetime:
    return visit.starts_at + after
