"""Clients who cancel often: a flag for the manager, with the facts, never a verdict.

Three visits given up within sixty days. Services of one visit count once, whoever cancelled: the
platform does not say, so the reason it keeps is shown beside each.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf

from integrations.models import Appointment, Client

TIMES = 3
WITHIN = timedelta(days=60)
MOST = 20


@dataclass(frozen=True)
class GivenUp:
    """One visit that was cancelled: when, and how long before it would have begun."""

    appointment: Appointment
    at: datetime | None

    @property
    def notice(self) -> timedelta | None:
        return self.appointment.starts_at - self.at if self.at else None

    @property
    def notice_words(self) -> str:
        """``2 days before``, ``3 hours before``, ``after it began``; '' where it is not known."""
        if self.notice is None:
            return ""
        hours = self.notice / timedelta(hours=1)
        if hours < 0:
            return "after it began"
        if hours < 1:
            return f"{max(1, round(hours * 60))} minutes before"
        count, unit = (round(hours / 24), "day") if hours >= 48 else (round(hours), "hour")
        return f"{count} {unit}{'' if count == 1 else 's'} before"


@dataclass(frozen=True)
class CancelsOften:
    """A client with the visits they gave up, newest first."""

    client: Client
    visits: list[GivenUp]


def cancels_often(
    location_ids: Collection[int], now: datetime, most: int = MOST
) -> list[CancelsOften]:
    """Clients of these locations who gave up three visits in sixty days; two queries."""
    lately = _cancelled(now).filter(location_id__in=list(location_ids))
    found = (
        lately.exclude(client=None)
        .values("client_id")
        .annotate(times=_visits())
        .filter(times__gte=TIMES)
        .order_by("-times", "client_id")
    )
    ids = [row["client_id"] for row in found[:most]]
    given_up: dict[int, list[Appointment]] = defaultdict(list)
    for row in lately.filter(client__in=ids).select_related("client", "location"):
        given_up[row.client_id or 0].append(row)
    return [_often(given_up[client_id]) for client_id in ids if given_up[client_id]]


def cancellations_of(client: Client, now: datetime) -> list[GivenUp]:
    """The visits this client gave up lately where that is often, else nothing; one query."""
    rows = list(_cancelled(now).filter(client=client).select_related("location"))
    visits = _once_each(rows)
    return visits if len(visits) >= TIMES else []


def _cancelled(now: datetime) -> QuerySet[Appointment]:
    since = now - WITHIN
    # Nobody cancels a visit long after it was: the start bounds the rows by its index.
    return Appointment.objects.filter(
        Q(cancelled_at__gte=since) | Q(cancelled_at=None, platform_updated_at__gte=since),
        status=Appointment.Status.CANCELLED,
        starts_at__gte=since - timedelta(days=1),
        deleted_at=None,
    )


def _visits() -> Count:
    return Count(Coalesce(NullIf("visit_id", Value("")), "external_id"), distinct=True)


def _once_each(rows: Sequence[Appointment]) -> list[GivenUp]:
    first: dict[str, GivenUp] = {}
    for row in rows:
        visit = row.visit_id or row.external_id
        first.setdefault(visit, GivenUp(row, row.cancelled_at))
    return sorted(first.values(), key=lambda one: one.appointment.starts_at, reverse=True)


def _often(rows: Sequence[Appointment]) -> CancelsOften:
    client = rows[0].client
    if client is None:
        raise ValueError("These appointments are nobody's.")
    return CancelsOften(client, _once_each(rows))
