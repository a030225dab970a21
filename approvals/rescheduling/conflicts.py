"""What clashes on a calendar: two at once, a room twice, the wrong hands, two shifts at once.

One walk over the day in order of start, with what is still going on kept beside it: a day costs
what it holds and what clashes, not the square of it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from approvals.rescheduling.day import Booked, Day

STAFF, ROOM, SKILL, SHIFTS = "staff", "room", "skill", "shifts"
# (start, end, key) of one thing on a calendar.
_Span = tuple[int, int, int]


@dataclass(frozen=True)
class Conflict:
    """``first`` and ``second`` are keys of appointments (of shifts, where shifts overlap).

    ``second`` is 0 where one appointment alone is wrong. ``key`` is the same for the same pair,
    whichever of them changed last.
    """

    kind: str
    first: int
    second: int
    start: int
    end: int
    staff: int = 0
    room: str = ""

    @property
    def key(self) -> str:
        about = f"{self.kind}:{self.first}"
        about += f":{self.second}" if self.second else ""
        # Another therapist or room on the same pair is another conflict, with another way out.
        return f"{about}:{self.room or self.staff}"


def conflicts(day: Day) -> list[Conflict]:
    """Everything that clashes, in order of time; each once."""
    found = [*_double(day.booked), *_unskilled(day), *_shifts(day)]
    return sorted(found, key=lambda one: (one.start, one.kind, one.first, one.second))


def _double(booked: Sequence[Booked]) -> Iterator[Conflict]:
    people: dict[int, list[_Span]] = {}
    rooms: dict[str, list[_Span]] = {}
    for one in booked:
        span = (one.start, one.end, one.key)
        if one.staff:
            people.setdefault(one.staff, []).append(span)
        if one.room:
            rooms.setdefault(one.room, []).append(span)
    for staff, spans in people.items():
        for first, second, start, end in overlaps(spans):
            yield Conflict(STAFF, first, second, start, end, staff=staff)
    for room, spans in rooms.items():
        for first, second, start, end in overlaps(spans):
            yield Conflict(ROOM, first, second, start, end, room=room)


def overlaps(spans: Iterable[_Span]) -> Iterator[tuple[int, int, int, int]]:
    """(smaller key, larger key, from, until) of every pair that overlaps."""
    going_on: list[_Span] = []
    for start, end, key in sorted(spans):
        if end <= start:
            continue
        going_on = [one for one in going_on if one[1] > start]
        for _, last, other in going_on:
            yield min(key, other), max(key, other), start, min(end, last)
        going_on.append((start, end, key))


def _unskilled(day: Day) -> Iterator[Conflict]:
    """Only where the platform tells what a service asks for and what a person can do."""
    known = {one.key: one.skills for one in day.workers if one.skills}
    for one in day.booked:
        skills = known.get(one.staff)
        if one.skill and skills is not None and one.skill not in skills:
            yield Conflict(SKILL, one.key, 0, one.start, one.end, staff=one.staff)


def _shifts(day: Day) -> Iterator[Conflict]:
    for worker in day.workers:
        mine = {key for key, _, _ in worker.shifts}
        every = (*worker.shifts, *worker.elsewhere)
        for first, second, start, end in overlaps((s, e, key) for key, s, e in every):
            # Two shifts of two other houses are their own affair.
            if mine & {first, second}:
                yield Conflict(SHIFTS, first, second, start, end, staff=worker.key)
