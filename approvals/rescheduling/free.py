"""Every free place of a calendar for a wish: who, when, in which room. Pure arithmetic on a Day.

Free stretches are worked out first (shifts and opening hours less what is booked) and starts laid
into them: twelve people over four weeks take some tens of milliseconds, where trying every quarter
of an hour against every appointment takes seconds.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from approvals.rescheduling.day import STEP, Day, Span, Worker


@dataclass(frozen=True)
class FreePlace:
    """One start that could be booked. ``room`` is '' where none is needed; ``first``: it begins
    where a free stretch does, so that no gap is left before it."""

    start: int
    end: int
    staff: int
    room: str = ""
    first: bool = False


@dataclass(frozen=True)
class Wanted:
    """What is looked for. ``windows``: spans in which it may begin (the second minute excluded);
    ``until``: minutes by which it has to be over, aligned with the windows (0: any).
    ``staff`` empty: anybody who can do it."""

    minutes: int
    windows: Sequence[Span]
    until: Sequence[int] = ()
    staff: frozenset[int] = frozenset()
    service: int = 0
    skill: str = ""
    kind: str = ""


def free_places(day: Day, wanted: Wanted) -> list[FreePlace]:
    """All of them, in order of time."""
    rooms = _Rooms(day, wanted.kind)
    staff_booked = _by_staff(day)
    found: list[FreePlace] = []
    for worker in _able(day, wanted):
        stretches = _free(worker, staff_booked.get(worker.key, ()), day.hours)
        found += _laid(worker.key, stretches, wanted, rooms)
    return sorted(found, key=lambda one: (one.start, one.staff))


def _able(day: Day, wanted: Wanted) -> list[Worker]:
    """Who can do it. Where the platform names no skill and nobody has done it yet, anybody."""
    there = [one for one in day.workers if not wanted.staff or one.key in wanted.staff]
    if not wanted.service:
        return [one for one in there if one.working]
    known = wanted.skill or any(wanted.service in one.does for one in day.workers)
    if not known:
        return [one for one in there if one.working]
    return [one for one in there if one.can_do(wanted.skill, wanted.service)]


def _by_staff(day: Day) -> dict[int, list[Span]]:
    found: dict[int, list[Span]] = {}
    for one in day.booked:
        if one.staff:
            found.setdefault(one.staff, []).append((one.start, one.end))
    return found


def _free(worker: Worker, booked: Iterable[Span], hours: Sequence[Span]) -> list[Span]:
    """Shifts here, inside opening hours, less what is booked."""
    spans = [(first, last) for _, first, last in worker.shifts]
    if hours:
        spans = _meet(spans, hours)
    return _less(_joined(spans), _joined(booked))


def _meet(one: Sequence[Span], other: Sequence[Span]) -> list[Span]:
    ordered = sorted(other)
    starts = [start for start, _ in ordered]
    found = []
    for first, last in one:
        for place in range(max(bisect_right(starts, first) - 1, 0), len(ordered)):
            start, end = ordered[place]
            if start >= last:
                break
            if end > first:
                found.append((max(first, start), min(last, end)))
    return found


def _joined(spans: Iterable[Span]) -> list[Span]:
    """In order, those that touch made one."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        elif end > start:
            found.append((start, end))
    return found


def _less(spans: Sequence[Span], taken: Sequence[Span]) -> list[Span]:
    found, place = [], 0
    for start, end in spans:
        at = start
        while place < len(taken) and taken[place][1] <= at:
            place += 1
        ahead = place
        while ahead < len(taken) and taken[ahead][0] < end:
            if taken[ahead][0] > at:
                found.append((at, taken[ahead][0]))
            at = max(at, taken[ahead][1])
            ahead += 1
        if at < end:
            found.append((at, end))
    return found


def _laid(
    staff: int, stretches: Sequence[Span], wanted: Wanted, rooms: "_Rooms"
) -> Iterator[FreePlace]:
    """Starts on the quarter hour inside the stretches and windows."""
    begins = [start for start, _ in wanted.windows]
    for first, last in stretches:
        earliest = -(-first // STEP) * STEP
        for place in range(max(bisect_right(begins, first) - 1, 0), len(begins)):
            opens, closes = wanted.windows[place]
            if opens >= last:
                break
            over = wanted.until[place] if wanted.until and wanted.until[place] else last
            start = max(earliest, -(-opens // STEP) * STEP)
            while start < closes and start + wanted.minutes <= min(last, over):
                room = rooms.free(start, start + wanted.minutes)
                if room is not None:
                    yield FreePlace(
                        start, start + wanted.minutes, staff, room, first=start == earliest
                    )
                start += STEP


class _Rooms:
    """Which room of a kind is free when; each room's booked spans lie in order."""

    def __init__(self, day: Day, kind: str) -> None:
        self.needed = bool(kind)
        booked: dict[str, list[Span]] = {room: [] for room, of in day.rooms if of == kind}
        for one in day.booked:
            if one.room in booked:
                booked[one.room].append((one.start, one.end))
        self.booked = {room: _joined(spans) for room, spans in booked.items()}
        self.starts = {room: [start for start, _ in spans] for room, spans in self.booked.items()}

    def free(self, start: int, end: int) -> str | None:
        """The first free room; '' where none is needed, None where none is free."""
        if not self.needed:
            return ""
        for room, spans in self.booked.items():
            place = bisect_right(self.starts[room], start) - 1
            before = place >= 0 and spans[place][1] > start
            after = place + 1 < len(spans) and spans[place + 1][0] < end
            if not before and not after:
                return room
        return None
