"""Reading what a connection's records say about its clients' visits: five statements for all."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from agents.returning.histories import History
from agents.returning.outlook import Known, is_colour
from integrations.models import Appointment, Client, Connection, Location, Sale, SaleLine

Status = Appointment.Status
CAME = (Status.COMPLETED, Status.CHECKED_IN)
YEARS_BACK = timedelta(days=4 * 365)


@dataclass
class _Days:
    """One client's days while they are read: prices of visits, receipts, colour, products."""

    prices: dict[date, float] = field(default_factory=lambda: defaultdict(float))
    receipts: dict[date, float] = field(default_factory=lambda: defaultdict(float))
    colour: set[date] = field(default_factory=set)
    retail: set[date] = field(default_factory=set)
    location: tuple[date, int] = (date.min, 0)
    ahead: bool = False
    colour_ahead: bool = False

    def seen(self, day: date, location_id: int) -> None:
        self.location = max(self.location, (day, location_id))

    def known(self, client_id: int) -> Known | None:
        days = sorted({*self.prices, *self.receipts})
        if not days:
            return None
        # The receipt says what a day took; without one, the prices of its visits.
        spent = tuple(self.receipts.get(day, self.prices.get(day, 0.0)) for day in days)
        return Known(
            history=History(client_id, tuple(days), spent),
            location_id=self.location[1],
            retail_visits=len(self.retail),
            colour_days=tuple(sorted(self.colour)),
            booked_ahead=self.ahead,
            colour_ahead=self.colour_ahead,
        )


def clients_known(
    connection: Connection, now: datetime, only: Iterable[int] | None = None
) -> dict[int, Known]:
    """{client: what is known of them} of everyone who came; ``only`` these clients where given.

    Deleted clients are left out, and the visits of one that was merged count for who they are now.
    """
    zones = {
        one.pk: one.zone for one in Location.objects.filter(connection=connection, deleted_at=None)
    }
    found: dict[int, _Days] = defaultdict(_Days)
    since = now - YEARS_BACK
    for row in _visits(connection, only).filter(starts_at__gte=since).iterator():
        _visit(found, row, zones, now)
    for row in _sales(connection, only).filter(closed_at__gte=since, closed_at__lte=now).iterator():
        _sale(found, row, zones)
    sales = _sales(connection, only).filter(closed_at__gte=since, closed_at__lte=now)
    for row in _bought(sales).iterator():
        client, at, place = row
        if place in zones:
            found[client].retail.add(at.astimezone(zones[place]).date())
    living = set(_living(connection, only))
    known = {pk: days.known(pk) for pk, days in found.items() if pk in living}
    return {pk: one for pk, one in known.items() if one is not None}


def _living(connection: Connection, only: Iterable[int] | None) -> QuerySet[Any, Any]:
    rows = Client.objects.filter(connection=connection, deleted_at=None, merged_into=None)
    rows = rows if only is None else rows.filter(pk__in=list(only))
    return rows.values_list("pk", flat=True)


def _of(rows: QuerySet[Any, Any], only: Iterable[int] | None) -> QuerySet[Any, Any]:
    rows = rows.annotate(who=Coalesce("client__merged_into", "client"))
    return rows.filter(who__isnull=False) if only is None else rows.filter(who__in=list(only))


def _visits(connection: Connection, only: Iterable[int] | None) -> QuerySet[Any, Any]:
    rows = Appointment.objects.filter(connection=connection, deleted_at=None)
    rows = rows.filter(status__in=[*CAME, *Appointment.UPCOMING])
    return _of(rows, only).values_list(
        "who", "starts_at", "location_id", "status", "price", "service_name", "service__category"
    )


def _sales(connection: Connection, only: Iterable[int] | None) -> QuerySet[Any, Any]:
    rows = Sale.objects.filter(connection=connection, deleted_at=None)
    return _of(rows, only).values_list("who", "closed_at", "location_id", "total")


def _bought(sales: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    """Receipts with a product that was paid for; the product's own record may be gone."""
    lines = SaleLine.objects.filter(kind="product", amount__gt=0)
    return sales.filter(lines__in=lines).distinct().values_list("who", "closed_at", "location_id")


def _visit(found: dict[int, _Days], row: Any, zones: dict[int, ZoneInfo], now: datetime) -> None:
    client, at, place, status, price, service, category = row
    if place not in zones:
        return
    days, day = found[client], at.astimezone(zones[place]).date()
    colour = is_colour(service, category or "")
    if status in Appointment.UPCOMING:
        days.ahead |= at > now
        days.colour_ahead |= at > now and colour
    elif at <= now:
        days.prices[day] += float(price or 0)
        days.seen(day, place)
        if colour:
            days.colour.add(day)


def _sale(found: dict[int, _Days], row: Any, zones: dict[int, ZoneInfo]) -> None:
    client, at, place, total = row
    if place in zones:
        day = at.astimezone(zones[place]).date()
        found[client].receipts[day] += float(total)
        found[client].seen(day, place)
