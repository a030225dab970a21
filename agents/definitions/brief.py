"""Brief: what the therapist should know, the day before, for a person to read and approve.

Written by rules from the record: no model reads notes or health. It goes to the client's
``ai_prep_summary`` at the platform, or is entered by hand where a platform takes no such field;
the therapist reads it on their own page (copilot/visits).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import Field

from agents.base import Agent, Drafted, Offset, Opening, Skip, Text, register
from agents.context import Contact, Context
from agents.known import Known, known_of
from agents.messages import visit_evidence
from agents.pieces import desk_title, visit_origin
from agents.reading import Reader, client_of
from approvals.actions import UpdateClient
from approvals.hygiene import clean_text
from approvals.proposals import Proposal, Reason
from integrations.events import AppointmentSoon, Event
from integrations.models import Appointment

DAY_BEFORE = Offset("brief-24h", 24)
FIELD = "ai_prep_summary"
LONGEST = 1200


class BriefContext(Context):
    """The brief as it was put together; ``touching`` says why a person should look twice."""

    lines: tuple[str, ...] = Field(default_factory=tuple)
    touching: tuple[str, ...] = Field(default_factory=tuple)


@register
class Brief(Agent):
    name = "brief"
    label = "Brief"
    about = "Writes down for the therapist, the day before, what matters for a visit."
    listens_to = (AppointmentSoon,)
    offsets = (DAY_BEFORE,)
    one_message = False
    reads = ("first_name", "last_name", "notes", "preferences")
    group = "changes"
    right = "review_changes"
    example = {}

    def opening(self, event: Event, as_of: datetime) -> Opening | Skip:
        found = self._appointment(event, as_of)
        if isinstance(found, Skip):
            return found
        return Opening(
            subject=f"visit:{found.pk}",
            occasion=occasion(found),
            title=desk_title("Brief for", found, as_of, found.location.zone),
            due_at=found.starts_at,
            tag="brief",
            client_id=found.client_id,
            appointment_id=found.pk,
            staff_id=found.staff_id,
        )

    def gather(self, event: Event, as_of: datetime) -> Context | Skip:
        visit = self._appointment(event, as_of)
        if isinstance(visit, Skip):
            return visit
        known = known_of(visit, as_of)
        lines = lines_of(known, visit)
        if not lines:
            return Skip("Nothing is known that a therapist would want to read.")
        reader, client = Reader(type(self), as_of), client_of(visit)
        return BriefContext(
            as_of=as_of,
            event_at=event.at,
            kind="brief",
            subject=f"visit:{visit.pk}",
            occasion=occasion(visit),
            salon=reader.salon(visit.location, visit.connection),
            # Nothing is written to the client: whom it is about is all that is said here.
            contact=Contact(
                client_id=client.pk,
                client_external_id=client.external_id,
                channel="sms",
                address="",
            ),
            people=[reader.person(client)],
            appointments=[reader.facts_of(visit)],
            due_at=visit.starts_at,
            lines=tuple(lines),
            touching=tuple(one.text for one in known.touching),
        )

    def draft(self, context: Context) -> Drafted:
        lines = getattr(context, "lines", ())
        return Drafted(text=Text(clean_text("\n".join(lines))[:LONGEST]))

    def reread(self, kept: Mapping[str, Any]) -> Context:
        return BriefContext.model_validate(kept)

    def propose(self, context: Context, drafted: Drafted) -> list[Proposal]:
        first, zone = context.first, context.salon.zone
        touching = getattr(context, "touching", ())
        reasons = [Reason("Put together from the record by rules; no model read it.", "record")]
        if touching:
            reasons.insert(0, Reason(f"Please look: “{touching[0]}”", "health, for a person"))
        action = UpdateClient(
            client=context.contact.client_external_id,
            fields={"custom_fields": {FIELD: drafted.text.body}},
        )
        return [
            Proposal(
                subject=context.subject,
                occasion=context.occasion,
                title=desk_title("Brief for", first, context.as_of, zone),
                origin=visit_origin("Brief", first.starts_at, context.as_of, zone),
                tag="health note" if touching else "brief",
                group=self.group,
                right=self.right,
                actions=(action,),
                evidence=tuple(visit_evidence(context, ("booked", "confirmed"))),
                reasons=tuple(reasons),
                known_facts=(),
                writer=drafted.writer,
                due_at=context.due_at,
                moment="the visit starts",
                client_id=context.contact.client_id,
                appointment_id=first.id,
                staff_id=first.staff_id,
                covers=((first.id, first.starts_at.isoformat()),),
            )
        ]

    def _appointment(self, event: Event, as_of: datetime) -> Appointment | Skip:
        found = Reader(type(self), as_of).row_of(event)
        if isinstance(found, Skip):
            return found
        if not found.is_upcoming:
            return Skip("It is no longer booked.")
        if found.starts_at <= as_of:
            return Skip("The visit has begun.", missed=True)
        return found


def occasion(visit: Appointment) -> str:
    return f"brief:{visit.starts_at.isoformat()}"


def lines_of(known: Known, visit: Appointment) -> list[str]:
    """What matters first: health that touches the service, what went wrong, then the rest."""
    lines = [f"Health ({one.source}): {one.text}" for one in known.touching]
    others = [one for one in known.health if one not in known.touching]
    lines += [f"Also noted ({one.source}): {one.text}" for one in others]
    lines += known.problems
    lines += [f"Prefers {name}: {value}" for name, value in known.wishes]
    lines += known.goals
    zone = visit.location.zone
    lines += [
        f"{one.starts_at.astimezone(zone):%b %d, %Y}: {one.service_name}"
        + (f" with {one.staff_name}" if one.staff_name else "")
        for one in known.visits
    ]
    return [*lines, *(f"Form missing: {name}" for name in known.forms)]
