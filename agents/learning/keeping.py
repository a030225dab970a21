"""Keeping what a person changed in a draft that was sent, and noticing a habit."""

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import cached_property

from agents.learning.policy import Change, Seen, changes_of, habits, masked
from agents.learning.rules import rule_propose
from agents.models import AgentRun, Correction
from agents.registry import agents
from approvals.facts import facts_check
from approvals.models import ApprovalItem, Revision
from approvals.services.strangers import strangers_in
from core import clock

# A habit shows within this time and among so many of the newest corrections.
HABIT, LOOK_THROUGH = timedelta(days=90), 300
MOST_CHANGES = 40


class _Sent:
    """A draft that was sent with a person's words, and what it was before."""

    def __init__(self, item: ApprovalItem) -> None:
        self.item = item

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
        known = self.item.known_facts
        strangers = strangers_in(self.item.connection_id, body, known)
        spans = facts_check(body, known, strangers=strangers)
        return masked(body, [(span.start, span.end, span.kind) for span in spans])


def correction_keep(item_id: int) -> Correction | None:
    """The difference between a draft and what was sent. None: nobody edited it, or it is kept.

    In the caller's transaction. A third edit alike makes a proposal for a house rule.
    """
    item = (
        ApprovalItem.objects.select_related("revision", "location", "client")
        .filter(pk=item_id)
        .first()
    )
    if item is None or item.agent not in agents or item.revision is None:
        return None
    one = _Sent(item)
    erased = item.client is not None and item.client.deleted_at is not None
    if one.draft is None or erased:
        return None
    changes = changes_of(one.hidden(one.draft.body), one.hidden(item.revision.body))
    kept, made = Correction.objects.get_or_create(item=item, defaults=_fields(one, changes))
    if not made:
        return None
    if changes:
        habits_propose(item, kept.language)
    return kept


def _fields(one: _Sent, changes: list[Change]) -> dict[str, Any]:
    item, draft, run = one.item, one.draft, one.run
    return {
        "location": item.location,
        "agent": item.agent,
        "writer": draft.writer if draft else "",
        "model": run.model if run else "",
        "prompt_id": run.prompt_id if run else None,
        "language": draft.language if draft else "en",
        "changes": [vars(change) for change in changes[:MOST_CHANGES]],
        "words_changed": sum(
            max(len(change.removed.split()), len(change.inserted.split())) for change in changes
        ),
    }


def habits_propose(item: ApprovalItem, language: str) -> int:
    """Propose every replacement that became a habit at this draft's agent and place; how many."""
    seen = [
        Seen(Change(**change), row.item_id, row.item.client_id)
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
