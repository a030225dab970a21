"""How many tests the team of a location caught, month by month. No names, and never few enough to
tell one person."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q
from django.db.models.functions import TruncMonth

from approvals.models import SeededDraft
from approvals.permissions import people_with
from integrations.models import Location

MOST_MONTHS = 6
# Below these a number would be somebody's.
LEAST_TESTS = 10
LEAST_PEOPLE = 3
Outcome = SeededDraft.Outcome


@dataclass(frozen=True)
class Month:
    """``caught`` of ``met`` tests; None where too few were met to be shown."""

    first: date
    met: int | None
    caught: int | None


@dataclass(frozen=True)
class TeamTrend:
    """``few_people``: the team is too small for any number to stay nobody's."""

    months: list[Month]
    few_people: bool

    @property
    def shown(self) -> bool:
        return not self.few_people and any(month.met is not None for month in self.months)


def team_trend(location: Location) -> TeamTrend:
    """Newest first."""
    if len(people_with(location.pk, "review_messages")) < LEAST_PEOPLE:
        return TeamTrend([], few_people=True)
    rows = (
        SeededDraft.objects.filter(location=location, outcome__in=[Outcome.CAUGHT, Outcome.MISSED])
        .annotate(month=TruncMonth("answered_on"))
        .values("month")
        .annotate(met=Count("pk"), caught=Count("pk", filter=Q(outcome=Outcome.CAUGHT)))
        .order_by("-month")[:MOST_MONTHS]
    )
    return TeamTrend([_month(row["month"], row["met"], row["caught"]) for row in rows], False)


def _month(first: date, met: int, caught: int) -> Month:
    return Month(first, met, caught) if met >= LEAST_TESTS else Month(first, None, None)
