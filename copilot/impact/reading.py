"""What the impact page reads: nine statements for all locations, whatever there is.

Every statement adds up in the database and gives one row per location and stretch of time ("now":
what is looked at, "ours": the part of it in which the copilot worked, "year": the same weeks a year
before, "first": as many days before the copilot began), so that one location and all of them are
made of the same numbers.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from copilot.impact.periods import Period
from copilot.quality.stats import Sample

STRETCHES = """
stretches(stretch, begins, ends) AS (VALUES
  ('now', %(since)s::timestamptz, %(until)s::timestamptz),
  ('ours', %(ours_since)s::timestamptz, %(until)s::timestamptz),
  ('year', %(year_since)s::timestamptz, %(year_until)s::timestamptz),
  ('first', %(first_since)s::timestamptz, %(first_until)s::timestamptz))
"""
# A visit of several services is one: lost if any of it was, worth all of it together.
VISITS = f"""
WITH {STRETCHES}, visits AS (
  SELECT a.location_id, s.stretch, coalesce(nullif(a.visit_id, ''), a.id::text) AS visit,
    bool_or(a.status = 'no_show') AS missed,
    bool_or(a.status IN ('completed', 'checked_in')) AS came,
    sum(a.price) FILTER (WHERE a.status = 'no_show') AS lost
  FROM integrations_appointment a JOIN stretches s
    ON a.starts_at >= s.begins AND a.starts_at < s.ends
  WHERE a.location_id = ANY(%(places)s) AND a.deleted_at IS NULL
    AND a.status IN ('completed', 'checked_in', 'no_show')
  GROUP BY 1, 2, 3
)
SELECT location_id, stretch, count(*), count(*) FILTER (WHERE missed AND NOT came),
  coalesce(sum(lost) FILTER (WHERE NOT came), 0)
FROM visits GROUP BY 1, 2
"""  # noqa: S608
# Each client once, by their first visit of the stretch, if there was time to come back.
RETURNS = f"""
WITH {STRETCHES}, firsts AS (
  SELECT DISTINCT ON (a.location_id, s.stretch, a.client_id)
    a.location_id, s.stretch, a.client_id, a.starts_at
  FROM integrations_appointment a JOIN stretches s
    ON a.starts_at >= s.begins - %(within)s AND a.starts_at < s.ends - %(within)s
  WHERE a.location_id = ANY(%(places)s) AND a.status = 'completed' AND a.deleted_at IS NULL
    AND a.client_id IS NOT NULL
  ORDER BY a.location_id, s.stretch, a.client_id, a.starts_at
)
SELECT f.location_id, f.stretch, count(*), count(*) FILTER (WHERE EXISTS (
    SELECT 1 FROM integrations_appointment n WHERE n.client_id = f.client_id
      AND n.status IN ('completed', 'checked_in') AND n.deleted_at IS NULL
      AND n.starts_at > f.starts_at + interval '12 hours'
      AND n.starts_at <= f.starts_at + %(within)s))
FROM firsts f GROUP BY 1, 2
"""  # noqa: S608
RETAIL = f"""
WITH {STRETCHES}, tickets AS (
  SELECT t.location_id, s.stretch, t.id,
    coalesce(sum(l.amount) FILTER (WHERE l.kind = 'product'), 0) AS retail
  FROM integrations_sale t JOIN stretches s ON t.closed_at >= s.begins AND t.closed_at < s.ends
  LEFT JOIN integrations_saleline l ON l.sale_id = t.id
  WHERE t.location_id = ANY(%(places)s) AND t.deleted_at IS NULL
  GROUP BY 1, 2, 3
)
SELECT location_id, stretch, count(*), count(*) FILTER (WHERE retail > 0), coalesce(sum(retail), 0),
  coalesce(avg(retail), 0), coalesce(var_samp(retail), 0)
FROM tickets GROUP BY 1, 2
"""  # noqa: S608
# What was suggested at the counter, whether it was said, and whether it was bought.
SAID = """
SELECT location_id, count(*) FILTER (WHERE answer = 'said'),
  count(*) FILTER (WHERE answer = 'said' AND sold_at IS NOT NULL),
  coalesce(sum(sold_amount) FILTER (WHERE answer = 'said'), 0),
  count(*) FILTER (WHERE answer <> 'said'),
  count(*) FILTER (WHERE answer <> 'said' AND sold_at IS NOT NULL)
FROM agents_checkoutidea
WHERE location_id = ANY(%(places)s) AND made_at >= %(since)s AND made_at < %(until)s
GROUP BY 1
"""
# Everybody who was drawn for a win-back, written to or left alone, once their time is over.
BACK = """
SELECT location_id, held_out, count(*), count(came_at)
FROM agents_outreach
WHERE location_id = ANY(%(places)s) AND agent = 'winback'
  AND watched_until >= %(since)s AND watched_until < %(until)s
GROUP BY 1, 2
"""
# Slots that came free in the period and are settled, and what became of them.
OPENINGS = """
SELECT location_id, count(*), count(*) FILTER (WHERE state = 'booked'),
  coalesce(sum(coalesce(value, price)) FILTER (WHERE state = 'booked'), 0),
  coalesce(avg(coalesce(value, price)) FILTER (WHERE state = 'booked'), 0),
  coalesce(var_samp(coalesce(value, price)) FILTER (WHERE state = 'booked'), 0),
  count(coalesce(value, price)) FILTER (WHERE state = 'booked')
FROM approvals_opening
WHERE location_id = ANY(%(places)s) AND opened_at >= %(since)s AND opened_at < %(until)s
  AND state NOT IN ('open', 'offering', 'held')
GROUP BY 1
"""
# Answers that settled something without a call, and how long people looked at drafts. A card that
# was left open is cut at two minutes: nobody reads one for longer.
DESK = """
SELECT location_id, sum(answers), sum(minutes), sum(timed), sum(calls) FROM (
  SELECT m.location_id, count(*) AS answers, 0::float AS minutes, 0 AS timed, 0 AS calls
  FROM integrations_message m JOIN approvals_answer a ON a.message_id = m.id
  WHERE m.location_id = ANY(%(places)s) AND m.sent_at >= %(since)s AND m.sent_at < %(until)s
    AND a.outcome IN ('accepted', 'declined', 'confirmed', 'called_off', 'late', 'agreed')
  GROUP BY 1
  UNION ALL
  SELECT i.location_id, 0, coalesce(sum(least(d.seconds, 120)), 0) / 60, count(d.seconds), 0
  FROM approvals_decision d JOIN approvals_approvalitem i ON i.id = d.item_id
  WHERE i.location_id = ANY(%(places)s) AND d.at >= %(since)s AND d.at < %(until)s
    AND d.kind IN ('approve', 'reject', 'edit', 'snooze', 'handled', 'regenerate')
    AND NOT i.seeded
  GROUP BY 1
  UNION ALL
  SELECT location_id, 0, 0, 0, count(*) FROM approvals_calloutcome
  WHERE location_id = ANY(%(places)s) AND at >= %(since)s AND at < %(until)s
    AND undone_at IS NULL
  GROUP BY 1
) AS parts GROUP BY 1
"""
COST = """
SELECT location_id, count(*), sum(cost), coalesce(avg(cost), 0), coalesce(var_samp(cost), 0),
  coalesce(sum(input_tokens + output_tokens), 0)
FROM agents_agentrun
WHERE location_id = ANY(%(places)s) AND created_at >= %(since)s AND created_at < %(until)s
  AND outcome = 'drafted'
GROUP BY 1
"""
WEEKS = """
SELECT week, sum(filled), sum(unfilled), sum(came), sum(missed) FROM (
  SELECT date_trunc('week', opened_at AT TIME ZONE %(zone)s)::date AS week,
    count(*) FILTER (WHERE state = 'booked') AS filled,
    count(*) FILTER (WHERE state <> 'booked') AS unfilled, 0 AS came, 0 AS missed
  FROM approvals_opening
  WHERE location_id = ANY(%(places)s) AND opened_at >= %(since)s AND opened_at < %(until)s
    AND state NOT IN ('open', 'offering', 'held')
  GROUP BY 1
  UNION ALL
  SELECT date_trunc('week', starts_at AT TIME ZONE %(zone)s)::date, 0, 0,
    count(*) FILTER (WHERE status IN ('completed', 'checked_in')),
    count(*) FILTER (WHERE status = 'no_show')
  FROM integrations_appointment
  WHERE location_id = ANY(%(places)s) AND starts_at >= %(since)s AND starts_at < %(until)s
    AND deleted_at IS NULL AND status IN ('completed', 'checked_in', 'no_show')
  GROUP BY 1
) AS parts GROUP BY 1 ORDER BY 1
"""


def pooled(parts: Iterable[Sample]) -> Sample:
    """Samples of several locations as one: means and variances add up exactly."""
    known = [one for one in parts if one.n]
    n = sum(one.n for one in known)
    if not n:
        return Sample(0, 0.0, 0.0)
    mean = sum(one.n * one.mean for one in known) / n
    square = sum((one.n - 1) * one.variance + one.n * (one.mean - mean) ** 2 for one in known)
    return Sample(n, mean, square / (n - 1) if n > 1 else 0.0)


@dataclass(frozen=True)
class Visits:
    """``n`` visits that took place or were missed."""

    n: int = 0
    missed: int = 0
    lost: Decimal = Decimal(0)

    def __add__(self, other: "Visits") -> "Visits":
        return Visits(self.n + other.n, self.missed + other.missed, self.lost + other.lost)


@dataclass(frozen=True)
class Returns:
    """``n`` clients, and how many of them came again in time."""

    n: int = 0
    again: int = 0

    def __add__(self, other: "Returns") -> "Returns":
        return Returns(self.n + other.n, self.again + other.again)


@dataclass(frozen=True)
class Retail:
    """``n`` checkouts, how many with a product, and what products brought."""

    n: int = 0
    bought: int = 0
    sum: Decimal = Decimal(0)
    each: Sample = field(default_factory=lambda: Sample(0, 0.0, 0.0))

    def __add__(self, other: "Retail") -> "Retail":
        each = pooled([self.each, other.each])
        return Retail(self.n + other.n, self.bought + other.bought, self.sum + other.sum, each)


@dataclass(frozen=True)
class Said:
    """Suggestions that were said and bought, and those bought without being said."""

    said: int = 0
    sold: int = 0
    value: Decimal = Decimal(0)
    unsaid: int = 0
    unsaid_sold: int = 0

    def __add__(self, other: "Said") -> "Said":
        return Said(
            self.said + other.said,
            self.sold + other.sold,
            self.value + other.value,
            self.unsaid + other.unsaid,
            self.unsaid_sold + other.unsaid_sold,
        )


@dataclass(frozen=True)
class Openings:
    """``n`` slots that came free and are settled; what the filled ones are worth."""

    n: int = 0
    filled: int = 0
    value: Decimal = Decimal(0)
    each: Sample = field(default_factory=lambda: Sample(0, 0.0, 0.0))

    def __add__(self, other: "Openings") -> "Openings":
        each = pooled([self.each, other.each])
        return Openings(
            self.n + other.n, self.filled + other.filled, self.value + other.value, each
        )


@dataclass(frozen=True)
class Desk:
    """Answers that needed no call, minutes over drafts, and calls that were made all the same."""

    answers: int = 0
    minutes: float = 0.0
    timed: int = 0
    calls: int = 0

    def __add__(self, other: "Desk") -> "Desk":
        return Desk(
            self.answers + other.answers,
            self.minutes + other.minutes,
            self.timed + other.timed,
            self.calls + other.calls,
        )


@dataclass(frozen=True)
class Cost:
    """What writing cost: ``n`` drafts, their sum, the mean of one, tokens."""

    n: int = 0
    sum: Decimal = Decimal(0)
    each: Sample = field(default_factory=lambda: Sample(0, 0.0, 0.0))
    tokens: int = 0

    def __add__(self, other: "Cost") -> "Cost":
        each = pooled([self.each, other.each])
        return Cost(self.n + other.n, self.sum + other.sum, each, self.tokens + other.tokens)


@dataclass(frozen=True)
class Week:
    week: date
    filled: int
    unfilled: int
    came: int
    missed: int


@dataclass
class Numbers:
    """Everything of one location, or of several added up. Keys of the first three: the stretch.
    ``too_short``: the copilot has not worked long enough for "ours" to be compared."""

    visits: dict[str, Visits] = field(default_factory=dict)
    returns: dict[str, Returns] = field(default_factory=dict)
    retail: dict[str, Retail] = field(default_factory=dict)
    said: Said = Said()
    asked: Returns = Returns()
    left_alone: Returns = Returns()
    openings: Openings = Openings()
    desk: Desk = Desk()
    cost: Cost = Cost()
    too_short: bool = False

    def __add__(self, other: "Numbers") -> "Numbers":
        return Numbers(
            _added(self.visits, other.visits, Visits()),
            _added(self.returns, other.returns, Returns()),
            _added(self.retail, other.retail, Retail()),
            self.said + other.said,
            self.asked + other.asked,
            self.left_alone + other.left_alone,
            self.openings + other.openings,
            self.desk + other.desk,
            self.cost + other.cost,
            self.too_short or other.too_short,
        )


def _added(one: dict[str, Any], two: dict[str, Any], nothing: Any) -> dict[str, Any]:
    return {key: one.get(key, nothing) + two.get(key, nothing) for key in one.keys() | two.keys()}


def numbers_of(period: Period) -> dict[int, Numbers]:
    """{location: its numbers}; eight statements for all of them."""
    found = {place.pk: Numbers(too_short=period.too_short) for place in period.places}
    for place, stretch, n, missed, lost in rows(VISITS, period):
        found[place].visits[stretch] = Visits(n, missed, Decimal(lost))
    for place, stretch, n, again in rows(RETURNS, period):
        found[place].returns[stretch] = Returns(n, again)
    for place, stretch, n, bought, total, mean, spread in rows(RETAIL, period):
        each = Sample(n, float(mean), float(spread))
        found[place].retail[stretch] = Retail(n, bought, Decimal(total), each)
    for place, said, sold, value, unsaid, unsaid_sold in rows(SAID, period):
        found[place].said = Said(said, sold, Decimal(value), unsaid, unsaid_sold)
    for place, held_out, n, again in rows(BACK, period):
        setattr(found[place], "left_alone" if held_out else "asked", Returns(n, again))
    for place, n, filled, value, mean, spread, valued in rows(OPENINGS, period):
        each = Sample(valued, float(mean), float(spread))
        found[place].openings = Openings(n, filled, Decimal(value), each)
    for place, answers, minutes, timed, calls in rows(DESK, period):
        found[place].desk = Desk(int(answers), float(minutes), int(timed), int(calls))
    for place, n, total, mean, spread, tokens in rows(COST, period):
        each = Sample(n, float(mean), float(spread))
        found[place].cost = Cost(n, Decimal(total), each, int(tokens))
    return found


def weeks_of(period: Period) -> list[Week]:
    return [Week(week, *map(int, rest)) for week, *rest in rows(WEEKS, period)]


def rows(sql: str, period: Period) -> list[tuple[Any, ...]]:
    if not period.places:
        return []
    with connection.cursor() as cursor:
        cursor.execute(sql, period.params())
        return cursor.fetchall()
