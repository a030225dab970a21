"""The queue: what waits for this person, by urgency. A fixed number of queries at any length."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Value, When

from approvals import policy
from approvals.models import ApprovalItem, Decision
from approvals.permissions import Rights
from approvals.presence import Present, presence_of
from approvals.services.planning import too_late_of
from core import clock
from integrations.models import User
from integrations.people import fold

State = ApprovalItem.State
TOLD_FOR = timedelta(hours=12)
# What a line of the list is drawn from. The list is read again for every draft that comes, in every
# open page: with all columns of five tables its statement took longer to put together than to run.
DRAWN = (
    "version", "state", "state_reason", "stage", "seeded", "agent", "right", "purpose", "subject",
    "title", "preview", "origin", "tag", "group", "loss_risk", "care", "facts_ok", "batch",
    "due_at", "send_at", "snoozed_until", "connection_id",
    "client__first_name", "client__last_name", "client__phone", "client__postal_code",
    "client__timezone",
    "location__name", "location__timezone", "location__opening_hours", "location__quiet_from",
    "location__quiet_until",
    "revision__channel", "revision__language", "revision__evidence_sha256",
)  # fmt: skip


@dataclass(frozen=True)
class QueueFilters:
    """What the person narrowed the queue to; '' and None mean everything."""

    group: str = ""
    location_id: int | None = None
    agent: str = ""
    risk: str = ""
    text: str = ""
    snoozed: bool = False
    batch: str = ""

    @property
    def active(self) -> bool:
        return self != QueueFilters()


@dataclass(frozen=True)
class QueueRow:
    """One draft in the list."""

    item: ApprovalItem
    group: policy.Group
    useful_for: timedelta | None
    care: str
    present: list[Present] = field(default_factory=list)
    too_late: str = ""

    @property
    def who(self) -> str:
        return self.item.client.short_name if self.item.client else self.item.title


@dataclass(frozen=True)
class QueueGroup:
    """A heading with its rows on this page and how many there are in all."""

    key: str
    label: str
    rows: list[QueueRow]
    total: int


@dataclass(frozen=True)
class Counts:
    """Drafts that wait, by kind (the item's own group) and by location, put-off ones apart."""

    total: int = 0
    snoozed: int = 0
    by_kind: dict[str, int] = field(default_factory=dict)
    by_group: dict[str, int] = field(default_factory=dict)
    by_location: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Told:
    """Something this person approved did not go out."""

    item: ApprovalItem
    why: str
    at: datetime | None


@dataclass(frozen=True)
class QueuePage:
    """``more`` is True when the list goes on after ``rows``."""

    groups: list[QueueGroup]
    rows: list[QueueRow]
    counts: Counts
    total: int
    snoozed: int
    more: bool
    told: list[Told] = field(default_factory=list)


def queue_page(
    *,
    user: User,
    rights: Rights,
    filters: QueueFilters | None = None,
    limit: int = 50,
    offset: int = 0,
) -> QueuePage:
    """One page of the queue: three queries and one round trip to Redis, whatever the length.

    Two queries more where some of it could only go out too late.
    """
    filters = filters or QueueFilters()
    now = clock.now()
    items = list(listed(rights, filters, now)[offset : offset + limit + 1])
    more, items = len(items) > limit, items[:limit]
    here = presence_of([item.pk for item in items], but=user.pk)
    reads = user.languages
    late = too_late_of(items, now)
    rows = [_row(item, now, here.get(item.pk, []), reads, late.get(item.pk, "")) for item in items]
    tally = counts(rights=rights, filters=filters, now=now)
    return QueuePage(
        groups=list(_grouped(rows, tally)),
        rows=rows,
        counts=tally,
        total=tally.snoozed if filters.snoozed else tally.total,
        snoozed=tally.snoozed,
        more=more,
        told=told(user=user, rights=rights),
    )


def listed(rights: Rights, filters: QueueFilters, now: datetime) -> QuerySet[ApprovalItem]:
    """The open drafts in the order of the queue."""
    found = matching(opened(rights), filters)
    found = found.filter(asleep(now)) if filters.snoozed else found.exclude(asleep(now))
    if filters.group:
        found = found.filter(in_group(filters.group, now))
    return (
        found.select_related("client", "location", "revision")
        .only(*DRAWN)
        .annotate(urgency=urgency(now))
        .order_by("urgency", F("due_at").asc(nulls_last=True), "id")
    )


def opened(rights: Rights) -> QuerySet[ApprovalItem]:
    """What waits for a press. What is only kept for comparison stands on the quality page; a
    planted test (``attention``) waits here like any other, or it would test nothing."""
    found = ApprovalItem.objects.filter(rights.visible(), state__in=ApprovalItem.OPEN)
    return found.exclude(stage=ApprovalItem.Stage.OBSERVE)


def asleep(now: datetime) -> Q:
    return Q(snoozed_until__isnull=False, snoozed_until__gt=now)


def matching(items: QuerySet[ApprovalItem], filters: QueueFilters) -> QuerySet[ApprovalItem]:
    wanted: dict[str, Any] = {
        "location_id": filters.location_id,
        "agent": filters.agent,
        "loss_risk": filters.risk,
        "batch": filters.batch,
    }
    items = items.filter(**{name: value for name, value in wanted.items() if value})
    for word in fold(filters.text).split():
        items = items.filter(Q(client__search_key__contains=word) | Q(title__icontains=word))
    return items


def urgency(now: datetime) -> Case:
    """The order of the group a draft stands in, computed as ``policy.group_of`` does."""
    by_group = [
        When(group=group.key, then=Value(group.order))
        for group in policy.GROUPS.values()
        if group.key != "short"
    ]
    return Case(
        When(state__in=policy.CHECK_STATES, then=Value(policy.GROUPS["check"].order)),
        When(due_at__lte=now + policy.SHORT_TIME, then=Value(policy.GROUPS["short"].order)),
        *by_group,
        default=Value(policy.GROUPS["other"].order),
        output_field=IntegerField(),
    )


def in_group(key: str, now: datetime) -> Q:
    """A tab of the queue: one heading ("short", "check") or one kind of draft, urgent ones too."""
    short = Q(due_at__lte=now + policy.SHORT_TIME)
    if key == "check":
        return Q(state__in=policy.CHECK_STATES) | (Q(group=key) & ~short)
    if key == "short":
        return short & ~Q(state__in=policy.CHECK_STATES)
    return Q(group=key)


def _row(
    item: ApprovalItem, now: datetime, present: list[Present], reads: list[str], too_late: str
) -> QueueRow:
    language = item.revision.language if item.revision else ""
    return QueueRow(
        item=item,
        group=policy.group_of(group=item.group, state=item.state, due_at=item.due_at, now=now),
        useful_for=item.due_at - now if item.due_at else None,
        care=policy.care_for_reader(item.care, language, reads),
        present=present,
        too_late=too_late,
    )


def _grouped(rows: list[QueueRow], tally: Counts) -> Iterable[QueueGroup]:
    for group, members in groupby(rows, key=lambda row: row.group):
        found = list(members)
        total = tally.by_group.get(group.key, len(found))
        yield QueueGroup(group.key, group.label, found, max(total, len(found)))


def counts(
    *, rights: Rights, filters: QueueFilters | None = None, now: datetime | None = None
) -> Counts:
    """How many drafts wait, in one query. ``filters`` but their group and put-off choice count."""
    now, filters = now or clock.now(), filters or QueueFilters()
    rows = (
        matching(opened(rights), filters)
        .annotate(urgency=urgency(now), late=Case(When(asleep(now), then=1), default=0))
        .values_list("group", "urgency", "location_id", "late")
        .annotate(n=Count("id"))
        .order_by()
    )
    keys = {group.order: group.key for group in policy.GROUPS.values()}
    tally: dict[str, Any] = {"by_kind": {}, "by_group": {}, "by_location": {}}
    total = snoozed = 0
    for kind, order, place, late, n in rows:
        if late:
            snoozed += n
            if not filters.snoozed:
                continue
        else:
            total += n
            if filters.snoozed:
                continue
        for name, key in (("by_kind", kind), ("by_group", keys[order]), ("by_location", place)):
            tally[name][key] = tally[name].get(key, 0) + n
    return Counts(total, snoozed, **tally)


def told(*, user: User, rights: Rights) -> list[Told]:
    """What this person approved lately that was voided before it left: they are told why."""
    since = clock.now() - TOLD_FOR
    mine = Decision.objects.filter(
        actor=user, kind=Decision.Kind.APPROVE, at__gte=since
    ).values_list("item_id", flat=True)
    items = (
        ApprovalItem.objects.filter(rights.visible(), pk__in=mine)
        .filter(
            Q(state__in=[State.WITHDRAWN, State.SUPERSEDED, State.MISSED], closed_at__gte=since)
        )
        .select_related("client")
        .only("title", "state_reason", "closed_at", "client__first_name", "client__last_name")
        .order_by("-closed_at")[:5]
    )
    return [Told(item, item.state_reason, item.closed_at) for item in items]
