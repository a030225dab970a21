"""Keeping what a person changed in a text that was sent, and noticing a habit."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import cached_property

from agents.learning.policy import Change, Seen, changes_of, habits, masked
from agents.learning.rules import rule_propose
from agents.models import AgentRun, Correction
from agents.registry import agents
from approvals.actions import SendMessage
from approvals.facts import Known, facts_check
from approvals.ladders.reading import RungText, known_of
from approvals.ladders.reordering import written_text
from approvals.ladders.words import language_of
from approvals.models import ApprovalItem, Offer, OfferStep, Revision
from approvals.services.filling import actions_of
from approvals.services.strangers import strangers_in
from core import clock
from integrations.models import Client

# A habit shows within this time and among so many of the newest corrections.
HABIT, LOOK_THROUGH = timedelta(days=90), 300
MOST_CHANGES, MOST_REVISIONS = 40, 12


class _Sent:
    """A draft that was sent with a person's words, and what it was before."""

    client: Client | None = None

    def __init__(self, item: ApprovalItem) -> None:
        self.item = item

    @property
    def texts(self) -> tuple[str, str] | None:
        """Before and after, or None where nobody changed it."""
        if self.draft is None or self.item.revision is None:
            return None
        return self.draft.body, self.item.revision.body

    @property
    def is_gone(self) -> bool:
        """Whoever it was written to was erased meanwhile."""
        told = self.client or self.item.client
        return told is not None and told.deleted_at is not None

    @property
    def language(self) -> str:
        return self.draft.language if self.draft else "en"

    @cached_property
    def known(self) -> Sequence[Known]:
        return self.item.known_facts

    @cached_property
    def draft(self) -> Revision | None:
        """The text that was there before anybody typed: the newest of a model or a template."""
        sent = self.item.revision
        if sent is None or sent.writer != Revision.Writer.PERSON:
            return None
        before = self.item.revisions.filter(number__lt=sent.number, erased_at=None)
        return before.exclude(writer=Revision.Writer.PERSON).order_by("-number").first()

    @cached_property
    def run(self) -> AgentRun | None:
        return AgentRun.objects.filter(item_id=self.item.pk).order_by("-pk").first()

    def hidden(self, body: str) -> str:
        """Without anything that a check or a record knows to be a fact."""
        strangers = strangers_in(self.item.connection_id, body, self.known)
        spans = facts_check(body, self.known, strangers=strangers)
        return masked(body, [(span.start, span.end, span.kind) for span in spans])


class _SentOffer(_Sent):
    """One text of a list of offers: the draft's other texts are none of its business."""

    def __init__(self, item: ApprovalItem, offer: Offer) -> None:
        super().__init__(item)
        self.offer, self.client = offer, offer.client
        self.after = written_text(offer)

    @property
    def texts(self) -> tuple[str, str] | None:
        found = self._before
        return (found[1].body, self.after.body) if found and self.after else None

    @property
    def language(self) -> str:
        return language_of(self.offer.client)

    @cached_property
    def known(self) -> Sequence[Known]:
        if self.after is None:
            return ()
        return known_of(self.offer.opening, RungText(self.offer, self.after))

    @cached_property
    def draft(self) -> Revision | None:
        return self._before[0] if self._before else None

    @cached_property
    def _before(self) -> tuple[Revision, SendMessage] | None:
        """The newest revision by the rules in which the text to this client was another one: an
        order that was changed later keeps a person's words under the rules' name."""
        rows = self.item.revisions.filter(erased_at=None).exclude(writer=Revision.Writer.PERSON)
        for revision in rows.order_by("-number")[:MOST_REVISIONS]:
            said = _offer_in(revision, self.offer.client)
            if said is not None and self.after is not None and said.body != self.after.body:
                return revision, said
        return None


def _offer_in(revision: Revision, client: Client) -> SendMessage | None:
    """The offer to this client among the texts of a list."""
    texts = (one for one in actions_of(revision) if isinstance(one, SendMessage))
    role = OfferStep.Role.OFFER
    return next(
        (one for one in texts if one.client == client.external_id and role in one.tags), None
    )


def correction_keep(item_id: int, offer_id: int = 0) -> Correction | None:
    """The difference between a text and what was sent. None: nobody edited it, or it is kept.

    ``offer_id``: of a list of offers the one that went out. In the caller's transaction. A third
    edit alike makes a proposal for a house rule.
    """
    item = (
        ApprovalItem.objects.select_related("revision", "location", "client")
        .filter(pk=item_id)
        .first()
    )
    if item is None or item.agent not in agents or item.revision is None:
        return None
    one = _sent(item, offer_id)
    if one is None or one.is_gone or one.texts is None:
        return None
    before, after = one.texts
    changes = changes_of(one.hidden(before), one.hidden(after))
    kept, made = Correction.objects.get_or_create(
        item=item, client=one.client, defaults=_fields(one, changes)
    )
    if not made:
        return None
    if changes:
        habits_propose(item, kept.language)
    return kept


def _sent(item: ApprovalItem, offer_id: int) -> _Sent | None:
    if not offer_id:
        return _Sent(item)
    rows = Offer.objects.select_related(
        "client", "action", "instead_of", "entry__service", "opening__location",
        "opening__service", "opening__staff", "opening__appointment",
    )  # fmt: skip
    offer = rows.filter(pk=offer_id, item=item).first()
    return _SentOffer(item, offer) if offer is not None else None


def _fields(one: _Sent, changes: list[Change]) -> dict[str, Any]:
    item, draft, run = one.item, one.draft, one.run
    return {
        "location": item.location,
        "agent": item.agent,
        "writer": draft.writer if draft else "",
        "model": run.model if run else "",
        "prompt_id": run.prompt_id if run else None,
        "language": one.language,
        "changes": [vars(change) for change in changes[:MOST_CHANGES]],
        "words_changed": sum(
            max(len(change.removed.split()), len(change.inserted.split())) for change in changes
        ),
    }


def habits_propose(item: ApprovalItem, language: str) -> int:
    """Propose every replacement that became a habit at this draft's agent and place; how many."""
    seen = [
        Seen(Change(**change), row.item_id, row.client_id or row.item.client_id)
        for row in corrections_of(item.location_id, item.agent, language)
        for change in row.changes
    ]
    found = habits(seen)
    proposed = [
        rule_propose(
            location=item.location,
            agent=item.agent,
            language=language,
            avoid=change.removed,
            use=change.inserted,
            drafts=drafts,
        )
        for change, drafts in found
    ]
    return sum(1 for one in proposed if one is not None)


def corrections_of(location_id: int, agent: str, language: str) -> QuerySet[Correction]:
    """The newest of one agent at one place, as far back as a habit may reach."""
    rows = Correction.objects.filter(
        location_id=location_id, agent=agent, language=language, at__gte=clock.now() - HABIT
    )
    return rows.exclude(changes=[]).select_related("item").order_by("-id")[:LOOK_THROUGH]
