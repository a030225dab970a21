"""What an admin reads about corrections: proposals, rules, what people change, why they reject."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, QuerySet

from agents.learning.keeping import corrections_of
from agents.learning.policy import MASK, Change
from agents.models import Correction, HouseRule
from approvals.models import Decision
from approvals.policy import REJECT_REASONS
from core import clock

BACK = timedelta(days=90)
MOST = 20


@dataclass(frozen=True)
class Proposal:
    """A house rule that waits for an admin, with a few of the edits it came from."""

    rule: HouseRule
    seen: list[Change]


@dataclass(frozen=True)
class Rejected:
    """How often one reason was chosen: ``words`` as on the desk."""

    words: str
    times: int


def rules_of(location_id: int, agent: str) -> QuerySet[HouseRule]:
    """All of one agent at one place, newest first."""
    return HouseRule.objects.filter(location_id=location_id, agent=agent).order_by("-number")


def proposals_of(location_id: int, agent: str) -> list[Proposal]:
    found = rules_of(location_id, agent).filter(state=HouseRule.State.PROPOSED)
    return [Proposal(rule, _seen(rule)) for rule in found]


def _seen(rule: HouseRule) -> list[Change]:
    wanted = Change(rule.avoid, rule.use).key
    rows = corrections_of(rule.location_id, rule.agent, rule.language)
    changes = [readable(Change(**change)) for row in rows for change in row.changes]
    return [one for one in changes if one.key == wanted][:3]


def edits_of(location_id: int, agent: str) -> list[tuple[Correction, list[Change]]]:
    """What people changed last, each draft's changes in reading order."""
    rows = Correction.objects.filter(location_id=location_id, agent=agent).exclude(changes=[])
    return [
        (row, [readable(Change(**change)) for change in row.changes])
        for row in rows.select_related("item").order_by("-id")[:MOST]
    ]


def readable(change: Change) -> Change:
    """With the masks as people read them: ``(time)``."""
    return Change(*(MASK.sub(lambda at: f"({at.group(0).strip('_').replace('_', ' ')})", part)
                    for part in vars(change).values()))  # fmt: skip


def reject_reasons(location_ids: list[int], agent: str) -> list[Rejected]:
    """Why drafts of one agent were rejected at these places in three months, commonest first."""
    rows = (
        Decision.objects.filter(
            kind=Decision.Kind.REJECT,
            item__location_id__in=location_ids,
            item__agent=agent,
            at__gte=clock.now() - BACK,
        )
        .values("reason")
        .annotate(times=Count("pk"))
        .order_by("-times", "reason")
    )
    return [
        Rejected(REJECT_REASONS.get(row["reason"], row["reason"]), row["times"]) for row in rows
    ]


def proposals_waiting(location_ids: list[int]) -> dict[str, int]:
    """{agent: how many house rules wait for an admin at these places}."""
    rows: Any = HouseRule.objects.filter(
        location_id__in=location_ids, state=HouseRule.State.PROPOSED
    ).values_list("agent")
    return dict(rows.annotate(times=Count("pk")))
