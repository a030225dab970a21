"""Feedback: one or two stars, or angry words under any stars, and the desk has a draft at once.

What the client wrote reaches no model: the standard answer thanks, regrets and asks them to call.
Every such draft asks for press and hold, because it is about a complaint.
"""

import re
from dataclasses import replace
from datetime import datetime, timedelta

from pydantic import Field

from agents.answering import COMPLAINT
from agents.base import Agent, BaseSettings, Drafted, Opening, Skip, Text, register
from agents.contact import contact_for
from agents.context import Context, Said
from agents.feedback.nightly import reads_as_low
from agents.feedback.words import sounds_angry
from agents.messages import Shown, channel_reasons, message_proposal
from agents.pieces import CLIENT_FIELDS, FEEDBACK_EXAMPLE, shared_words, visits_words
from agents.reading import Reader
from agents.texts.feedback import feedback_text
from approvals.models import ApprovalItem
from approvals.proposals import EvidenceItem, Proposal, Reason
from approvals.services.noticing import managers_tell
from approvals.writing_rules import ANSWER
from integrations.events import Event, FeedbackReceived
from integrations.models import Appointment, Client, Feedback, Location

# Later an answer is no answer any more, and somebody should have called.
USEFUL_FOR = timedelta(hours=24)
VISIT_WITHIN = timedelta(days=21)
SHOWN = 240
Status = Appointment.Status
# "No complaints", "not terrible": the word is there and the anger is not.
NOT_MEANT = re.compile(
    r"\b(?:no|not|never|nothing|without|isn't|wasn't|sin|nunca|nada|ning[uú]n\w*)\s+(?:\w+\s+){0,2}"
    r"(?:complain\w*|terrible|awful|horrible|disappoint\w*|rude|hurts?|queja\w*|molest\w*)",
    re.IGNORECASE,
)
DECIDED = (
    ApprovalItem.State.REJECTED,
    ApprovalItem.State.SENT,
    ApprovalItem.State.BY_HAND,
    ApprovalItem.State.WITHDRAWN,
)


class FeedbackSettings(BaseSettings):
    """What an admin can set."""

    low_stars: int = Field(
        default=2,
        ge=1,
        le=4,
        title="Stars that raise a card",
        description="So many stars or fewer. Angry words raise one under any number of stars.",
    )


@register
class FeedbackAnswer(Agent):
    name = "feedback"
    label = "Feedback"
    about = "Puts an unhappy review before the desk at once, with an answer that can be changed."
    listens_to = (FeedbackReceived,)
    reads = (*CLIENT_FIELDS, "birthday", "postal_code")
    group = "check"
    Settings = FeedbackSettings
    variables = ("salon", "client", "visits", "call", "tone", "language", "channel")
    example = FEEDBACK_EXAMPLE

    def opening(self, event: Event, as_of: datetime) -> Opening | Skip:
        found = self._found(event, as_of)
        if isinstance(found, Skip):
            return found
        row, client = found
        visit = _visit(row, client)
        managers_tell(location_id=event.location_id or 0, key=f"feedback:{row.pk}")
        return Opening(
            subject=_subject(row),
            occasion="unhappy",
            title=f"{_stars(row)} from {client.short_name}",
            due_at=as_of + USEFUL_FOR,
            tag=_stars(row).lower(),
            client_id=client.pk,
            appointment_id=visit.pk if visit else None,
            staff_id=visit.staff_id if visit else None,
        )

    def gather(self, event: Event, as_of: datetime) -> Context | Skip:
        found = self._found(event, as_of)
        if isinstance(found, Skip):
            return found
        row, client = found
        location = Location.objects.select_related("connection").get(pk=event.location_id or 0)
        reader = Reader(type(self), as_of)
        contact = contact_for(
            candidates=[client], location=location, purpose=self.purpose, as_of=as_of
        )
        if isinstance(contact, Skip):
            return contact
        visit = _visit(row, client)
        return Context(
            as_of=as_of,
            event_at=event.at,
            kind="feedback",
            subject=_subject(row),
            occasion="unhappy",
            salon=reader.salon(location, location.connection),
            contact=contact.model_copy(update={"written_before": reader.written_before(client)}),
            people=reader.people([client]),
            appointments=[reader.facts_of(visit)] if visit else [],
            due_at=as_of + USEFUL_FOR,
            tainted=True,
            remembered=_stars(row),
            conversation=(Said(at=row.given_at, by="client", words=row.text[:2000], told=""),),
        )

    def template(self, context: Context) -> Text:
        return feedback_text(context)

    def wants_model(self, context: Context) -> bool:
        return False

    def words(self, context: Context) -> dict[str, str]:
        return {
            **shared_words(context, self.settings.tone),
            "visits": visits_words(context) if context.appointments else "not known",
        }

    def propose(self, context: Context, drafted: Drafted) -> list[Proposal]:
        made = message_proposal(
            self,
            context,
            drafted,
            Shown(
                title=f"{context.remembered} from {context.addressee.short_name}",
                origin="Feedback",
                tag=context.remembered.lower(),
                moment="an answer is of use",
                reasons=_reasons(context),
                evidence=_evidence(context),
                status_in=tuple(status for status in Status.values if status != Status.CANCELLED),
            ),
        )
        # What the platform sends by itself meanwhile answers nothing.
        evidence = tuple(one for one in made.evidence if one.check_kind != "not_yet_sent")
        return [replace(made, evidence=evidence, purpose=ANSWER, complaint=True, loss_risk="")]

    def _found(self, event: Event, as_of: datetime) -> tuple[Feedback, Client] | Skip:
        row = (
            Feedback.objects.select_related("client", "connection", "location")
            .filter(pk=getattr(event, "feedback_id", 0), deleted_at=None)
            .first()
        )
        if row is None or row.client is None or row.client.deleted_at is not None:
            return Skip("Nobody is known who could be answered.")
        low = unhappy(row.rating, row.text, self.settings.low_stars)
        if not low and not reads_as_low(row.connection_id, row.rating, row.text):
            return Skip("They were not unhappy.")
        if row.given_at < as_of - USEFUL_FOR:
            return Skip("It was written more than a day ago.", missed=True)
        drafts = ApprovalItem.objects.filter(agent=self.name, subject=_subject(row))
        if drafts.filter(state__in=DECIDED).exists():
            return Skip("It was answered, or decided otherwise, already.")
        return row, row.client


def unhappy(rating: int | None, text: str, low_stars: int = 2) -> bool:
    """Few stars, or angry words under any number of them."""
    if rating is not None and 0 < rating <= low_stars:
        return True
    return COMPLAINT.search(NOT_MEANT.sub("", text)) is not None or sounds_angry(text)


def _subject(row: Feedback) -> str:
    return f"feedback:{row.pk}"


def _stars(row: Feedback) -> str:
    if row.rating is None:
        return "Angry words"
    return "1 star" if row.rating == 1 else f"{row.rating} stars"


def _visit(row: Feedback, client: Client) -> Appointment | None:
    """The visit it is about: as the platform says, else the last one before it was written."""
    rows = Appointment.objects.select_related("client", "location", "service", "staff")
    if row.appointment_id is not None:
        return rows.filter(pk=row.appointment_id, client=client).first()
    lately = rows.filter(
        client=client,
        location=row.location,
        status__in=[Status.COMPLETED, Status.CHECKED_IN],
        starts_at__lte=row.given_at,
        starts_at__gte=row.given_at - VISIT_WITHIN,
        deleted_at=None,
    )
    return lately.order_by("-starts_at", "-pk").first()


def _shown(context: Context) -> str:
    words = " ".join(context.conversation[0].words.split()) if context.conversation else ""
    return (words if len(words) <= SHOWN else words[: SHOWN - 1] + "…") or "no words"


def _reasons(context: Context) -> list[Reason]:
    return [
        Reason(f"{context.remembered}: “{_shown(context)}”", "review"),
        Reason("Better call. No model read this, and none wrote the answer.", "review"),
        *channel_reasons(context),
    ]


def _evidence(context: Context) -> list[EvidenceItem]:
    return [
        EvidenceItem(
            label="They wrote",
            value=_shown(context),
            source_kind="feedback",
            source_id=context.subject,
            source_label="review",
            read_at=context.as_of,
        )
    ]
