"""What the page reads: one location's clients, worst first, and what came of asking."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from agents.config import config_for
from agents.models import ClientOutlook, Outreach, ReturnModel
from agents.registry import agents
from agents.returning.outlook import SEGMENTS
from core import clock
from integrations.models import Appointment, Location

WINBACK = "winback"
MOST = 100
LEAST_COMPARED = 20


@dataclass(frozen=True)
class Line:
    """One client; ``alone``: drawn to be left alone over this absence, ``asked``: written to."""

    outlook: ClientOutlook
    since_weeks: int
    alone: bool
    asked: bool


@dataclass(frozen=True)
class Came:
    """What came of one arm. ``n`` who can be compared; ``spent`` by all of them together."""

    n: int
    booked: int
    answered: int
    spent: Decimal

    @property
    def percent(self) -> int:
        return round(100 * self.booked / self.n) if self.n else 0

    @property
    def each(self) -> Decimal:
        return self.spent / self.n if self.n else Decimal(0)


@dataclass(frozen=True)
class Compared:
    """What came of one agent's writing, beside those it left alone by chance."""

    label: str
    asked: Came
    alone: Came

    @property
    def enough(self) -> bool:
        return min(self.asked.n, self.alone.n) >= LEAST_COMPARED


@dataclass(frozen=True)
class Shown:
    """``compared``: win back first, then whatever else wrote first."""

    lines: list[Line]
    counts: dict[str, int]
    compared: list[Compared]
    model: ReturnModel | None
    winback_on: bool


def page_read(place: Location, segment: str) -> Shown:
    """Everything of one location's page. ``segment`` is one of ``SEGMENTS``."""
    today = clock.now().date()
    rows = living(place).filter(segments__contains=[segment])
    if segment == "slipping":
        rows = rows.filter(~Exists(_ahead()))
    rows = rows.order_by("-at_risk", "-worth", "pk")[:MOST]
    found = list(rows)
    drawn = {
        (one.client_id, one.key): one
        for one in Outreach.objects.filter(
            agent=WINBACK, client__in=[row.client_id for row in found]
        )
    }
    return Shown(
        lines=[_line(row, drawn, today) for row in found],
        counts={name: living(place).filter(segments__contains=[name]).count() for name in SEGMENTS},
        compared=_compared(place),
        model=ReturnModel.objects.filter(connection=place.connection_id).first(),
        winback_on=config_for(WINBACK, place).enabled,
    )


def living(place: Location) -> QuerySet[ClientOutlook]:
    rows = ClientOutlook.objects.filter(
        location=place, visits__gt=0, client__deleted_at=None, client__merged_into=None
    )
    return rows.select_related("client")


def _ahead() -> QuerySet[Any]:
    return Appointment.objects.filter(
        client=OuterRef("client"),
        status__in=Appointment.UPCOMING,
        starts_at__gt=clock.now(),
        deleted_at=None,
    )


def _line(row: ClientOutlook, drawn: dict[tuple[int, str], Outreach], today: date) -> Line:
    one = drawn.get((row.client_id, f"since:{row.last_visit_on}"))
    weeks = ((today - row.last_visit_on).days + 3) // 7 if row.last_visit_on else 0
    return Line(row, weeks, bool(one and one.held_out), bool(one and not one.held_out))


def _compared(place: Location) -> list[Compared]:
    """Asked and left alone, by agent. Who was drawn and whose draft nobody sent counts in
    neither."""
    rows = Outreach.objects.filter(location=place)
    rows = rows.filter(Q(held_out=True) | Q(asked_at__isnull=False))
    told = rows.order_by().values("agent", "held_out").annotate(
        n=Count("pk"), booked=Count("booked_at"), answered=Count("answered_at"), took=Sum("spent")
    )  # fmt: skip
    found = {
        (row["agent"], row["held_out"]): Came(
            row["n"], row["booked"], row["answered"], row["took"] or Decimal(0)
        )
        for row in told
    }
    known = {agent for agent, _held in found if agent in agents}
    nothing = Came(0, 0, 0, Decimal(0))
    return [
        Compared(
            _(str(agents.get(name).label)),
            found.get((name, False), nothing),
            found.get((name, True), nothing),
        )
        for name in [WINBACK, *sorted(known - {WINBACK})]
    ]
