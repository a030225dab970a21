"""Shelves kept and taken out again: learned by night for each connection, read by every worker."""

from collections import defaultdict
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from uuid import UUID

import numpy as np

from agents.models import RetailShelf
from agents.retail.fitting import Occasion, shelf_fit
from agents.retail.shelf import USUAL_DAYS, Shelf, shelf_empty
from core import clock
from integrations.models import Appointment, Connection, SaleLine

Kind = RetailShelf.Kind
LEARNED_FROM = timedelta(days=730)
# Treatments are repeated sooner than bottles are emptied.
USUAL_VISIT_DAYS = 42.0
DAY = 86_400.0
NEWEST_FIRST = "-sale__closed_at"
MOST_LINES = 400_000


def product_key(pk: int) -> str:
    return f"p{pk}"


def service_key(pk: int) -> str:
    return f"s{pk}"


def shelf_of(connection_id: UUID, kind: str) -> Shelf:
    """What was learned last; an empty shelf before the first night. One small query."""
    rows = RetailShelf.objects.filter(connection_id=connection_id, kind=kind)
    found = rows.values_list("pk", "fitted_at").first()
    return shelf_kept(*found) if found else shelf_empty(())


@lru_cache(maxsize=24)
def shelf_kept(pk: int, fitted_at: datetime) -> Shelf:
    """By the moment of its fit: a newer one is another, so nothing here grows old."""
    row = RetailShelf.objects.get(pk=pk)
    n, width = len(row.items), row.width
    by_item = np.frombuffer(bytes(row.by_item), dtype="<f4").reshape(3, n)
    return Shelf(
        tuple(row.items),
        np.frombuffer(bytes(row.neighbours), dtype="<i4").reshape(n, width),
        np.frombuffer(bytes(row.near), dtype="<f4").reshape(n, width),
        np.frombuffer(bytes(row.follows), dtype="<f4").reshape(n, width),
        by_item[0],
        by_item[1],
        by_item[2],
        tuple(row.weights),
        row.occasions,
    )


def shelf_keep(connection: Connection, kind: str, shelf: Shelf, at: datetime) -> RetailShelf:
    by_item = np.stack([shelf.lately, shelf.always, shelf.usual])
    row, _ = RetailShelf.objects.update_or_create(
        connection=connection,
        kind=kind,
        defaults={
            "items": list(shelf.keys),
            "width": shelf.neighbours.shape[1],
            "neighbours": shelf.neighbours.astype("<i4").tobytes(),
            "near": shelf.near.astype("<f4").tobytes(),
            "follows": shelf.follows.astype("<f4").tobytes(),
            "by_item": by_item.astype("<f4").tobytes(),
            "weights": list(shelf.weights),
            "occasions": shelf.occasions,
            "fitted_at": at,
        },
    )
    return row


def shelves_refit(connection: Connection, now: datetime | None = None) -> list[RetailShelf]:
    """Learn all three kinds anew from the last two years. Fits outside any transaction."""
    at = now or clock.now()
    made = []
    retail = sales_read(connection, at)
    visits = visits_read(connection, at)
    for kind, occasions, sold, usual in (
        (Kind.RETAIL, retail, "p", USUAL_DAYS),
        (Kind.ADD_ON, together(visits), "s", USUAL_VISIT_DAYS),
        (Kind.NEXT, followed(visits), "s", USUAL_VISIT_DAYS),
    ):
        keys, rows = numbered(occasions)
        may = np.array([key.startswith(sold) for key in keys], dtype=bool)
        shelf = shelf_fit(rows, keys, _days(at), may, usual)
        made.append(shelf_keep(connection, kind, shelf, at))
    return made


def shelves_refit_all(now: datetime | None = None) -> int:
    """By night: every connection that sold something; returns how many."""
    sold = SaleLine.objects.order_by().values("sale__connection").distinct()
    rows = Connection.objects.filter(pk__in=sold).order_by("pk")
    return sum(bool(shelves_refit(connection, now)) for connection in rows)


Named = tuple[float, object, tuple[str, ...], tuple[str, ...]]


def sales_read(connection: Connection, now: datetime) -> list[Named]:
    """(day, client, what was bought, the same) of each sale with anything that has a key."""
    lines = SaleLine.objects.filter(
        sale__connection=connection,
        sale__deleted_at=None,
        sale__closed_at__gt=now - LEARNED_FROM,
        sale__closed_at__lte=now,
        quantity__gt=0,
    ).exclude(product=None, service=None)
    held: dict[int, tuple[datetime, int | None, dict[str, None]]] = {}
    for sale, client, at, product, service in lines.order_by(
        NEWEST_FIRST, "sale", "pk"
    ).values_list("sale_id", "sale__client_id", "sale__closed_at", "product_id", "service_id")[
        :MOST_LINES
    ]:
        had = held.setdefault(sale, (at, client, {}))[2]
        had[product_key(product) if product else service_key(service or 0)] = None
    return [(_days(at), client, tuple(had), tuple(had)) for at, client, had in held.values()]


Visit = tuple[float, int, tuple[str, ...]]


def visits_read(connection: Connection, now: datetime) -> list[Visit]:
    """(day, client, services) of each finished visit; the services of one day are one visit."""
    rows = Appointment.objects.filter(
        connection=connection,
        status=Appointment.Status.COMPLETED,
        deleted_at=None,
        client__isnull=False,
        service__isnull=False,
        starts_at__gt=now - LEARNED_FROM,
        starts_at__lte=now,
    ).order_by("-starts_at", "-pk")
    days: dict[tuple[int, int], tuple[float, dict[str, None]]] = {}
    for client, service, at in rows.values_list("client_id", "service_id", "starts_at")[
        :MOST_LINES
    ]:
        day = _days(at)
        had = days.setdefault((client or 0, int(day)), (day, {}))[1]
        had[service_key(service or 0)] = None
    found = [(day, who, tuple(had)) for (who, _), (day, had) in days.items()]
    return sorted(found, key=lambda one: (one[0], one[1]))


def together(visits: list[Visit]) -> list[Named]:
    return [(at, who, had, had) for at, who, had in visits]


def followed(visits: list[Visit]) -> list[Named]:
    """What each visit was followed by, at the same client's next."""
    by_client: dict[int, list[Visit]] = defaultdict(list)
    for one in visits:
        by_client[one[1]].append(one)
    return [
        (later[0], who, before[2], later[2])
        for who, theirs in by_client.items()
        for before, later in pairwise(theirs)
    ]


def numbered(rows: list[Named]) -> tuple[tuple[str, ...], list[Occasion]]:
    """Keys in order, and the occasions by position."""
    keys = tuple(sorted({key for _, _, given, wanted in rows for key in (*given, *wanted)}))
    at = {key: place for place, key in enumerate(keys)}
    return keys, [
        Occasion(day, who, tuple(at[key] for key in given), tuple(at[key] for key in wanted))
        for day, who, given, wanted in rows
    ]


def _days(at: datetime) -> float:
    return at.timestamp() / DAY
