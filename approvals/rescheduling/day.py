"""The calendar as plain data. Spans are half open: what ends at 14:00 leaves 14:00 free."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

Span = tuple[int, int]
STEP = 15


@dataclass(frozen=True)
class Booked:
    """One live appointment: ``skill`` and ``kind`` are what its service asks for ('': nothing)."""

    key: int
    start: int
    end: int
    staff: int = 0
    room: str = ""
    client: int = 0
    service: int = 0
    skill: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Worker:
    """Somebody who works at the location. ``shifts``: (key, start, end); ``elsewhere`` theirs at
    other locations, where nobody is sent, but which may overlap these."""

    key: int
    name: str = ""
    skills: frozenset[str] = frozenset()
    does: frozenset[int] = frozenset()
    shifts: tuple[tuple[int, int, int], ...] = ()
    elsewhere: tuple[tuple[int, int, int], ...] = ()
    working: bool = True

    def can_do(self, skill: str, service: int) -> bool:
        """Where a service asks for no skill we know of, only who has done it before can do it."""
        return self.working and (skill in self.skills if skill else service in self.does)

    def on_shift(self, start: int, end: int) -> bool:
        return any(first <= start and end <= last for _, first, last in self.shifts)


@dataclass(frozen=True)
class Day:
    """What is known of a location from one day to another.

    ``rooms`` are (id, kind); ``hours`` the opening hours as spans, empty where they are not known.
    """

    booked: tuple[Booked, ...] = ()
    workers: tuple[Worker, ...] = ()
    rooms: tuple[tuple[str, str], ...] = ()
    hours: tuple[Span, ...] = ()
    midnights: tuple[int, ...] = ()

    def is_open(self, start: int, end: int) -> bool:
        return not self.hours or any(first <= start and end <= last for first, last in self.hours)

    def date_of(self, minute: int) -> int:
        """Which of the days a minute belongs to (the salon's own midnights)."""
        return sum(1 for midnight in self.midnights if midnight <= minute)


@dataclass
class Busy:
    """Who and what is taken when. A look costs a walk over one person's or one room's spans."""

    staff: dict[int, list[tuple[int, int, int]]] = field(default_factory=dict)
    rooms: dict[str, list[tuple[int, int, int]]] = field(default_factory=dict)
    clients: dict[int, list[tuple[int, int, int]]] = field(default_factory=dict)

    @classmethod
    def of(cls, booked: Iterable[Booked]) -> "Busy":
        found = cls()
        for one in booked:
            span = (one.start, one.end, one.key)
            if one.staff:
                found.staff.setdefault(one.staff, []).append(span)
            if one.room:
                found.rooms.setdefault(one.room, []).append(span)
            if one.client:
                found.clients.setdefault(one.client, []).append(span)
        return found

    def free(
        self, spans: Sequence[tuple[int, int, int]] | None, start: int, end: int, but: int = 0
    ) -> bool:
        return not any(s < end and e > start and key != but for s, e, key in spans or ())

    def staff_free(self, staff: int, start: int, end: int, but: int = 0) -> bool:
        return self.free(self.staff.get(staff), start, end, but)

    def room_free(self, room: str, start: int, end: int, but: int = 0) -> bool:
        return self.free(self.rooms.get(room), start, end, but)

    def client_free(self, client: int, start: int, end: int, but: frozenset[int]) -> bool:
        spans = self.clients.get(client, ())
        return not any(s < end and e > start and key not in but for s, e, key in spans)


def overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and one[1] > other[0]
