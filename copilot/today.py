"""Reads for Today: one day's appointments of each location, with what the copilot did for each."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Prefetch, Q
from django.utils.translation import gettext as _

from approvals.models import ApprovalItem, Decision
from approvals.permissions import Rights
from approvals.templatetags.desk import translated, when
from core import clock
from integrations.models import Appointment, Location

REVIEW = ("review_messages", "review_offers", "review_retail", "review_changes", "review_orders")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# An appointment that nobody has confirmed by then is worth a look.
CONFIRM_WITHIN = timedelta(hours=48)
DRAFTS_SINCE = timedelta(days=60)
MOST = 400


@dataclass(frozen=True)
class Did:
    """One draft about an appointment, in words for its line."""

    item: ApprovalItem
    words: str
    is_open: bool


@dataclass(frozen=True)
class Line:
    """One appointment of the day, in its location's own time."""

    appointment: Appointment
    starts: datetime
    ends: datetime | None
    unconfirmed: bool
    past: bool
    did: list[Did]

    @property
    def client(self) -> str:
        return self.appointment.client.short_name if self.appointment.client else "Someone"

    @property
    def what(self) -> str:
        """The service, and with whom."""
        one = self.appointment
        service = one.service_name or (one.service.name if one.service else "")
        staff = one.staff_name or (one.staff.name if one.staff else "")
        said = {"what": service or _("a visit"), "who": staff}
        return _("%(what)s with %(who)s") % said if staff else str(said["what"])


@dataclass(frozen=True)
class LocationDay:
    """``closed`` is about the opening hours; a closed day can still have appointments."""

    location: Location
    day: date
    lines: list[Line]
    closed: bool
    unconfirmed: int
    more: bool


def today_of(
    *, rights: Rights, locations: Sequence[Location], day: date | None, now: datetime | None = None
) -> list[LocationDay]:
    """The day at each location, ``day`` or today where the location is. Two queries per call."""
    at = now or clock.now()
    days = {place.pk: day or at.astimezone(place.zone).date() for place in locations}
    appointments = _appointments(rights, locations, days)
    drafts = _drafts(rights, appointments)
    by_place: dict[int, list[Appointment]] = defaultdict(list)
    for appointment in appointments:
        by_place[appointment.location_id].append(appointment)
    return [
        _location_day(place, days[place.pk], by_place[place.pk], drafts, at) for place in locations
    ]


def _appointments(
    rights: Rights, locations: Sequence[Location], days: dict[int, date]
) -> list[Appointment]:
    wanted = Q(pk__in=[])
    for place in locations:
        start = datetime.combine(days[place.pk], time(), place.zone)
        end = datetime.combine(days[place.pk] + timedelta(days=1), time(), place.zone)
        one = Q(location_id=place.pk, starts_at__gte=start, starts_at__lt=end)
        if _own_only(rights, place.pk):
            one &= Q(staff_id=rights.staff_id) if rights.staff_id else Q(pk__in=[])
        wanted |= one
    found = Appointment.objects.filter(wanted, deleted_at__isnull=True)
    shown = found.exclude(status=Appointment.Status.CANCELLED)
    return list(
        shown.select_related("client", "service", "staff", "location", "connection").order_by(
            "starts_at", "id"
        )[: MOST + 1]
    )


def _own_only(rights: Rights, location_id: int) -> bool:
    held = [right for right in REVIEW if rights.has(location_id, right)]
    return all(rights.provider_only(location_id, right) for right in held)


def _drafts(rights: Rights, appointments: Iterable[Appointment]) -> dict[int, list[ApprovalItem]]:
    """{appointment: its drafts}; a draft that speaks of several stands at each of them."""
    ids = {appointment.pk for appointment in appointments}
    clients = {appointment.client_id for appointment in appointments if appointment.client_id}
    if not clients:
        return {}
    decisions = Decision.objects.filter(kind=Decision.Kind.APPROVE).order_by("id")
    found = (
        ApprovalItem.real.filter(
            rights.visible(),
            client_id__in=clients,
            created_at__gte=clock.now() - DRAFTS_SINCE,
        )
        .exclude(state=ApprovalItem.State.SUPERSEDED)
        .prefetch_related(Prefetch("decisions", queryset=decisions, to_attr="approvals"))
        .order_by("id")
    )
    by_appointment: dict[int, list[ApprovalItem]] = defaultdict(list)
    for item in found:
        covered = {int(pair[0]) for pair in item.covers} | {item.appointment_id or 0}
        for appointment_id in covered & ids:
            by_appointment[appointment_id].append(item)
    return by_appointment


def _location_day(
    place: Location,
    day: date,
    appointments: Sequence[Appointment],
    drafts: dict[int, list[ApprovalItem]],
    now: datetime,
) -> LocationDay:
    lines = [_line(place, one, drafts.get(one.pk, []), now) for one in appointments[:MOST]]
    return LocationDay(
        location=place,
        day=day,
        lines=lines,
        closed=bool(place.opening_hours) and not place.opening_hours.get(WEEKDAYS[day.weekday()]),
        unconfirmed=sum(line.unconfirmed for line in lines),
        more=len(appointments) > MOST,
    )


def _line(
    place: Location, appointment: Appointment, drafts: Sequence[ApprovalItem], now: datetime
) -> Line:
    soon = now <= appointment.starts_at <= now + CONFIRM_WITHIN
    return Line(
        appointment=appointment,
        starts=appointment.starts_at.astimezone(place.zone),
        ends=appointment.ends_at.astimezone(place.zone) if appointment.ends_at else None,
        unconfirmed=soon and appointment.status == Appointment.Status.BOOKED,
        past=(appointment.ends_at or appointment.starts_at) < now,
        did=[_did(place, item) for item in drafts],
    )


def _did(place: Location, item: ApprovalItem) -> Did:
    approvals: list[Decision] = getattr(item, "approvals", [])
    words = [translated(item.get_state_display())]
    if approvals and item.state in {item.State.SENT, item.State.BY_HAND, item.State.APPROVED}:
        words.append(_("by %(name)s") % {"name": approvals[-1].actor_name})
    if item.closed_at and item.state == item.State.SENT:
        words.append(when(item.closed_at, place.zone))
    return Did(item, " ".join(words), item.is_open)
