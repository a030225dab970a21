"""From a context and a text to a Proposal that sends one message."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from agents.base import Agent, Drafted
from agents.context import AppointmentFacts, Context
from agents.facts import known_facts
from agents.wording import WEEKDAYS, hour
from approvals.actions import SendMessage
from approvals.proposals import EvidenceItem, Proposal, Reason

UPCOMING = ("booked", "confirmed")
MOST_VISITS_SHOWN = 6


@dataclass(frozen=True)
class Shown:
    """What the desk reads of a draft beside its text.

    ``moment`` completes "useful until ...", ``status_in`` are the statuses in which the
    appointments must still be when it goes out.
    """

    title: str
    origin: str
    tag: str
    moment: str
    reasons: Sequence[Reason]
    evidence: Sequence[EvidenceItem] = ()
    status_in: Sequence[str] = UPCOMING


def message_proposal(agent: Agent, context: Context, drafted: Drafted, shown: Shown) -> Proposal:
    """The Proposal of an agent that writes one message about some appointments of one contact."""
    contact = context.contact
    first = context.first if context.appointments else None
    evidence = (*visit_evidence(context, shown.status_in), *contact_evidence(agent, context))
    return Proposal(
        subject=context.subject,
        occasion=context.occasion,
        title=shown.title,
        origin=shown.origin,
        tag=shown.tag,
        group=agent.group,
        right=agent.right,
        actions=(_send(agent, context, drafted),),
        evidence=(*evidence, *shown.evidence),
        reasons=tuple(shown.reasons),
        known_facts=known_facts(context),
        writer=drafted.writer,
        due_at=context.due_at,
        moment=shown.moment,
        purpose=agent.purpose,
        client_id=contact.client_id,
        appointment_id=first.id if first else None,
        staff_id=first.staff_id if first else None,
        covers=tuple((one.id, one.starts_at.isoformat()) for one in context.appointments),
        language=drafted.text.language,
        send_at=contact.send_at,
        value=value_of(context),
        loss_risk=context.risk.level,
        note=drafted.note,
        tainted=context.tainted and drafted.writer == "model",
        first_message=not contact.written_before,
        batch=context.batch,
    )


def _send(agent: Agent, context: Context, drafted: Drafted) -> SendMessage:
    contact, is_email = context.contact, context.contact.channel == "email"
    return SendMessage(
        client=contact.client_external_id,
        location=context.salon.external_id,
        channel=contact.channel,
        address=contact.address,
        subject=drafted.text.subject if is_email else "",
        body=drafted.text.body,
        purpose=agent.purpose,
        tags=(agent.name,),
    )


def visit_evidence(context: Context, status_in: Sequence[str]) -> list[EvidenceItem]:
    """One fact per visit; each is read again before sending."""
    visits = sorted(context.appointments, key=lambda visit: visit.starts_at)
    return [
        EvidenceItem(
            label="Appointment",
            value=visit_value(visit, context),
            source_kind="appointment",
            source_id=visit.external_id,
            source_label=visit.service or "appointment",
            read_at=context.as_of,
            check_kind="appointment_as_was",
            check_params={
                "appointment": visit.id,
                "starts_at": visit.starts_at.isoformat(),
                "staff": visit.staff_id,
                "service": visit.service,
                "status_in": list(status_in),
            },
        )
        for visit in visits
    ]


def contact_evidence(agent: Agent, context: Context) -> list[EvidenceItem]:
    """Permission, address, and that nothing was said in the meantime."""
    contact = context.contact
    since = context.as_of.isoformat()
    client = contact.client_id
    return [
        _fact(context, "Permission", f"{contact.why}.", "consent",
              {"client": client, "channel": contact.channel, "purpose": agent.purpose}),
        _fact(context, "Address", contact.address, "address",
              {"client": client, "channel": contact.channel, "address": contact.address}),
        _fact(context, "From the client", "Nothing new",
              "no_newer_message", {"client": client, "since": since}),
        _fact(context, "Written by hand", "Nobody wrote to the client meanwhile",
              "no_staff_reply", {"client": client, "since": since}),
        _fact(context, "Sent by the platform", "Nothing meanwhile",
              "not_yet_sent", {"client": client, "since": since}),
    ]  # fmt: skip


def _fact(
    context: Context, label: str, value: str, check: str, params: dict[str, Any]
) -> EvidenceItem:
    return EvidenceItem(
        label=label,
        value=value,
        source_kind="client",
        source_id=context.contact.client_external_id,
        source_label="client",
        read_at=context.as_of,
        check_kind=check,
        check_params=params,
    )


def form_evidence(context: Context) -> list[EvidenceItem]:
    return [
        EvidenceItem(
            label="Form",
            value=f"{form.name} is not filled in yet",
            source_kind="form",
            source_id=form.external_id,
            source_label=form.name,
            read_at=context.as_of,
            check_kind="form_still_open",
            check_params={"form": form.id},
        )
        for form in context.forms[:1]
    ]


def visit_value(visit: AppointmentFacts, context: Context) -> str:
    """``Friday, June 15 2026, 2:30 pm: Hot stone massage with Sarah Lind`` for the card."""
    local = visit.starts_at.astimezone(context.salon.zone)
    when = f"{WEEKDAYS['en'][local.weekday()]}, {local:%B} {local.day} {local.year}"
    clock = f", {hour(visit.starts_at, context.salon.zone)}" if visit.time_known else ""
    staff = f" with {visit.staff}" if visit.staff else ""
    return f"{when}{clock}: {visit.service or 'appointment'}{staff}"


def value_of(context: Context) -> Decimal | None:
    prices = [visit.price for visit in context.appointments if visit.price is not None]
    return sum(prices, Decimal(0)) if prices else None


def channel_reasons(context: Context) -> list[Reason]:
    """Why this channel, and why this hour where one was chosen."""
    contact = context.contact
    found = [Reason(f"{contact.why}.", "client")]
    if contact.hour_why:
        found.append(Reason(contact.hour_why, "messages"))
    if contact.plain:
        found.append(Reason("The client asked for plain texts without personal detail.", "client"))
    return found
