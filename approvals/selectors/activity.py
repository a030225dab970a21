"""Activity: what was decided and what came of it, newest first."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch, Q, QuerySet

from approvals.models import ApprovalItem, Decision, Effect
from approvals.permissions import Rights
from integrations.people import fold

State = ApprovalItem.State
# Where a page ended: the moment, and among those of one moment the draft.
Place = tuple[datetime, int]


@dataclass(frozen=True)
class ActivityFilters:
    """``text`` searches clients by name; ``outcome`` is a state of the draft."""

    text: str = ""
    outcome: str = ""
    location_id: int | None = None
    before: Place | None = None


@dataclass(frozen=True)
class ActivityRow:
    """One finished draft: who decided, what, and how it ended."""

    item: ApprovalItem
    decision: Decision | None
    effects: list[Effect]

    @property
    def who(self) -> str:
        return self.decision.actor_name if self.decision else ""


@dataclass(frozen=True)
class ActivityPage:
    """``next_before`` is the place to continue from, or None at the end."""

    rows: list[ActivityRow]
    next_before: Place | None


def activity_page(
    *, rights: Rights, filters: ActivityFilters | None = None, limit: int = 50
) -> ActivityPage:
    """Four queries whatever the length. Pages are cut by place, so that late pages cost the same.

    Many drafts can close in one moment (a STOP, a bulk): the id keeps any from falling between.
    """
    filters = filters or ActivityFilters()
    newest = newest_ids(rights, filters, limit + 1)
    items = list(
        ApprovalItem.objects.filter(pk__in=newest)
        .select_related("client", "location", "revision")
        .prefetch_related(
            Prefetch("decisions", Decision.objects.order_by("-id")),
            Prefetch("effects", Effect.objects.order_by("id")),
        )
        .order_by("-closed_at", "-id")
    )
    more, items = len(items) > limit, items[:limit]
    rows = [
        ActivityRow(item, next(iter(item.decisions.all()), None), list(item.effects.all()))
        for item in items
    ]
    last = items[-1] if more and items else None
    place = (last.closed_at, last.pk) if last is not None and last.closed_at else None
    return ActivityPage(rows, place)


def newest_ids(rights: Rights, filters: ActivityFilters, n: int) -> list[int]:
    """The newest of each location, then the newest of those: one statement.

    Each part walks its location's index from the newest on and stops after ``n``; one query over
    all locations would sort everything that was ever decided.
    """
    places = [filters.location_id] if filters.location_id else rights.locations
    order = ("-closed_at", "-id")
    parts = [
        matching(rights.at(place), filters).order_by(*order).values("pk", "closed_at")[:n]
        for place in places
    ]
    if not parts:
        return []
    found = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    rows = sorted(found, key=lambda row: (row["closed_at"], row["pk"]), reverse=True)
    return [row["pk"] for row in rows[:n]]


def matching(rights: Rights, filters: ActivityFilters) -> QuerySet[ApprovalItem]:
    found = ApprovalItem.real.filter(rights.visible(), closed_at__isnull=False)
    if filters.outcome:
        found = found.filter(state=filters.outcome)
    if filters.before:
        at, pk = filters.before
        # The first half is what the index understands; the second cuts the moment itself.
        found = found.filter(closed_at__lte=at).filter(Q(closed_at__lt=at) | Q(pk__lt=pk))
    for word in fold(filters.text).split():
        found = found.filter(Q(client__search_key__contains=word))
    return found
