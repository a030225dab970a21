"""After the visit: one word, one to seven days later. A review is asked for after a good visit;
after a first one, or one that was so-so, the question is how they get on.

Never to somebody who complained or had something go wrong, and no review twice in ninety days.
"""

from datetime import datetime, timedelta

from pydantic import Field

from agents.answering import COMPLAINT
from agents.base import BaseSettings, Drafted, Opening, Skip, Text, register
from agents.context import Context
from agents.definitions.feedback import unhappy
from agents.models import ClientOutlook
from agents.pieces import FOLLOW_UP_EXAMPLE
from agents.reading import Reader
from agents.returning.reaching import SEND_HOUR, Reaching, at_hour, outreach_draw
from agents.returning.timing import days_after
from agents.texts.returning import reaching_text
from approvals.models import ApprovalItem
from approvals.proposals import Proposal
from integrations.events import Event, ServiceCompleted
from integrations.models import Appointment, Client, Feedback, Message

AGAIN_AFTER = timedelta(days=90)
COMPLAINED_WITHIN = timedelta(days=90)
GOOD = 4
State = ApprovalItem.State
# A request that was sent, or may have been.
ASKED = (State.APPROVED, State.SENDING, State.SENT, State.UNKNOWN, State.BY_HAND)
REVIEW, CHECK_IN = "review", "check_in"


class FollowUpSettings(BaseSettings):
    """What an admin can set."""

    review_link: str = Field(
        default="", max_length=300, title="Address for reviews",
        description="Also to be listed under what drafts may say. Empty: the first link listed "
        "there; without any, no review is asked for.",
    )  # fmt: skip
    send_hour: int = Field(
        default=SEND_HOUR, ge=8, le=19, title="Hour of sending",
        description="By the salon's clock. Quiet hours still hold.",
    )  # fmt: skip
    left_alone_percent: int = Field(
        default=0, ge=0, le=50, title="Clients left alone, in percent",
        description="Drawn by chance and written nothing, to see what writing brings.",
    )  # fmt: skip
    check_in: bool = Field(
        default=True, title="Ask new clients how they get on",
        description="After a first visit, or one that got three stars, instead of a review.",
    )  # fmt: skip


@register
class FollowUp(Reaching):
    name = "follow_up"
    label = "After the visit"
    about = "Asks for a review after a good visit, and a new client how they get on."
    listens_to = (ServiceCompleted,)
    purpose = "care"
    group = "aftercare"
    Settings = FollowUpSettings
    example = FOLLOW_UP_EXAMPLE

    def opening(self, event: Event, as_of: datetime) -> Opening | Skip:
        visit = self._visit(event, as_of)
        if isinstance(visit, Skip):
            return visit
        client = self.client_of_event(event)
        if isinstance(client, Skip):
            return client
        due = self._send_at(visit, as_of)
        title = f"After the visit: {client.short_name}"
        opening = self.opened(client, visit, event, title)
        # Written the evening before, while somebody is there; what was said until then counts.
        begins = due - timedelta(hours=18)
        return Opening(
            **{
                **vars(opening),
                "occasion": _occasion(visit),
                "due_at": due + timedelta(days=1),
                "not_before": begins if begins > as_of else None,
            }
        )

    def gather(self, event: Event, as_of: datetime) -> Context | Skip:
        visit, client = self._visit(event, as_of), self.client_of_event(event)
        if isinstance(visit, Skip):
            return visit
        if isinstance(client, Skip):
            return client
        kind = self._kind(visit, client, as_of)
        if isinstance(kind, Skip):
            return kind
        due = self._send_at(visit, as_of)
        contact = self.contact(client, visit.location, as_of, due)
        if isinstance(contact, Skip):
            return contact
        if self._left_alone(visit, client, as_of):
            return Skip("Drawn by chance to be left alone this time.")
        reader = Reader(type(self), as_of)
        why = {
            REVIEW: "A good visit, and no review was asked for in ninety days.",
            CHECK_IN: "A first visit, or one that was only so-so.",
        }[kind]
        days = (due.date() - visit.starts_at.astimezone(visit.location.zone).date()).days
        context = self.context_of(
            event, visit, contact, reader,
            kind=kind,
            reasons=[why, f"For this service {days} days after it are a good time."],
            due_at=due + timedelta(days=1),
        )  # fmt: skip
        return context.model_copy(update={"occasion": _occasion(visit)})

    def template(self, context: Context) -> Text:
        return reaching_text(context, self.link(context))

    def link(self, context: Context) -> str:
        if context.kind != REVIEW:
            return ""
        return _review_link(self.settings.review_link, context.salon.links)

    def why(self, context: Context) -> str:
        return "They are asked for a review." if context.kind == REVIEW else "How do they get on?"

    def problem(self, context: Context, text: Text) -> str:
        if context.kind == REVIEW and self.link(context) not in text.body:
            return "the model left out the address for the review"
        return ""

    def propose(self, context: Context, drafted: Drafted) -> list[Proposal]:
        who = context.addressee.short_name
        title = f"Ask {who} for a review" if context.kind == REVIEW else f"Ask how {who} gets on"
        tag = "review" if context.kind == REVIEW else "how they get on"
        return self.proposed(context, drafted, title=title, tag=tag, stops_on_booking=False)

    def _visit(self, event: Event, as_of: datetime) -> Appointment | Skip:
        visit = Reader(type(self), as_of).row_of(event)
        if isinstance(visit, Skip):
            return visit
        if visit.status != Appointment.Status.COMPLETED or visit.deleted_at is not None:
            return Skip("The visit is not completed.")
        drafts = ApprovalItem.objects.filter(
            agent=self.name, client=visit.client, occasion=_occasion(visit)
        )
        decided = [State.REJECTED, State.WITHDRAWN, State.MISSED, *ASKED]
        if drafts.filter(state__in=decided).exists():
            return Skip("The word after this visit was decided already.")
        return visit

    def _kind(self, visit: Appointment, client: Client, as_of: datetime) -> str | Skip:
        """A review, the question how they get on, or why neither."""
        if complained(client, as_of):
            return Skip("They complained lately.")
        rating = _rating(visit)
        new = Reader(type(self), as_of).past(client, visit.connection, "").visits <= 1
        so_so = rating is not None and rating < GOOD
        if so_so or (new and rating is None and visit.connection.history_complete):
            return CHECK_IN if self.settings.check_in else Skip("No review after such a visit.")
        rules = Reader(type(self), as_of).salon(visit.location, visit.connection)
        if not _review_link(self.settings.review_link, rules.links):
            return Skip("No address for reviews is among the links that texts may mention.")
        if asked_lately(client, as_of):
            return Skip("A review was asked for within ninety days.")
        return REVIEW

    def _left_alone(self, visit: Appointment, client: Client, as_of: datetime) -> bool:
        """Drawn once for a visit, and only among those who would have been written to."""
        outlook = ClientOutlook.objects.filter(client=client).first()
        row = outreach_draw(
            outlook=outlook or ClientOutlook(client=client, location=visit.location),
            agent=self.name, key=_occasion(visit), percent=self.settings.left_alone_percent,
            at=as_of,
        )  # fmt: skip
        return row.held_out

    def _send_at(self, visit: Appointment, as_of: datetime) -> datetime:
        days = days_after(visit.service_name, _rating(visit))
        wanted = at_hour(visit.starts_at, visit.location, days, self.settings.send_hour)
        return wanted if wanted > as_of else at_hour(as_of, visit.location, 1)


def asked_lately(client: Client, as_of: datetime) -> bool:
    rows = ApprovalItem.objects.filter(
        agent=FollowUp.name, client=client, state__in=ASKED, created_at__gte=as_of - AGAIN_AFTER
    )
    return rows.filter(tag=REVIEW).exists()


def complained(client: Client, as_of: datetime) -> bool:
    """An unhappy review, or angry words in a message, within ninety days."""
    since = as_of - COMPLAINED_WITHIN
    said = Feedback.objects.filter(client=client, given_at__gte=since, deleted_at=None)
    if any(unhappy(rating, text) for rating, text in said.values_list("rating", "text")):
        return True
    wrote = Message.objects.filter(client=client, incoming=True, sent_at__gte=since)
    return any(COMPLAINT.search(body) for body in wrote.values_list("body", flat=True))


def _rating(visit: Appointment) -> int | None:
    rows = Feedback.objects.filter(appointment=visit, deleted_at=None, rating__gte=1)
    found: int | None = rows.order_by("-given_at").values_list("rating", flat=True).first()
    return found


def _review_link(wanted: str, links: tuple[str, ...]) -> str:
    """The address set up, where texts may mention it; without one, the first that they may."""
    if wanted:
        return wanted if wanted in links else ""
    return links[0] if links else ""


def _occasion(visit: Appointment) -> str:
    return f"after:{visit.visit_id or visit.pk}"
