"""Who said that they come late, whether it still fits, and the way out: in the desk's words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from approvals.ladders.words import hour, listed
from approvals.models import Answer, ApprovalItem, CallOutcome, Notice
from approvals.rescheduling.day import Day
from approvals.rescheduling.late import (
    CLIENT,
    CLOSING,
    LATER,
    NEXT_OTHER,
    OTHER,
    OTHER_ROOM,
    ROOM,
    SHIFT,
    SHORTER,
    STAFF,
    SWAP,
    WAIT,
    WITHOUT,
    Block,
    Late,
    Treatment,
    Way,
    late,
)
from approvals.rescheduling.loading import day_load, minute_up, moment_of
from approvals.schedule.showing import room_name
from approvals.selectors.visits import visits_together
from integrations.models import Appointment, Service
from integrations.platforms.base import platform_of

Status = Appointment.Status
# Drafts about somebody late are due this long after the start: by it the hour they spoke of is
# known, so that a visit moved since is not taken for late.
DUE_AFTER = timedelta(hours=1)
OCCASION = "late:"
# The occasion of a draft that takes a way out.
WAY = "way:"
# Who rings so long ahead is believed, too.
AHEAD = timedelta(days=14)
# So long after they were to begin nobody waits any more.
GIVEN_UP = timedelta(hours=2)
NOTHING = "Nothing fits today. Please agree on another day with them."
# What is told first where several things are in the way.
ORDER = (STAFF, CLIENT, SHIFT, CLOSING, ROOM)


@dataclass(frozen=True)
class Said:
    """``minutes`` is 0 where they did not say. ``key`` is that of the therapist's notice."""

    minutes: int
    at: datetime
    key: str


@dataclass(frozen=True)
class WayShown:
    """A way out: the sentence, and for what the calendar can be told the button's ``label``."""

    words: str
    key: str = ""
    label: str = ""
    way: Way | None = None


@dataclass(frozen=True)
class LateShown:
    """One late client for the page. ``told`` says who knows already, ``doing`` is the draft of a
    way that somebody took and that is not at the platform yet."""

    visit: Appointment
    title: str
    verdict: str
    fits: bool
    ways: tuple[WayShown, ...]
    told: str
    links: tuple[tuple[str, str], ...] = ()
    doing: ApprovalItem | None = None


def lates_shown(visits: Iterable[Appointment], now: datetime) -> list[LateShown]:
    """Of the visits that somebody sees those whose client said they come late, and is not here.

    Two queries where nobody is late.
    """
    waited = {
        one.pk: one
        for one in visits
        if one.status in (Status.BOOKED, Status.CONFIRMED)
        and one.client_id
        and now - GIVEN_UP < one.starts_at < now + AHEAD
    }
    said = _said(waited) if waited else {}
    days: dict[tuple[int, object], Day] = {}
    found = []
    for pk, words in said.items():
        visit = waited[pk]
        when = visit.starts_at.astimezone(visit.location.zone).date()
        key = (visit.location_id, when)
        if key not in days:
            days[key] = day_load(visit.location, when)
        shown = late_shown(visit, words, now, days[key])
        if shown is not None:
            found.append(shown)
    return sorted(found, key=lambda one: (one.fits, one.visit.starts_at))


def late_for_item(item: ApprovalItem, now: datetime) -> LateShown | None:
    """For the card of a draft about somebody late; None for every other draft."""
    visit = item.appointment
    if visit is None or not item.occasion.startswith((OCCASION, "call:")):
        return None
    return next(iter(lates_shown([visit], now)), None)


def _said(visits: Mapping[int, Appointment]) -> dict[int, Said]:
    """What was said last about each, by text or by phone, about the hour it still has."""
    found: dict[int, Said] = {}
    calls = CallOutcome.objects.filter(
        appointment__in=visits, kind=CallOutcome.Kind.LATE, undone_at=None
    )
    for pk, about, minutes, at, appointment_id in calls.values_list(
        "pk", "starts_at", "minutes", "at", "appointment_id"
    ):
        if about == visits[appointment_id or 0].starts_at:
            _newer(found, appointment_id or 0, Said(minutes or 0, at, f"late:{pk}"))
    answers = Answer.objects.filter(
        outcome=Answer.Outcome.LATE, item__appointment__in=visits, item__due_at__isnull=False
    )
    for message_id, due, minutes, at, appointment_id in answers.values_list(
        "message_id", "item__due_at", "minutes", "message__sent_at", "item__appointment_id"
    ):
        if due == visits[appointment_id].starts_at + DUE_AFTER:
            _newer(found, appointment_id, Said(minutes or 0, at, text_key(message_id)))
    return found


def _newer(found: dict[int, Said], pk: int, said: Said) -> None:
    if pk not in found or found[pk].at <= said.at:
        found[pk] = said


def text_key(message_id: int) -> str:
    """The occasion of the notice to the therapist where a text said it."""
    return f"late:text:{message_id}"


def late_shown(
    visit: Appointment, said: Said, now: datetime, day: Day | None = None
) -> LateShown | None:
    """Whether it still fits; None where the visit is not on the calendar any more."""
    place = visit.location
    loaded = day or day_load(place, visit.starts_at.astimezone(place.zone).date())
    together = {one.pk: one for one in visits_together(visit)}
    parts = [one for one in loaded.booked if one.key in together]
    if not parts:
        return None
    first = min(part.start for part in parts)
    menu = _menu(together.values())
    here = _here(loaded)
    arrival = max(first + said.minutes, minute_up(now))
    found = late(
        loaded,
        parts,
        arrival,
        menu=[Treatment(one.pk, one.minutes or 0, one.skill, one.resource_kind) for one in menu],
        here=frozenset(here),
        now=minute_up(now),
    )
    words = _Words(visit, loaded, found, {one.pk: one.name for one in menu})
    doing = _doing(visit)
    open_ways = said.minutes and not found.fits and doing is None
    return LateShown(
        visit=visit,
        title=words.title(said, now),
        verdict=words.verdict(said),
        fits=found.fits,
        ways=words.ways() if open_ways else (),
        told=_told(visit, said),
        links=tuple(_links(visit)),
        doing=doing,
    )


def _doing(visit: Appointment) -> ApprovalItem | None:
    states = ApprovalItem.State
    taken = ApprovalItem.objects.filter(
        appointment=visit,
        occasion__startswith=WAY,
        state__in=(*ApprovalItem.LIVE, states.SENDING, states.UNKNOWN),
    )
    return taken.order_by("-pk").first()


def _menu(visits: Iterable[Appointment]) -> list[Service]:
    """What is sold of the same skill; a platform that names no skills has nothing to compare."""
    skills = {one.service.skill for one in visits if one.service and one.service.skill}
    connection = {one.connection_id for one in visits}
    rows = Service.objects.filter(
        connection__in=connection, skill__in=skills, active=True, deleted_at=None, minutes__gt=0
    )
    return list(rows.order_by("name", "pk")) if skills else []


def _here(day: Day) -> set[int]:
    rows = Appointment.objects.filter(
        pk__in=[one.key for one in day.booked], status=Status.CHECKED_IN
    )
    return set(rows.values_list("pk", flat=True))


def _told(visit: Appointment, said: Said) -> str:
    name = _name(visit)
    if not name:
        return ""
    user_id = visit.staff.user_id if visit.staff else None
    if user_id and Notice.objects.filter(user=user_id, key=said.key).exists():
        return f"{name} has been told."
    return f"Please tell {name}: nothing reaches them from here."


def _name(visit: Appointment) -> str:
    return visit.staff_name or (visit.staff.name if visit.staff else "")


def _links(visit: Appointment) -> Iterable[tuple[str, str]]:
    link = platform_of(visit.connection).deep_link(
        visit.connection, "appointment", visit.external_id
    )
    if link:
        yield (visit.client.short_name if visit.client else "the appointment"), link


class _Words:
    """One late visit in sentences. Other clients are named only where they are with the same
    person: whose room is taken by whom is nobody's business at a therapist's own page."""

    def __init__(
        self, visit: Appointment, day: Day, found: Late, services: Mapping[int, str]
    ) -> None:
        self.visit, self.day, self.found, self.services = visit, day, found, services
        self.place = visit.location
        self.who = visit.client.short_name if visit.client else "Someone"
        self.staff = {worker.key: worker.name for worker in day.workers}
        keys = {block.other for block in found.blocks} | {way.part for way in found.ways}
        rows = Appointment.objects.select_related("client", "service").filter(pk__in=keys)
        self.rows = {one.pk: one for one in rows}

    def hour(self, at: int) -> str:
        return hour(moment_of(at, self.place), self.place.zone)

    def title(self, said: Said, now: datetime) -> str:
        at = hour(self.visit.starts_at, self.place.zone)
        late_by = timedelta(minutes=said.minutes)
        by = f"{said.minutes} minutes late" if said.minutes else "late"
        overdue = said.minutes and now > self.visit.starts_at + late_by
        return f"{self.who} comes {by} for {at}" + (" and is not here yet" if overdue else "")

    def verdict(self, said: Said) -> str:
        if self.found.fits and said.minutes:
            until = max(part.end for part in self.found.parts)
            return f"It still fits, until {self.hour(until)}."
        if not said.minutes:
            slack = self.found.slack
            if not slack:
                return "They did not say by how much. Any delay runs into what follows."
            return f"They did not say by how much. Up to {slack} minutes still fit."
        return f"It does not fit: {listed(self._reasons())}."

    def _reasons(self) -> list[str]:
        """The first thing in the way of each kind, the weightiest first."""
        found: dict[str, Block] = {}
        for block in self.found.blocks:
            found.setdefault(block.kind, block)
        return [self._reason(found[kind]) for kind in ORDER if kind in found][:2]

    def _reason(self, block: Block) -> str:
        at = self.hour(block.at)
        if block.kind == STAFF:
            return f"{self._client(block.other)} is next at {at}, {block.over} minutes too soon"
        if block.kind == CLIENT:
            return f"they have another appointment at {at}"
        if block.kind == SHIFT:
            return f"the shift of {_name(self.visit) or 'their therapist'} ends at {at}"
        if block.kind == CLOSING:
            return f"the house closes at {at}"
        return f"the room is taken from {at}"

    def _client(self, key: int) -> str:
        row = self.rows.get(key)
        return row.client.short_name if row is not None and row.client else "Someone"

    def _service(self, key: int) -> str:
        row = self.rows.get(key)
        name = (row.service_name or (row.service.name if row.service else "")) if row else ""
        return name or "one service"

    def ways(self) -> tuple[WayShown, ...]:
        found = (
            WayShown(self._way(way), _key(way), self._label(way), way) for way in self.found.ways
        )
        return tuple(found) or (WayShown(NOTHING),)

    def _label(self, way: Way) -> str:
        """What the button does; '' where only the platform's own page can."""
        at, staff = self.hour(way.start) if way.start else "", self.staff.get(way.staff, "")
        return {
            OTHER_ROOM: f"Take {room_name(self.place, way.room)}",
            WITHOUT: f"Leave out {self._service(way.part)}",
            WAIT: f"Move {self._client(way.part)} to {at}",
            OTHER: f"Give {self.who} to {staff}",
            NEXT_OTHER: f"Give {self._client(way.part)} to {staff}",
            LATER: f"Move {self.who} to {at}",
        }.get(way.kind, "")

    def _way(self, way: Way) -> str:
        at = self.hour(way.start) if way.start else ""
        staff = self.staff.get(way.staff, "somebody")
        said = {
            OTHER_ROOM: lambda: f"{room_name(self.place, way.room)} is free from {at}.",
            SHORTER: lambda: (
                f"Shorten: {self.services.get(way.service, 'a shorter one')} "
                f"({way.minutes} minutes) instead of {self._service(way.part)}."
            ),
            WITHOUT: lambda: f"Leave out {self._service(way.part)} ({way.minutes} minutes).",
            WAIT: lambda: (
                f"{self._client(way.part)} begins {way.minutes} minutes later, at {at}. "
                "Nothing after that is touched."
            ),
            SWAP: lambda: (
                f"{self._client(way.part)} is here already and could go first; "
                f"{self.who} follows at {at}."
            ),
            OTHER: lambda: f"{staff} is free at {at} and does the same.",
            NEXT_OTHER: lambda: f"{self._client(way.part)} could keep {at} with {staff}.",
            LATER: lambda: f"Next free: {at} with {staff}.",
        }
        return said[way.kind]()


def _key(way: Way) -> str:
    """The same way a minute later has the same key, although the hour of arrival went on."""
    told = [way.kind, way.part, way.staff, way.room or "-"]
    told += [way.start] if way.kind in (LATER, WAIT) else []
    return ":".join(map(str, told))


def late_tag(visit: Appointment, said: Said, now: datetime) -> str:
    """For the row of the queue: how late, and that it does not fit where it does not."""
    tag = f"{said.minutes} min late" if said.minutes else "late"
    shown = late_shown(visit, said, now) if said.minutes else None
    return f"{tag} · does not fit" if shown is not None and not shown.fits else tag
