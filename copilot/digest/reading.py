"""What a digest is made of, read for all locations of a person at once.

Ten statements whatever the number of locations, drafts or rows; ``benchmarks/digest.py`` counts
them. Drafts start from what the person may see.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import (
    CharField,
    Count,
    DecimalField,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.db.models.functions import Cast, Coalesce
from django.http import Http404

from agents.models import VisitRisk
from approvals.models import ApprovalItem, CallWish, Decision, Mishap, Offer, Opening, SendingPause
from approvals.permissions import Rights
from copilot.digest.models import DigestMark
from copilot.digest.windows import Days
from core import clock
from integrations.models import Appointment, Consent, Feedback, Location

State, Status = ApprovalItem.State, Appointment.Status
# What a client who gave notice too late, or none, did: the salon had no chance to fill the hour.
LATE = timedelta(hours=24)
LOST_SINCE = timedelta(days=90)
LOST_OFTEN = 2
COMING_DAYS = 7
# A word after which somebody asked for no more is put down to us for this long.
OURS_FOR = timedelta(days=7)
LOW_STARS = 2
MONEY: Any = DecimalField(max_digits=14, decimal_places=2)
MOST = 400


@dataclass(frozen=True)
class Tally:
    """How often, and what it was worth."""

    count: int = 0
    value: Decimal = Decimal(0)


@dataclass
class Read:
    """Everything one digest says, by location or by appointment."""

    days: Days
    ahead: list[VisitRisk] = field(default_factory=list)
    before: list[VisitRisk] = field(default_factory=list)
    repeaters: list[Appointment] = field(default_factory=list)
    drafts: dict[int, list[ApprovalItem]] = field(default_factory=dict)
    for_manager: list[ApprovalItem] = field(default_factory=list)
    wishes: dict[int, CallWish] = field(default_factory=dict)
    tallies: dict[tuple[int, str], Tally] = field(default_factory=dict)
    paused: dict[int, timedelta] = field(default_factory=dict)
    marks: dict[tuple[int, str], DigestMark] = field(default_factory=dict)

    def tally(self, place: Location, kind: str) -> Tally:
        return self.tallies.get((place.pk, kind), Tally())


def read(rights: Rights, days: Days) -> Read:
    """All of it. No location beyond ``days.places`` is touched."""
    found = Read(days)
    if not days.places:
        return found
    _risks(found)
    found.repeaters = _repeaters(days)
    ids = {risk.appointment_id for risk in (*found.ahead, *found.before)}
    ids |= {visit.pk for visit in found.repeaters}
    found.drafts = _drafts(rights, ids)
    found.wishes = _wishes(ids)
    found.for_manager = _for_manager(rights, days)
    found.tallies = places_tallied(rights, days)
    found.paused = _paused(days)
    marks = DigestMark.objects.filter(location__in=days.places, day=days.day)
    found.marks = {(one.location_id, one.key): one for one in marks}
    return found


def _risks(found: Read) -> None:
    """Today's likely no-shows still to come, and what was one since the last digest."""
    days = found.days
    place, starts = "appointment__location_id", "appointment__starts_at"
    today = days.today(starts, place) & Q(
        level=VisitRisk.Level.HIGH, appointment__status__in=Appointment.UPCOMING
    )
    before = days.before(starts, place) & Q(was_high=True)
    rows = VisitRisk.objects.filter(today | before, appointment__deleted_at=None)
    names = ("client", "location", "service", "staff")
    rows = rows.select_related(*(f"appointment__{name}" for name in names))
    starts_today = {one.pk: days.start_of_day(one) for one in days.places}
    for row in rows.order_by("-chance", "appointment__starts_at", "pk")[:MOST]:
        visit = row.appointment
        is_today = visit.starts_at >= starts_today[visit.location_id]
        (found.ahead if is_today else found.before).append(row)


def _repeaters(days: Days) -> list[Appointment]:
    """Who lost two visits or more in ninety days and is booked again this week."""
    now = clock.now()
    late = Q(status=Status.CANCELLED, cancelled_at__gt=F("starts_at") - LATE)
    lost = (
        Appointment.objects.filter(
            Q(status=Status.NO_SHOW) | late,
            client=OuterRef("client"),
            starts_at__gte=now - LOST_SINCE,
            starts_at__lt=now,
            deleted_at=None,
        )
        .order_by()
        .values("client")
        .annotate(n=Count("pk"))
        .values("n")
    )
    rows = Appointment.objects.filter(
        days.coming("starts_at", COMING_DAYS),
        starts_at__gt=now,
        status__in=Appointment.UPCOMING,
        deleted_at=None,
        visit_risk__level__in=[VisitRisk.Level.MEDIUM, VisitRisk.Level.HIGH],
    )
    rows = rows.annotate(lost=Subquery(lost, output_field=IntegerField()))
    rows = rows.filter(lost__gte=LOST_OFTEN).select_related(
        "client", "location", "service", "staff", "visit_risk"
    )
    return list(rows.order_by("-lost", "starts_at", "pk")[:MOST])


def _drafts(rights: Rights, ids: Iterable[int]) -> dict[int, list[ApprovalItem]]:
    """{appointment: its drafts, oldest first} of those this person may see."""
    rows = (
        ApprovalItem.real.filter(rights.visible(), appointment__in=set(ids))
        .exclude(state__in=[State.SUPERSEDED, State.WITHDRAWN])
        .select_related("revision", "client", "location", "connection")
    )
    found: dict[int, list[ApprovalItem]] = defaultdict(list)
    for item in rows.order_by("pk"):
        found[item.appointment_id or 0].append(item)
    return found


def _wishes(ids: Iterable[int]) -> dict[int, CallWish]:
    rows = CallWish.objects.filter(
        appointment__in=set(ids), settled_at=None, due_at__gt=clock.now()
    )
    return {one.appointment_id or 0: one for one in rows.order_by("pk")}


def _for_manager(rights: Rights, days: Days) -> list[ApprovalItem]:
    """Drafts and lines that only who reads the digest decides on, and unhappy reviews that nobody
    has answered: the desk may do it, and a manager wants to know."""
    rows = ApprovalItem.real.filter(
        Q(right="read_digest") | Q(agent="feedback"),
        rights.visible(),
        location__in=days.places,
        state__in=ApprovalItem.OPEN,
    )
    rows = rows.select_related("client", "location", "appointment", "revision", "connection")
    return list(rows.order_by("due_at", "pk")[:MOST])


def places_tallied(rights: Rights, days: Days) -> dict[tuple[int, str], Tally]:
    """{(location, kind): how many and what worth}: one statement for all kinds and locations."""
    parts = [*_closed(rights, days), *_offers(days), *_trouble(days)]
    rows = parts[0].union(*parts[1:], all=True)
    return {(place, kind): Tally(count, value or Decimal(0)) for place, kind, count, value in rows}


def _shape(
    rows: QuerySet[Any],
    kind: Any,
    place: str = "location_id",
    value: Any = None,
    count: str = "pk",
) -> QuerySet[Any]:
    """(location, kind, count, value) of some rows, as every part of the union has it."""
    named = Value(kind) if isinstance(kind, str) else kind
    worth = Value(Decimal(0)) if value is None else Sum(value)
    return (
        rows.order_by()
        .annotate(where=F(place), what=Cast(named, CharField()))
        .values("where", "what")
        .annotate(n=Count(count, distinct=True), worth=Cast(worth, MONEY))
        .values_list("where", "what", "n", "worth")
    )


def _closed(rights: Rights, days: Days) -> list[QuerySet[Any]]:
    """What became of drafts, by state; approvals taken back; who then wanted no more messages."""
    seen = rights.visible()
    closed = ApprovalItem.real.filter(
        seen & days.before("closed_at"), state__in=[State.SENT, State.MISSED, State.REJECTED]
    ).exclude(stage=ApprovalItem.Stage.OBSERVE)
    undone = Decision.objects.filter(
        days.before("at", "item__location_id"), kind=Decision.Kind.UNDO
    )
    consents = "client__consents"
    no_more = ApprovalItem.real.filter(
        days.lately("closed_at", OURS_FOR),
        days.before(f"{consents}__recorded_at"),
        state=State.SENT,
        client__consents__origin=Consent.Origin.HERE,
        client__consents__granted=False,
        client__consents__recorded_at__gte=F("closed_at"),
    )
    return [
        _shape(closed, F("state"), value="value"),
        _shape(undone, "undo", "item__location_id"),
        _shape(no_more, "opt_out", count="client"),
    ]


def _offers(days: Days) -> list[QuerySet[Any]]:
    worth = Coalesce("value", "price")
    return [
        _shape(Opening.objects.filter(days.before("filled_at")), "filled", value=worth),
        _shape(
            Offer.objects.filter(days.before("sent_at", "opening__location_id")),
            "offered",
            "opening__location_id",
        ),
    ]


def _trouble(days: Days) -> list[QuerySet[Any]]:
    low = Feedback.objects.filter(days.before("given_at"), rating__lte=LOW_STARS, deleted_at=None)
    return [
        _shape(Mishap.objects.filter(days.before("at")), "mishap"),
        _shape(low.filter(rating__gte=1), "low_stars"),
    ]


def _paused(days: Days) -> dict[int, timedelta]:
    """For how long each location sent nothing since the last digest."""
    now = clock.now()
    begins = {place.pk: days.start(place) for place in days.places}
    rows = SendingPause.objects.filter(location__in=days.places).filter(
        Q(resumed_at=None) | Q(resumed_at__gt=min(begins.values()))
    )
    found: dict[int, timedelta] = defaultdict(timedelta)
    for row in rows.order_by("pk"):
        start = max(row.paused_at, begins[row.location_id])
        end = min(row.resumed_at or now, now)
        if end > start:
            found[row.location_id] += end - start
    return found


def places_read(rights: Rights) -> list[Location]:
    """The locations whose digest this person reads, by name."""
    ids = rights.locations_with("read_digest")
    rows = Location.objects.filter(pk__in=ids, deleted_at=None).select_related("connection")
    return list(rows.order_by("name", "pk"))


def place_asked(rights: Rights, said: str) -> tuple[list[Location], Location | None]:
    """The locations this person reads, and the one asked for by its key: without one the first.

    Raises Http404 for one that is not theirs.
    """
    places = places_read(rights)
    found = next((one for one in places if str(one.pk) == said), None)
    if said and found is None:
        raise Http404("There is no such location.")
    return places, found or (places[0] if places else None)
