"""Add-ons at booking and the next treatment after the visit: the same engine over services."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from agents.models import CheckoutIdea, RetailShelf
from agents.retail.facts import ANSWERED_FROM
from agents.retail.reading import DAY, AtCounter
from agents.retail.shelf import Past, Shelf, usual_days
from agents.retail.shelves import USUAL_VISIT_DAYS, service_key, shelf_of
from integrations.free_times import can_do, free_times
from integrations.models import Appointment, Client, Service

Kind = CheckoutIdea.Kind
LOOKED_AT = 8
HAD_FROM = timedelta(days=730)
# Said from so many of a hundred visits on, and learned from so many visits at least.
SAID_FROM, FEWEST = 0.05, 30
# How much longer than asked for the therapist may have to be free: nobody changes rooms at once.
GAP = timedelta(minutes=15)


@dataclass(frozen=True)
class Treat:
    """One treatment to suggest, with its reasons as facts."""

    service: Service
    kind: str
    score: float
    reasons: tuple[dict[str, Any], ...]


def add_on_of(visit: AtCounter, now: datetime) -> Treat | None:
    """A second treatment that goes with this visit, and for which its therapist is free right
    after it. None where nothing is known or nothing fits."""
    shelf = shelf_of(visit.location.connection_id, RetailShelf.Kind.ADD_ON)
    if shelf.occasions < FEWEST or visit.first.staff is None or visit.ends_at <= now:
        return None
    given = [one.id for one in visit.treatments]
    found = _ranked(shelf, given, had_by(visit.client, now), now)
    resting = _resting(visit.client, now)
    services = Service.objects.in_bulk([pk for pk, _, _ in found])
    for pk, score, share in found:
        service = services.get(pk)
        if service is None or not _offered(service, visit) or pk in resting or share < SAID_FROM:
            continue
        if _fits_after(visit, service):
            why = {
                "kind": "with",
                "share": round(share * 100),
                "service": visit.treatments[0].name,
                "until": (visit.ends_at + timedelta(minutes=service.minutes or 0)).isoformat(),
                "staff": visit.appointments[-1].staff_name or visit.first.staff.name,
            }
            return Treat(service, Kind.ADD_ON, score, (why,))
    return None


def _offered(service: Service, visit: AtCounter) -> bool:
    last = visit.appointments[-1].staff
    right = service.active and service.deleted_at is None and bool(service.minutes)
    return right and last is not None and can_do(last, service)


def _fits_after(visit: AtCounter, service: Service) -> bool:
    """Whether the same person has the time right after. Two statements."""
    last = visit.appointments[-1]
    free = free_times(
        location=visit.location,
        service=service,
        length=timedelta(minutes=service.minutes or 0),
        after=visit.ends_at,
        until=visit.ends_at + GAP,
        staff_id=last.staff_id,
    )
    return bool(free)


def next_of(visit: AtCounter, now: datetime) -> Treat | None:
    """What this client should come for next and about when; None where they have something booked
    already."""
    ahead = Appointment.objects.filter(
        client=visit.client,
        starts_at__gt=max(now, visit.ends_at),
        status__in=Appointment.UPCOMING,
        deleted_at=None,
    )
    if ahead.exists() or not visit.treatments:
        return None
    had = had_by(visit.client, now)
    own = _own_rhythm(visit, had, now)
    resting = _resting(visit.client, now)
    service = Service.objects.filter(pk=own[0]).first() if own else None
    if own and service is not None and service.active and service.pk not in resting:
        why = {"kind": "rhythm", "weeks": own[1], "times": own[2], "service": service.name}
        return Treat(service, Kind.NEXT, float(own[2]), (_dated(why, now),))
    return _learned_next(visit, had, resting, now)


def _own_rhythm(
    visit: AtCounter, had: list[tuple[int, datetime]], now: datetime
) -> tuple[int, int, int] | None:
    """(service, weeks, times) where today's treatment is one they come back for."""
    for one in visit.treatments:
        ago = [(now - at).total_seconds() / DAY for pk, at in had if pk == one.id]
        days = sorted({round(value) for value in ago} | {0})
        if len(days) >= 3:
            usual = usual_days([float(day) for day in days], USUAL_VISIT_DAYS)
            return one.id, max(1, round(usual / 7)), len(days)
    return None


def _learned_next(
    visit: AtCounter, had: list[tuple[int, datetime]], resting: set[int], now: datetime
) -> Treat | None:
    shelf = shelf_of(visit.location.connection_id, RetailShelf.Kind.NEXT)
    if shelf.occasions < FEWEST:
        return None
    found = _ranked(shelf, [one.id for one in visit.treatments], had, now, again=True)
    services = Service.objects.in_bulk([pk for pk, _, _ in found])
    at = shelf.places
    for pk, score, share in found:
        service = services.get(pk)
        if service is None or not service.active or service.deleted_at or pk in resting:
            continue
        if share >= SAID_FROM:
            weeks = max(1, round(float(shelf.usual[at[service_key(pk)]]) / 7))
            why = {
                "kind": "followed",
                "share": round(share * 100),
                "weeks": weeks,
                "service": visit.treatments[0].name,
            }
            return Treat(service, Kind.NEXT, score, (_dated(why, now),))
    return None


def _dated(why: dict[str, Any], now: datetime) -> dict[str, Any]:
    """With the Monday of the week in which it would be due."""
    due = now + timedelta(weeks=int(why["weeks"]))
    return {**why, "week": (due - timedelta(days=due.weekday())).date().isoformat()}


def _ranked(
    shelf: Shelf,
    given: list[int],
    had: list[tuple[int, datetime]],
    now: datetime,
    *,
    again: bool = False,
) -> list[tuple[int, float, float]]:
    """(service, score, how often of a hundred it followed), best first."""
    at = shelf.places
    today = [at[key] for pk in given if (key := service_key(pk)) in at]
    if not today:
        return []
    past = Past.of(
        [
            (at[key], max((now - when).total_seconds(), 0) / DAY)
            for pk, when in had
            if (key := service_key(pk)) in at
        ]
    )
    columns = shelf.columns(today, past)
    scores = columns @ np.asarray(shelf.weights)
    if not again:
        scores[today] = -np.inf
    order = np.argsort(-scores, kind="stable")[:LOOKED_AT]
    return [
        (int(shelf.keys[place][1:]), float(scores[place]), float(columns[place, 2]))
        for place in order
        if np.isfinite(scores[place])
    ]


def had_by(client: Client, now: datetime) -> list[tuple[int, datetime]]:
    """(service, when) of the client's finished visits. One statement."""
    rows = Appointment.objects.filter(
        client=client,
        status=Appointment.Status.COMPLETED,
        service__isnull=False,
        deleted_at=None,
        starts_at__gt=now - HAD_FROM,
        starts_at__lte=now,
    )
    pairs = rows.order_by("-starts_at", "pk").values_list("service_id", "starts_at")[:300]
    return [(pk or 0, at) for pk, at in pairs]


def _resting(client: Client, now: datetime) -> set[int]:
    """Treatments this client was asked about and did not want lately. One statement."""
    rows = CheckoutIdea.objects.filter(
        client=client,
        kind__in=[Kind.ADD_ON, Kind.NEXT],
        answer__in=[CheckoutIdea.Answer.NOT_NOW, CheckoutIdea.Answer.WRONG],
        answered_at__gt=now - ANSWERED_FROM,
    )
    month = now - timedelta(days=30)
    return {
        service or 0
        for service, answer, at in rows.values_list("service_id", "answer", "answered_at")
        if answer == CheckoutIdea.Answer.WRONG or (at is not None and at > month)
    }
