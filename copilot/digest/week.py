"""The weekly edition: what last week took, what was unusual and why it might have been, and what
the week to come should bring. On Mondays in the owner's digest, any day on a page of its own.

Takings are receipts by local day; where a platform shows none, prices of completed visits. What is
said as a reason is something that was different on that day too; it proves nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from statistics import fmean, median
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import CharField, Count, Q, QuerySet, Sum, Value
from django.db.models.functions import Cast, Coalesce, NullIf, TruncDate
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agents.forecasting.days import Unusual, days_forecast, unusual_days
from agents.forecasting.weeks import Weeks, push_effect, weeks_forecast
from agents.models import PriceOffer
from copilot.digest.windows import midnight
from integrations.hours import openings
from integrations.models import Appointment, Location, Sale, User

WEEK = timedelta(days=7)
BACK = timedelta(weeks=112)
DAYS_BACK = timedelta(weeks=26)
WEEKS_AHEAD = 4
# With a year behind, last year's same week says more than the last weekdays.
YEAR = 53
LOST_OFTEN = 3
PARTIAL = 0.4
Status = Appointment.Status
# What was wanted of the salon: also who did not come had asked for the hour.
WANTED = (Status.COMPLETED, Status.CHECKED_IN, Status.NO_SHOW)


@dataclass(frozen=True)
class Odd:
    """One unusual day and what else was different on it."""

    unusual: Unusual
    reasons: list[str]

    @property
    def percent(self) -> int:
        return round(100 * (self.unusual.ratio - 1))


@dataclass(frozen=True)
class Demand:
    """One day to come: how many visits are expected, how many of them are booked already, and what
    the day should take (None where too little is known of takings)."""

    day: date
    visits: float
    booked: int
    takes: float | None


@dataclass(frozen=True)
class Edition:
    """One location's week. ``ahead``: (day, expected) of the next seven open days; None where too
    little is known. ``weeks``: (Monday, expected) of the next four where a year is known.
    ``demand``: visits of the same seven days; empty where too little is known of visits."""

    place: Location
    took: float
    week_before: float
    odd: list[Odd]
    ahead: list[tuple[date, float]] | None
    weeks: list[tuple[date, float]]
    demand: list[Demand] = field(default_factory=list)

    @property
    def visits(self) -> float:
        return sum(one.visits for one in self.demand)

    @property
    def booked(self) -> int:
        return sum(one.booked for one in self.demand)

    @property
    def expected(self) -> float:
        return sum(value for _day, value in self.ahead or [])

    @property
    def change(self) -> int | None:
        """Last week against the one before it, in percent."""
        return round(100 * (self.took / self.week_before - 1)) if self.week_before > 0 else None


def is_owner(user: User) -> bool:
    """Whether the platform knows this person as an owner of some location."""
    staff = getattr(user, "staff", None)
    return staff is not None and any(role.get("role") == "owner" for role in staff.roles)


def edition_of(place: Location, today: date) -> Edition:
    """The edition of the week before ``today``'s and of the seven days from ``today`` on."""
    monday = today - timedelta(days=today.weekday())
    took = whole(takings(place, today - BACK, today))
    lately = {day: value for day, value in took.items() if day >= today - DAYS_BACK}
    came = whole(visits_by_day(place, today - DAYS_BACK, today, WANTED))
    ahead = _open_days(place, lately or came, [today + timedelta(days=n) for n in range(7)])
    said = days_forecast(lately, ahead)
    return Edition(
        place=place,
        took=_sum(took, monday - WEEK, monday),
        week_before=_sum(took, monday - 2 * WEEK, monday - WEEK)
        if took and min(took) < monday - 2 * WEEK + timedelta(days=3)
        else 0.0,
        odd=_odd(place, lately, monday - WEEK, monday),
        ahead=list(zip(ahead, said, strict=True)) if said is not None else None,
        weeks=_weeks(place, took, monday),
        demand=_demand(place, came, ahead, said),
    )


def takings(place: Location, first: date, end: date) -> dict[date, float]:
    """What each local day from ``first`` on and before ``end`` took; days without are left out."""
    within = _between("closed_at", first, end, place.zone)
    sales = Sale.objects.filter(within, location=place, deleted_at=None)
    found = _by_day(sales, "closed_at", "total", place.zone)
    if found:
        return found
    within = _between("starts_at", first, end, place.zone)
    visits = Appointment.objects.filter(
        within, location=place, status__in=[Status.COMPLETED, Status.CHECKED_IN], deleted_at=None
    )
    return _by_day(visits, "starts_at", "price", place.zone)


def whole(days: Mapping[date, float]) -> dict[date, float]:
    """Without the beginning of a past of which the platform shows only a part (bottles and no
    treatments, a few clients' visits): the weeks before the first that is at least two fifths of
    what the last ones are, by the open day."""
    weeks: dict[date, list[float]] = defaultdict(list)
    for day, value in days.items():
        weeks[day - timedelta(days=day.weekday())].append(value)
    if len(weeks) < 2:
        return dict(days)
    mondays = sorted(weeks)
    usual = median(value for monday in mondays[-4:] for value in weeks[monday])
    first = next(one for one in mondays if fmean(weeks[one]) >= PARTIAL * usual)
    kept = {day: value for day, value in sorted(days.items()) if day >= first}
    for day in list(kept):
        if kept[day] >= PARTIAL * usual:
            break
        del kept[day]
    return kept


def visits_by_day(
    place: Location, first: date, end: date, statuses: Sequence[str]
) -> dict[date, float]:
    """How many visits each local day had; several services of one visit are one."""
    rows = Appointment.objects.filter(
        _between("starts_at", first, end, place.zone),
        location=place, status__in=statuses, deleted_at=None,
    )  # fmt: skip
    one = Coalesce(NullIf("visit_id", Value("")), Cast("pk", CharField()))
    days = _days(rows, "starts_at", place.zone)
    told = days.annotate(n=Count(one, distinct=True)).values_list("on", "n")
    return {day: float(n) for day, n in told if n}


def _demand(
    place: Location,
    came: Mapping[date, float],
    ahead: Sequence[date],
    takes: Sequence[float] | None,
) -> list[Demand]:
    """Visits of the days ahead: never fewer than are booked already."""
    said = days_forecast(came, ahead)
    if said is None or not ahead:
        return []
    stands = [*Appointment.UPCOMING, Status.CHECKED_IN, Status.COMPLETED]
    booked = visits_by_day(place, ahead[0], ahead[-1] + timedelta(days=1), stands)
    return [
        Demand(
            day,
            max(said[at], booked.get(day, 0.0)),
            int(booked.get(day, 0)),
            takes[at] if takes is not None else None,
        )
        for at, day in enumerate(ahead)
    ]


def _between(field: str, first: date, end: date, zone: ZoneInfo) -> Q:
    return Q(**{f"{field}__gte": midnight(first, zone), f"{field}__lt": midnight(end, zone)})


def _days(rows: QuerySet[Any], at: str, zone: ZoneInfo) -> QuerySet[Any, Any]:
    """Rows grouped by the local day of a moment: ``on``."""
    return rows.order_by().annotate(on=TruncDate(at, tzinfo=zone)).values("on")


def _by_day(rows: QuerySet[Any], at: str, value: str, zone: ZoneInfo) -> dict[date, float]:
    told = _days(rows, at, zone).annotate(total=Sum(value)).values_list("on", "total")
    return {day: float(total) for day, total in told if total and total > 0}


def _sum(took: Mapping[date, float], first: date, end: date) -> float:
    return sum(value for day, value in took.items() if first <= day < end)


def _open_days(place: Location, took: Mapping[date, float], days: Sequence[date]) -> list[date]:
    """Those on which the salon opens: by its hours, else on weekdays that lately took something."""
    if place.opening_hours:
        return [day for day in days if openings(place, day)]
    weekdays = Counter(day.weekday() for day in took)
    return [day for day in days if weekdays[day.weekday()] >= 2]


def _weeks(place: Location, took: Mapping[date, float], monday: date) -> list[tuple[date, float]]:
    """The next four weeks from last year's same ones; nothing with less than a year behind."""
    if not took:
        return []
    first = min(took) - timedelta(days=min(took).weekday())
    count = (monday - first).days // 7
    if count < YEAR:
        return []
    mondays = [first + WEEK * n for n in range(count + WEEKS_AHEAD)]
    offers = _offers(place)
    opened = [float(sum(1 for n in range(7) if one + timedelta(days=n) in took)) for one in mondays]
    ahead = mondays[count:]
    usual = sum(opened[count - 8 : count]) / 8
    for number, one in enumerate(ahead):
        days = [one + timedelta(days=n) for n in range(7)]
        planned = len(_open_days(place, {}, days)) if place.opening_hours else usual
        opened[count + number] = float(planned)
    weeks = Weeks(
        [_sum(took, one, one + WEEK) for one in mondays[:count]],
        opened,
        [_pushed(offers, one) for one in mondays],
    )
    said = weeks_forecast(weeks, WEEKS_AHEAD, push_effect([weeks]))
    return list(zip(ahead, said, strict=True))


def _offers(place: Location) -> list[PriceOffer]:
    """Those that hold for a while only: one that always holds pushes no day."""
    return list(PriceOffer.objects.filter(location=place).exclude(ends_on=None, starts_on=None))


def _pushed(offers: Sequence[PriceOffer], monday: date) -> float:
    """The share of a week on which an offer of the table held."""
    days = [monday + timedelta(days=n) for n in range(7)]
    return sum(any(_holds(offer, day) for offer in offers) for day in days) / 7


def _holds(offer: PriceOffer, day: date) -> bool:
    return (offer.starts_on or day) <= day <= (offer.ends_on or day)


def _odd(place: Location, took: Mapping[date, float], first: date, end: date) -> list[Odd]:
    found = [one for one in unusual_days(took, first) if one.day < end]
    if not found:
        return []
    since = min(took)
    rows = Appointment.objects.filter(
        _between("starts_at", since, end, place.zone), location=place, deleted_at=None
    )
    lost = Q(status__in=[Status.NO_SHOW, Status.CANCELLED])
    kept = Q(status__in=[Status.COMPLETED, Status.CHECKED_IN])
    told = _days(rows, "starts_at", place.zone).annotate(
        lost=Count("pk", filter=lost), hands=Count("staff", filter=kept, distinct=True)
    )
    by_day: dict[date, dict[str, Any]] = {row["on"]: dict(row) for row in told}
    offers = _offers(place)
    return [Odd(one, _reasons(one, by_day, offers)) for one in found]


def _reasons(
    one: Unusual, by_day: Mapping[date, dict[str, Any]], offers: Sequence[PriceOffer]
) -> list[str]:
    """What else was different on that day, against the same weekday."""
    usual: dict[str, list[int]] = defaultdict(list)
    for day, row in by_day.items():
        if day.weekday() == one.day.weekday() and day != one.day:
            usual["lost"].append(row["lost"])
            usual["hands"].append(row["hands"])
    row = by_day.get(one.day, {"lost": 0, "hands": 0})
    hands = round(sum(usual["hands"]) / len(usual["hands"])) if usual["hands"] else row["hands"]
    lost = sum(usual["lost"]) / len(usual["lost"]) if usual["lost"] else 0.0
    said = []
    if row["hands"] != hands:
        words = _("%(n)d people had clients, usually %(usual)d.")
        said.append(words % {"n": row["hands"], "usual": hands})
    if one.ratio < 1 and row["lost"] >= LOST_OFTEN and row["lost"] > 1.5 * lost:
        words = ngettext("%(n)d visit was lost.", "%(n)d visits were lost.", row["lost"])
        said.append(words % {"n": row["lost"]})
    if one.ratio > 1 and any(_holds(offer, one.day) for offer in offers):
        said.append(_("An offer ran that day."))
    return said or [_("Nothing we know of was different that day.")]


def lines_of(edition: Edition) -> list[str]:
    """The edition in sentences, for the mail: figures and weekdays, nobody's name."""
    if not edition.took and edition.ahead is None and not edition.demand:
        return [_("The week: not enough data yet.")]
    said = [_("Last week took $%(took)s.") % {"took": f"{edition.took:,.0f}"}]
    if edition.change is not None:
        said[0] = _("Last week took $%(took)s, %(change)+d%% on the week before.") % {
            "took": f"{edition.took:,.0f}",
            "change": edition.change,
        }
    for odd in edition.odd:
        words = _("%(day)s was unusual: %(percent)+d%%. %(why)s")
        day = date_format(odd.unusual.day, "l")
        said.append(words % {"day": day, "percent": odd.percent, "why": " ".join(odd.reasons)})
    if edition.ahead is not None:
        words = _("The next seven days should bring about $%(sum)s.")
        said.append(words % {"sum": f"{edition.expected:,.0f}"})
    if edition.demand:
        words = _("About %(visits)s visits are expected, %(booked)s of them booked already.")
        said.append(words % {"visits": f"{edition.visits:.0f}", "booked": edition.booked})
    return said
