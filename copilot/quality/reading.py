"""What the quality page reads: a handful of statements whatever the number of drafts.

Every statement begins at ``item_drafted`` (location and the moment a draft was ready), leaves out
planted tests and what was only observed, and adds up in the database.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from approvals.models import ApprovalItem, ObservedDraft
from approvals.permissions import Rights
from copilot.quality.stats import Sample
from copilot.quality.words import seconds as in_words

# A team's speed made of fewer people, or of fewer presses, would be somebody's.
LEAST_PEOPLE = 3
LEAST_TIMED = 10

# One draft per row: what people said of it, and what writing it took.
DRAFTS = """
WITH drafts AS MATERIALIZED (
  SELECT i.id, i.agent, i.state, i.pending_at, i.pending_at >= %(since)s AS recent
  FROM approvals_approvalitem i
  WHERE i.location_id = ANY(%(places)s) AND i.pending_at >= %(before)s
    AND i.pending_at < %(until)s AND i.agent = ANY(%(agents)s)
    AND NOT i.seeded AND i.stage <> 'observe'
), said AS (
  SELECT d.item_id,
    bool_or(d.kind = 'approve') AS approved,
    bool_or(d.kind = 'approve' AND d.scope = 'standing') AS alone,
    bool_or(d.kind = 'edit') AS edited,
    (array_agg(d.reason ORDER BY d.id DESC)
      FILTER (WHERE d.kind IN ('reject', 'handled')))[1] AS reason,
    (array_agg(d.seconds ORDER BY d.id) FILTER (WHERE d.kind = 'approve'
      AND d.scope <> 'standing' AND d.seconds IS NOT NULL))[1] AS seconds,
    (array_agg(d.actor_id ORDER BY d.id) FILTER (WHERE d.kind = 'approve'
      AND d.scope <> 'standing' AND d.seconds IS NOT NULL))[1] AS actor
  FROM approvals_decision d JOIN drafts ON drafts.id = d.item_id
  GROUP BY d.item_id
), judged AS (
  SELECT drafts.*, said.reason, said.seconds, said.actor,
    CASE WHEN drafts.state = 'rejected' THEN 'rejected'
         WHEN said.approved AND said.edited THEN 'edited'
         WHEN said.approved AND said.alone THEN 'alone'
         WHEN said.approved THEN 'unedited'
         ELSE 'open' END AS ended
  FROM drafts LEFT JOIN said ON said.item_id = drafts.id
)
"""
VERSIONS = "".join(
    (
        DRAFTS,
        """, written AS (
  SELECT r.item_id,
    (array_agg(r.prompt_id ORDER BY r.id DESC))[1] AS prompt_id,
    (array_agg(r.model ORDER BY r.id DESC))[1] AS model,
    (array_agg(r.writer ORDER BY r.id DESC))[1] AS writer,
    (array_agg(r.fallback ORDER BY r.id DESC))[1] <> '' AS fell_back,
    (array_agg(r.facts_missing ORDER BY r.id DESC))[1] AS facts_missing,
    sum(r.cost) AS cost, max(r.latency_ms) AS latency_ms
  FROM agents_agentrun r JOIN drafts ON drafts.id = r.item_id
  WHERE r.outcome = 'drafted'
  GROUP BY r.item_id
)
SELECT j.agent, j.recent,
  CASE WHEN w.writer = 'model' OR w.fell_back THEN p.number END AS prompt,
  coalesce(w.model, '') AS model, coalesce(w.writer, '') AS writer,
  count(*) AS drafts,
  count(*) FILTER (WHERE j.ended = 'unedited') AS unedited,
  count(*) FILTER (WHERE j.ended = 'edited') AS edited,
  count(*) FILTER (WHERE j.ended = 'rejected') AS rejected,
  count(*) FILTER (WHERE j.ended = 'alone') AS alone,
  count(j.seconds) AS timed,
  count(DISTINCT j.actor) AS people,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY j.seconds) AS seconds,
  count(w.facts_missing) AS checked,
  count(*) FILTER (WHERE w.facts_missing > 0) AS not_found,
  coalesce(sum(w.cost), 0) AS cost,
  percentile_cont(0.95) WITHIN GROUP (ORDER BY w.latency_ms) AS latency_ms,
  count(*) FILTER (WHERE w.fell_back) AS fallbacks
FROM judged j
LEFT JOIN written w ON w.item_id = j.id
LEFT JOIN agents_promptversion p ON p.id = w.prompt_id
GROUP BY 1, 2, 3, 4, 5
ORDER BY 1, 2 DESC, 3 DESC NULLS LAST, 4, 5
""",
    )
)
REASONS = "".join(
    (
        DRAFTS,
        """
SELECT agent, coalesce(nullif(reason, ''), 'handled'), count(*) FROM judged
WHERE recent AND ended = 'rejected' GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2
""",
    )
)
WEEKS = "".join(
    (
        DRAFTS,
        """
SELECT date_trunc('week', pending_at AT TIME ZONE %(zone)s)::date AS week, count(*) AS drafts,
  count(*) FILTER (WHERE ended = 'unedited') AS unedited,
  count(*) FILTER (WHERE ended = 'edited') AS edited,
  count(*) FILTER (WHERE ended = 'rejected') AS rejected,
  count(*) FILTER (WHERE ended = 'alone') AS alone,
  count(seconds) AS timed, count(DISTINCT actor) AS people,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS seconds,
  count(seconds) FILTER (WHERE actor = %(user)s) AS own_timed,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) FILTER (WHERE actor = %(user)s) AS own
FROM judged WHERE recent GROUP BY 1 ORDER BY 1
""",
    )
)
# Each client once, by their first visit of the period: that is what was drawn by lot.
HOLDOUT = """
WITH drawn AS MATERIALIZED (
  SELECT DISTINCT ON (r.agent, i.client_id) r.agent, r.holdout, i.client_id, i.appointment_id
  FROM agents_agentrun r JOIN approvals_approvalitem i ON i.id = r.item_id
  WHERE r.location_id = ANY(%(places)s) AND r.compared AND r.outcome = 'drafted'
    AND r.created_at >= %(since)s AND r.created_at < %(until)s
    AND i.client_id IS NOT NULL AND i.appointment_id IS NOT NULL
  ORDER BY r.agent, i.client_id, r.id
), visits AS (
  SELECT d.agent, d.holdout, a.status, a.starts_at <= %(ripe)s AS ripe,
    EXISTS (
      SELECT 1 FROM integrations_appointment n WHERE n.client_id = d.client_id
        AND n.starts_at > a.starts_at AND n.booked_at >= a.starts_at
        AND n.booked_at <= a.starts_at + interval '30 days' AND n.deleted_at IS NULL
    ) AS rebooked,
    (SELECT s.total FROM integrations_sale s WHERE s.client_id = d.client_id
       AND a.visit_id <> '' AND s.visit_id = a.visit_id AND s.deleted_at IS NULL
     ORDER BY s.id LIMIT 1) AS ticket
  FROM drawn d JOIN integrations_appointment a ON a.id = d.appointment_id
  WHERE a.starts_at < %(until)s
)
SELECT agent, holdout, count(*) AS clients,
  count(*) FILTER (WHERE status IN ('completed', 'checked_in')) AS came,
  count(*) FILTER (WHERE status = 'no_show') AS missed,
  count(*) FILTER (WHERE status = 'completed' AND ripe) AS ripe,
  count(*) FILTER (WHERE status = 'completed' AND ripe AND rebooked) AS rebooked,
  count(ticket) AS tickets, coalesce(avg(ticket), 0) AS ticket,
  coalesce(var_samp(ticket), 0) AS spread
FROM visits GROUP BY 1, 2
"""
OBSERVED = """
SELECT agent, count(*), count(*) FILTER (WHERE outcome = 'same'),
  count(*) FILTER (WHERE outcome = 'other'), count(*) FILTER (WHERE outcome = 'nothing'),
  percentile_cont(0.5) WITHIN GROUP (ORDER BY minutes) FILTER (WHERE minutes IS NOT NULL)
FROM approvals_observeddraft
WHERE location_id = ANY(%(places)s) AND drafted_at >= %(since)s AND drafted_at < %(until)s
GROUP BY 1 ORDER BY 1
"""
RIPE = timedelta(days=30)


def team_pace(median: float | None, timed: int, people: int) -> str:
    """The median in words, or '' where it would tell one person's speed."""
    return in_words(median) if people >= LEAST_PEOPLE and timed >= LEAST_TIMED else ""


@dataclass(frozen=True)
class Asked:
    """Whose drafts, and of when. ``before``: where the period to compare with begins."""

    places: Sequence[int]
    agents: Sequence[str]
    since: datetime
    until: datetime
    before: datetime
    zone: str = "UTC"
    user_id: int = 0

    def params(self) -> dict[str, Any]:
        said = {one.name: getattr(self, one.name) for one in fields(self)}
        return said | {
            "places": list(self.places),
            "agents": list(self.agents),
            "user": self.user_id,
            "ripe": self.until - RIPE,
        }


@dataclass(frozen=True)
class Tally:
    """Drafts of one agent by one prompt and model; ``recent`` False: of the period before.

    ``seconds`` is the team's median, ``people`` how many of them it is made of; ``latency_ms`` what
    95 of a hundred were ready within; ``checked`` drafts whose facts were counted.
    """

    agent: str
    recent: bool
    prompt: int | None
    model: str
    writer: str
    drafts: int
    unedited: int
    edited: int
    rejected: int
    alone: int
    timed: int
    people: int
    seconds: float | None
    checked: int
    not_found: int
    cost: Decimal
    latency_ms: float | None
    fallbacks: int

    @property
    def decided(self) -> int:
        """By a person, one by one."""
        return self.unedited + self.edited + self.rejected


@dataclass(frozen=True)
class Week:
    """One week of all agents; ``own`` is the median of the person who looks."""

    week: Any
    drafts: int
    unedited: int
    edited: int
    rejected: int
    alone: int
    timed: int
    people: int
    seconds: float | None
    own_timed: int
    own: float | None

    @property
    def pace(self) -> str:
        """The team's median, or '' where it would be one person's."""
        return team_pace(self.seconds, self.timed, self.people)


@dataclass(frozen=True)
class Arm:
    """One side of a comparison; ``came`` and ``missed`` leave cancelled visits out."""

    agent: str
    holdout: bool
    clients: int
    came: int
    missed: int
    ripe: int
    rebooked: int
    ticket: Sample


@dataclass(frozen=True)
class Watched:
    """Drafts kept for comparison beside what staff did by themselves."""

    agent: str
    drafts: int
    same: int
    other: int
    nothing: int
    minutes: float | None


def versions_of(asked: Asked) -> list[Tally]:
    return [Tally(*row) for row in _rows(VERSIONS, asked)]


def reasons_of(asked: Asked) -> list[tuple[str, str, int]]:
    """(agent, reason, how often)."""
    return [(agent, reason, n) for agent, reason, n in _rows(REASONS, asked)]


def weeks_of(asked: Asked) -> list[Week]:
    return [Week(*row) for row in _rows(WEEKS, asked)]


def arms_of(asked: Asked) -> list[Arm]:
    return [_arm(*row) for row in _rows(HOLDOUT, asked)]


def _arm(agent: str, holdout: bool, *rest: Any) -> Arm:
    clients, came, missed, ripe, rebooked, tickets, mean, spread = rest
    paid = Sample(tickets, float(mean), float(spread))
    return Arm(agent, holdout, clients, came, missed, ripe, rebooked, paid)


def watched_of(asked: Asked) -> list[Watched]:
    return [Watched(*row) for row in _rows(OBSERVED, asked)]


MOST_SHOWN = 8


def compared_lately(asked: Asked, rights: Rights) -> list[ObservedDraft]:
    """The newest comparisons, for a look at the drafts themselves."""
    mine = ApprovalItem.real.filter(rights.visible(), location_id__in=list(asked.places))
    found = ObservedDraft.objects.filter(
        item__in=mine, drafted_at__gte=asked.since, drafted_at__lt=asked.until
    )
    return list(found.select_related("item__client").order_by("-drafted_at", "-pk")[:MOST_SHOWN])


def _rows(sql: str, asked: Asked) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, asked.params())
        return cursor.fetchall()
