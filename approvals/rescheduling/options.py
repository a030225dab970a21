"""Every place where somebody whose person is out could be put, each by itself bookable.

An option is one that the platform takes whatever becomes of the others: the times that those
affected hold today stay taken, since nobody has agreed to leave them yet.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from approvals.rescheduling.day import STEP, Booked, Busy, Day, Span, Worker

# Other days are looked at with the nearest hours first; more than this never helped anybody.
PER_OTHER_DAY = 8
# Somebody who is asked to come earlier needs the time to read it and to come.
LEAD = 45


@dataclass(frozen=True)
class Placed:
    """One appointment at its new place. ``room`` is '' where its service needs none."""

    key: int
    start: int
    end: int
    room: str = ""


@dataclass(frozen=True)
class Option:
    """One proposal for one affected client: with whom, and each of their appointments placed."""

    staff: int
    parts: tuple[Placed, ...]
    same_day: bool = True
    same_time: bool = False
    preferred: bool = False
    moved: int = 0

    @property
    def start(self) -> int:
        return self.parts[0].start

    @property
    def span(self) -> Span:
        return self.parts[0].start, max(part.end for part in self.parts)


@dataclass(frozen=True)
class Affected:
    """One client with what falls out, in order. ``prefers``: staff they like, the first most."""

    client: int
    parts: tuple[Booked, ...]
    prefers: tuple[int, ...] = ()

    @property
    def key(self) -> int:
        return self.parts[0].key

    @property
    def start(self) -> int:
        return self.parts[0].start

    @property
    def keys(self) -> frozenset[int]:
        return frozenset(part.key for part in self.parts)


@dataclass(frozen=True)
class Outage:
    """Who is out and from when until when; ``now`` is when it is asked."""

    staff: int
    start: int
    end: int
    now: int


def affected_by(
    day: Day, outage: Outage, prefers: dict[int, tuple[int, ...]]
) -> tuple[Affected, ...]:
    """Each client with an appointment in the span, earliest first; theirs of one day together."""
    mine = [
        one
        for one in sorted(day.booked, key=lambda one: (one.start, one.key))
        if one.staff == outage.staff and one.start < outage.end and one.end > outage.start
    ]
    groups: dict[tuple[int, int], list[Booked]] = {}
    for one in mine:
        # Nobody is known behind an appointment without a client: it stands by itself.
        groups.setdefault((one.client or -one.key, day.date_of(one.start)), []).append(one)
    return tuple(
        Affected(max(client, 0), tuple(parts), prefers.get(client, ()))
        for (client, _), parts in groups.items()
    )


def options_for(
    day: Day, outage: Outage, affected: Sequence[Affected]
) -> dict[int, tuple[Option, ...]]:
    """{affected key: every option}, best first by ``rank``."""
    busy = Busy.of(day.booked)
    return {one.key: _sorted(one, _all(day, busy, outage, one)) for one in affected}


def rank(option: Option) -> tuple[bool, bool, bool, int, int]:
    """Keeps the day, keeps the time, keeps a person they like, then the nearest."""
    kept = (not option.same_day, not option.same_time, not option.preferred)
    return (*kept, option.moved, option.staff)


def _sorted(one: Affected, options: Iterable[Option]) -> tuple[Option, ...]:
    """All of the same day; of each other day the nearest hours."""
    found = sorted(options, key=rank)
    kept, counts = [], dict[int, int]()
    for option in found:
        if option.same_day:
            kept.append(option)
            continue
        away = round((option.start - one.start) / 1440)
        counts[away] = counts.get(away, 0) + 1
        if counts[away] <= PER_OTHER_DAY:
            kept.append(option)
    return tuple(kept)


def _all(day: Day, busy: Busy, outage: Outage, one: Affected) -> Iterator[Option]:
    for worker in day.workers:
        if not all(worker.can_do(part.skill, part.service) for part in one.parts):
            continue
        for start in _starts(worker, outage, one):
            option = placed(day, busy, outage, one, worker, start)
            if option is not None:
                yield option


def _starts(worker: Worker, outage: Outage, one: Affected) -> Iterator[int]:
    """The hour they hold, then every quarter of an hour of this person's shifts."""
    seen = set()
    if one.start >= outage.now:
        seen.add(one.start)
        yield one.start
    length = max(part.end for part in one.parts) - one.start
    for _, first, last in worker.shifts:
        start = max(first, outage.now + LEAD)
        for at in range(-(-start // STEP) * STEP, last - length + 1, STEP):
            if at not in seen:
                seen.add(at)
                yield at


def placed(
    day: Day, busy: Busy, outage: Outage, one: Affected, worker: Worker, start: int
) -> Option | None:
    """This client with this person at this hour, or None where anything is in the way."""
    by = start - one.start
    parts: list[Placed] = []
    for part in one.parts:
        first, last = part.start + by, part.end + by
        if not _works(day, busy, outage, worker, first, last, part.key):
            return None
        if one.client and not busy.client_free(one.client, first, last, one.keys):
            return None
        room = _room(day, busy, part, first, last, parts, moved=by != 0)
        if room is None:
            return None
        parts.append(Placed(part.key, first, last, room))
    return Option(
        staff=worker.key,
        parts=tuple(parts),
        same_day=day.date_of(start) == day.date_of(one.start),
        same_time=by == 0,
        preferred=worker.key in one.prefers,
        moved=abs(by),
    )


def _works(
    day: Day, busy: Busy, outage: Outage, worker: Worker, first: int, last: int, but: int
) -> bool:
    if worker.key == outage.staff and first < outage.end and last > outage.start:
        return False
    return (
        worker.on_shift(first, last)
        and day.is_open(first, last)
        and busy.staff_free(worker.key, first, last, but)
    )


def _room(
    day: Day,
    busy: Busy,
    part: Booked,
    first: int,
    last: int,
    before: Sequence[Placed],
    *,
    moved: bool,
) -> str | None:
    """The room it has if that is free then, else the first free one; None: no room is free."""
    if not part.kind:
        return ""
    own = [part.room] if part.room else []
    others = [room for room, kind in day.rooms if kind == part.kind and room != part.room]
    for room in [*own, *others]:
        taken = any(p.room == room and p.start < last and p.end > first for p in before)
        if not taken and busy.room_free(room, first, last, part.key):
            return room
    return None


def as_booked(affected: Sequence[Affected], minutes: Mapping[int, int]) -> tuple[Affected, ...]:
    """Each appointment as long as the platform would book its service anew: {service: minutes}."""
    return tuple(
        replace(
            one,
            parts=tuple(
                replace(part, end=part.start + minutes.get(part.service, part.end - part.start))
                for part in one.parts
            ),
        )
        for one in affected
    )
