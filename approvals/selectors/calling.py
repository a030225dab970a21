"""To call: today's and tomorrow's unconfirmed, confirmations nobody answered, and who was promised.

Everything is read as it stands, nothing is copied: an answer, a confirmation at the platform or a
call takes a line off by itself, and there is no hour at which a job could be late.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db.models import DateTimeField, Exists, OuterRef, Q, QuerySet, Value

from approvals.models import ApprovalItem, CallOutcome, CallWish
from approvals.permissions import Rights
from approvals.selectors.threads import places_of
from approvals.selectors.visits import visits_seen
from core import clock
from integrations.models import Appointment, Client, Location, Message

Risk, Status = ApprovalItem.LossRisk, Appointment.Status
RANK = {Risk.HIGH: 0, Risk.MEDIUM: 1, Risk.LOW: 2, "": 3}
LIKELY = (Risk.MEDIUM, Risk.HIGH)
AHEAD = timedelta(days=14)
MOST = 200
# Whoever was called a moment ago stands behind everybody who was not.
JUST_NOW = timedelta(hours=2)


@dataclass(frozen=True)
class CallRow:
    """One line: whom to call, about what, why, and when somebody tried last."""

    client: Client
    location: Location
    visit: Appointment | None
    reason: str
    risk: str = ""
    wish: CallWish | None = None
    tried: CallOutcome | None = None

    @property
    def tried_lately(self) -> bool:
        return self.tried is not None and self.tried.at > clock.now() - JUST_NOW

    @property
    def at(self) -> datetime:
        if self.visit is not None:
            return self.visit.starts_at
        return self.wish.due_at if self.wish else clock.now()

    @property
    def key(self) -> str:
        return f"w{self.wish.pk}" if self.wish else f"v{self.visit.pk if self.visit else 0}"


def call_rows(rights: Rights, location_id: int | None = None) -> list[CallRow]:
    """Everybody to call, highest loss risk first, then by hour. Five queries at any length."""
    places = _places(rights, location_id)
    now = clock.now()
    visits = list(
        unconfirmed(rights, places, now)
        .select_related("client", "location", "service", "staff")
        .order_by("starts_at", "pk")[:MOST]
    )
    wishes = list(wishes_open(rights, places, now)[:MOST])
    risks = _risks([one.pk for one in visits] + [one.appointment_id or 0 for one in wishes])
    tried = _tried([one.client_id or 0 for one in visits] + [one.client_id for one in wishes])
    wanted = {one.appointment_id for one in wishes if one.appointment_id}
    rows = [_wished(one, risks, tried) for one in wishes]
    for visit in _one_per_visit(visits):
        if visit.pk in wanted or visit.client is None:
            continue
        risk = risks.get(visit.pk, "")
        last = tried.get(visit.client_id or 0)
        reason = _reason(visit, now)
        rows.append(CallRow(visit.client, visit.location, visit, reason, risk, tried=last))
    return sorted(rows, key=_order)


def _order(row: CallRow) -> tuple[bool, int, datetime, str]:
    # Somebody gave their word for a wish: it stands with the highest.
    rank = 0 if row.wish is not None else RANK.get(row.risk, 3)
    return (row.tried_lately, rank, row.at, row.key)


def call_count(rights: Rights, known: Sequence[Location] | None = None) -> int:
    """How many clients are on the list, for the number beside *To call*: one query where the
    person's locations are ``known``, else two."""
    full, own = places_of(rights)
    held = {*full, *own}
    places = _places(rights, None) if known is None else [one for one in known if one.pk in held]
    if not places:
        return 0
    now = clock.now()
    by_visit = unconfirmed(rights, places, now).order_by().values_list("client_id", flat=True)
    by_wish = wishes_open(rights, places, now).order_by().values_list("client_id", flat=True)
    return by_visit.union(by_wish).count()


def _places(rights: Rights, location_id: int | None) -> list[Location]:
    full, own = places_of(rights)
    wanted = [pk for pk in (*full, *own) if location_id is None or pk == location_id]
    return list(Location.objects.filter(pk__in=wanted)) if wanted else []


def unconfirmed(rights: Rights, places: Sequence[Location], now: datetime) -> QuerySet[Appointment]:
    """Booked and not confirmed: until the end of tomorrow, or asked and not answered."""
    due = Q(pk__in=[])
    for place in places:
        soon = Q(starts_at__lt=end_of_tomorrow(place, now))
        unanswered = Q(Exists(_unanswered(asked_until(place, now))))
        due |= Q(location_id=place.pk) & (soon | unanswered)
    settled = CallOutcome.objects.filter(
        appointment=OuterRef("pk"),
        starts_at=OuterRef("starts_at"),
        kind__in=CallOutcome.SETTLES,
        undone_at=None,
    )
    return Appointment.objects.filter(
        visits_seen(rights),
        due,
        ~Exists(settled),
        status=Status.BOOKED,
        deleted_at=None,
        client__isnull=False,
        starts_at__gt=now,
        starts_at__lt=now + AHEAD,
    )


def end_of_tomorrow(place: Location, now: datetime) -> datetime:
    day = now.astimezone(place.zone).date() + timedelta(days=2)
    return datetime.combine(day, time(), place.zone)


def asked_until(place: Location, now: datetime) -> datetime:
    """The last time the location's hour struck: who was asked before it had time to answer."""
    local = now.astimezone(place.zone)
    struck = datetime.combine(local.date(), place.call_from, place.zone)
    if struck > local:
        struck = datetime.combine(local.date() - timedelta(days=1), place.call_from, place.zone)
    return struck


def _unanswered(until: datetime) -> QuerySet[ApprovalItem]:
    """Confirmations of likely no-shows that went out by then, and no word since."""
    wrote = Message.objects.filter(
        client=OuterRef("client"), incoming=True, sent_at__gte=OuterRef("closed_at")
    )
    return ApprovalItem.objects.filter(
        ~Exists(wrote),
        appointment=OuterRef("pk"),
        group="confirmations",
        state=ApprovalItem.State.SENT,
        loss_risk__in=LIKELY,
        closed_at__lte=Value(until, output_field=DateTimeField()),
    )


def wishes_open(rights: Rights, places: Sequence[Location], now: datetime) -> QuerySet[CallWish]:
    """Calls somebody asked for, while they are of use and the appointment is still ahead."""
    full, own = places_of(rights)
    mine = Q(location_id__in=own, appointment__staff_id=rights.staff_id or 0)
    gone = Q(appointment__status__in=[Status.CANCELLED, Status.NO_SHOW, Status.COMPLETED])
    return (
        CallWish.objects.filter(
            Q(location_id__in=full) | mine,
            location__in=[place.pk for place in places],
            settled_at=None,
            due_at__gt=now,
            client__deleted_at=None,
        )
        .exclude(gone)
        .select_related("client", "location", "appointment__service", "appointment__staff", "item")
        .order_by("due_at", "pk")
    )


def _wished(wish: CallWish, risks: dict[int, str], tried: dict[int, CallOutcome]) -> CallRow:
    return CallRow(
        client=wish.client,
        location=wish.location,
        visit=wish.appointment,
        reason=wish.reason,
        risk=risks.get(wish.appointment_id or 0, ""),
        wish=wish,
        tried=tried.get(wish.client_id),
    )


def _reason(visit: Appointment, now: datetime) -> str:
    if visit.starts_at >= end_of_tomorrow(visit.location, now):
        return "No answer to our message"
    return "Not confirmed"


def _one_per_visit(visits: Iterable[Appointment]) -> list[Appointment]:
    """Several services of one visit are one call."""
    found: dict[tuple[int | None, str], Appointment] = {}
    for visit in visits:
        found.setdefault((visit.client_id, visit.visit_id or str(visit.pk)), visit)
    return list(found.values())


def _risks(appointment_ids: Iterable[int]) -> dict[int, str]:
    rows = ApprovalItem.real.filter(appointment__in=set(appointment_ids)).exclude(loss_risk="")
    return dict(rows.order_by("pk").values_list("appointment_id", "loss_risk"))


def _tried(client_ids: Iterable[int]) -> dict[int, CallOutcome]:
    since = clock.now() - timedelta(days=2)
    rows = CallOutcome.objects.filter(
        client__in=set(client_ids),
        kind=CallOutcome.Kind.VOICEMAIL,
        undone_at=None,
        at__gte=since,
    )
    return {row.client_id: row for row in rows.order_by("at")}
