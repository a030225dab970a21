"""Drafts that were only kept, beside what staff did by themselves.

Counted as theirs is the first message by a person to the same client between the moment of the
event and the end of the window (a day after the draft was ready, or its business moment where that
is sooner). It says the same where every time, day and price that it states is one the draft's
records know; where it states none, when most of its words are the draft's.
"""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from approvals.facts import Span, facts_check
from approvals.models import ApprovalItem, ObservedDraft
from integrations.models import Message

Outcome = ObservedDraft.Outcome
WINDOW = timedelta(hours=24)
LOOK_BACK = timedelta(days=14)
BATCH = 200
# Facts that a message about an appointment is about.
TELLING = frozenset({"date", "time", "weekday", "price"})
ALIKE = 0.6


@dataclass(frozen=True)
class Compared:
    """What came of one comparison."""

    outcome: str
    similarity: float | None = None
    minutes: int | None = None


def watched_compare(now: datetime) -> int:
    """Compare what has had its time; returns how many. Each is compared once."""
    ripe = Q(pending_at__lte=now - WINDOW) | Q(pending_at__isnull=False, due_at__lte=now)
    items = (
        ApprovalItem.real.filter(
            ripe,
            stage=ApprovalItem.Stage.OBSERVE,
            pending_at__gte=now - LOOK_BACK,
            observed=None,
            revision__isnull=False,
        )
        .select_related("revision", "location")
        .order_by("pending_at", "pk")[:BATCH]
    )
    for item in items:
        with transaction.atomic():
            _keep(item, compare(item, first_message_of_staff(item)))
    return len(items)


def _keep(item: ApprovalItem, found: Compared) -> None:
    ObservedDraft.objects.get_or_create(
        item=item,
        defaults={
            "location_id": item.location_id,
            "agent": item.agent,
            "outcome": found.outcome,
            "similarity": found.similarity,
            "minutes": found.minutes,
            "drafted_at": item.pending_at or item.created_at,
        },
    )


def first_message_of_staff(item: ApprovalItem) -> Message | None:
    """What a person wrote to the client about it: neither the platform by itself nor we."""
    if item.client_id is None or item.pending_at is None:
        return None
    until = item.pending_at + WINDOW
    if item.due_at is not None:
        until = min(until, item.due_at)
    since = min(item.event_at or item.pending_at, item.pending_at)
    theirs = Message.objects.filter(
        client_id=item.client_id, incoming=False, sent_at__gte=since, sent_at__lte=until
    )
    return theirs.exclude(source__in=Message.AUTOMATIC).order_by("sent_at", "pk").first()


def compare(item: ApprovalItem, message: Message | None) -> Compared:
    """One draft and what staff sent, if anything."""
    if message is None or item.revision is None or item.pending_at is None:
        return Compared(Outcome.NOTHING)
    alike = similarity(item.revision.body, message.body)
    facts = same_facts(item, message.body)
    same = alike >= ALIKE if facts is None else facts
    minutes = round((message.sent_at - item.pending_at).total_seconds() / 60)
    return Compared(Outcome.SAME if same else Outcome.OTHER, round(alike, 3), minutes)


def similarity(one: str, two: str) -> float:
    """The share of words in the same order, 0 to 1."""
    words = (_words(one), _words(two))
    return difflib.SequenceMatcher(None, *words, autojunk=False).ratio() if all(words) else 0.0


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def same_facts(item: ApprovalItem, body: str) -> bool | None:
    """Whether every day, hour and price of the message is one of the draft's; None: it has none."""
    zone = item.location.zone
    day = item.pending_at.astimezone(zone).date() if item.pending_at else None
    told = _telling(facts_check(body, item.known_facts, today=day))
    return all(span.verified for span in told) if told else None


def _telling(spans: Sequence[Span]) -> list[Span]:
    return [span for span in spans if span.kind in TELLING]
