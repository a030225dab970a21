"""What the model may cost at a location, and every call written down."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Sum

from agents.base import ModelUse
from agents.here import rules_of
from agents.models import LocationRules, ModelCall
from core import clock
from core.audit import Actor, audit_record
from integrations.models import Location

logger = logging.getLogger(__name__)
WARN_AT = Decimal("0.8")
SPENT_DAY = "today's budget for the model is used up"
SPENT_MONTH = "this month's budget for the model is used up"


@dataclass(frozen=True)
class Asker:
    """Who asks the model: where its cost belongs and which run it is for.

    Without a location no budget applies (an admin tests a connection).
    """

    connection_id: str | None
    location_id: int | None
    agent: str = ""
    run_id: int | None = None
    prompt_id: int | None = None
    purpose: str = ModelCall.Purpose.DRAFT


@dataclass(frozen=True)
class Spending:
    """US dollars spent at a location since its midnight and since the first of its month."""

    day: Decimal
    month: Decimal


def spending(location: Location, now: datetime) -> Spending:
    local = now.astimezone(location.zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    rows = ModelCall.objects.filter(location=location)
    found = [
        rows.filter(at__gte=since).aggregate(spent=Sum("cost"))["spent"] or Decimal(0)
        for since in (midnight, midnight.replace(day=1))
    ]
    return Spending(*found)


def budget_spent(location_id: int) -> str:
    """Why no model may be asked here now, or ''. Warns once a day and month from 80 %.

    Calls in flight are not counted: the last few may go a little over.
    """
    rules = rules_of(location_id)
    if rules is None or (rules.daily_budget is None and rules.monthly_budget is None):
        return ""
    now = clock.now()
    spent = spending(rules.location, now)
    today = now.astimezone(rules.location.zone).date()
    for limit, used, field, since, said in (
        (rules.daily_budget, spent.day, "warned_day", today, SPENT_DAY),
        (rules.monthly_budget, spent.month, "warned_month", today.replace(day=1), SPENT_MONTH),
    ):
        if limit is not None and used >= limit * WARN_AT:
            _warn(rules, field, since, used, limit)
        if limit is not None and used >= limit:
            return said
    return ""


@dataclass(frozen=True)
class Nearly:
    """A budget of which four fifths are used, or all of it; US dollars."""

    location: Location
    per: str
    used: Decimal
    limit: Decimal

    @property
    def gone(self) -> bool:
        return self.used >= self.limit


def budgets_nearly_used(location_ids: Sequence[int]) -> list[Nearly]:
    """What admins and managers are told of; one statement, and two for each place with a limit."""
    limited = LocationRules.objects.exclude(daily_budget=None, monthly_budget=None)
    rows = limited.filter(location__in=location_ids).select_related("location")
    found, now = [], clock.now()
    for rules in rows.order_by("location__name", "pk"):
        spent = spending(rules.location, now)
        pairs = (
            ("day", spent.day, rules.daily_budget),
            ("month", spent.month, rules.monthly_budget),
        )
        found += [
            Nearly(rules.location, per, used, limit)
            for per, used, limit in pairs
            if limit is not None and used >= limit * WARN_AT
        ]
    return found


def _warn(rules: LocationRules, field: str, since: date, used: Decimal, limit: Decimal) -> None:
    """Once for each day or month, however many workers notice."""
    first = (
        LocationRules.objects.filter(pk=rules.pk).exclude(**{field: since}).update(**{field: since})
    )
    if not first:
        return
    what = "day" if field == "warned_day" else "month"
    logger.warning("model budget of location %s for the %s is nearly used", rules.location_id, what)
    audit_record(
        action="budget.warned",
        actor=Actor.system("model"),
        connection=rules.location.connection_id,
        location=rules.location_id,
        subject=f"location:{rules.location_id}",
        facts={"per": what, "spent": str(used), "limit": str(limit)},
    )


def call_record(asker: Asker, use: ModelUse, outcome: str) -> None:
    ModelCall.objects.create(
        connection_id=asker.connection_id,
        location_id=asker.location_id,
        agent=asker.agent,
        run_id=asker.run_id,
        prompt_id=asker.prompt_id,
        purpose=asker.purpose,
        model=use.model[:80],
        outcome=outcome[:200],
        input_tokens=use.input_tokens,
        cached_tokens=use.cached_tokens,
        output_tokens=use.output_tokens,
        cost=use.cost,
        milliseconds=use.milliseconds,
    )
