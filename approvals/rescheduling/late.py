"""A client comes late: does the visit still fit, and if not, what would make it fit.

Looked at from the hour at which they will be there. Each service of the visit begins when the one
before it ends, so a gap between two of them swallows a part of the delay. What is in the way is
the next visit of the same person, the room, the end of their shift or of the day.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from approvals.rescheduling.day import Booked, Busy, Day, Worker
from approvals.rescheduling.options import Affected, Outage, options_for, placed

STAFF, ROOM, CLIENT, SHIFT, CLOSING = "staff", "room", "client", "shift", "closing"
OTHER_ROOM, SHORTER, WITHOUT, WAIT = "other_room", "shorter", "without", "wait"
SWAP, OTHER, NEXT_OTHER, LATER = "swap", "other", "next_other", "later"
# Beyond this nobody who is on time is asked to wait for somebody who is not.
PATIENCE = 10
# How late is looked at where the question is how late would still do.
LATEST, GRAIN = 120, 5
EACH = 2


@dataclass(frozen=True)
class Treatment:
    """A service as the salon sells it; what can stand in for another has its skill and room."""

    key: int
    minutes: int
    skill: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Block:
    """Something in the way of ``part``: from ``at`` on; ``other`` is the appointment there, 0 for
    the end of a shift or of the day. ``over``: minutes too many."""

    kind: str
    part: int
    at: int
    over: int
    other: int = 0


@dataclass(frozen=True)
class Way:
    """One way out. ``part``: the appointment it changes (the other client's for *wait*, *swap* and
    *next_other*); the rest as the kind needs it."""

    kind: str
    part: int
    start: int = 0
    service: int = 0
    minutes: int = 0
    staff: int = 0
    room: str = ""


@dataclass(frozen=True)
class Late:
    """What becomes of a visit: ``parts`` as they would be, what is in the way, the ways out.

    ``slack``: so many minutes late would still have fitted as it is booked.
    """

    parts: tuple[Booked, ...]
    blocks: tuple[Block, ...]
    ways: tuple[Way, ...]
    slack: int

    @property
    def fits(self) -> bool:
        return not self.blocks


def late(
    day: Day,
    visit: Sequence[Booked],
    arrival: int,
    *,
    menu: Sequence[Treatment] = (),
    here: frozenset[int] = frozenset(),
    now: int = 0,
) -> Late:
    """``visit``: the appointments of one visit in order; ``arrival``: when they will be there;
    ``here``: the appointments whose clients are in the house already."""
    parts = tuple(sorted(visit, key=lambda one: (one.start, one.key)))
    asked = _Asked(day, parts, arrival, here, now)
    parts = delayed(asked.visit, arrival)
    blocks = asked.blocks(parts)
    ways = tuple(_ways(asked, parts, blocks, menu)) if blocks else ()
    return Late(parts, blocks, ways, slack(asked))


def delayed(visit: Sequence[Booked], arrival: int) -> tuple[Booked, ...]:
    """Each service as soon as the client is there and the one before it is done."""
    free, found = arrival, []
    for part in visit:
        start = max(part.start, free)
        free = start + part.end - part.start
        found.append(replace(part, start=start, end=free))
    return tuple(found)


@dataclass(frozen=True)
class _Asked:
    day: Day
    visit: tuple[Booked, ...]
    arrival: int
    here: frozenset[int] = frozenset()
    now: int = 0

    @property
    def keys(self) -> frozenset[int]:
        return frozenset(one.key for one in self.visit)

    @property
    def others(self) -> tuple[Booked, ...]:
        return tuple(one for one in self.day.booked if one.key not in self.keys)

    def blocks(
        self, parts: Sequence[Booked], others: Sequence[Booked] | None = None
    ) -> tuple[Block, ...]:
        rest = self.others if others is None else others
        found = [block for part in parts for block in _in_the_way(self.day, part, rest)]
        return tuple(sorted(found, key=lambda one: (one.at, one.kind, one.other)))


def _in_the_way(day: Day, part: Booked, others: Sequence[Booked]) -> Iterator[Block]:
    for other in others:
        if other.start >= part.end or other.end <= part.start:
            continue
        over = part.end - other.start
        for kind, shared in (
            (STAFF, part.staff and part.staff == other.staff),
            (ROOM, part.room and part.room == other.room),
            (CLIENT, part.client and part.client == other.client),
        ):
            if shared:
                yield Block(kind, part.key, other.start, over, other.key)
    worker = next((one for one in day.workers if one.key == part.staff), None)
    yield from _ends(SHIFT, part, [(s, e) for _, s, e in worker.shifts] if worker else [])
    yield from _ends(CLOSING, part, day.hours)


def _ends(kind: str, part: Booked, spans: Sequence[tuple[int, int]]) -> Iterator[Block]:
    """The span in which it begins (or the last before it) ends too early. Unknown ends nothing."""
    if any(first <= part.start and part.end <= last for first, last in spans):
        return
    last = max((end for first, end in spans if first <= part.start), default=None)
    if last is not None:
        yield Block(kind, part.key, last, part.end - last)


def slack(asked: _Asked) -> int:
    """How many minutes late it would still fit, in steps of five."""
    start, fits = asked.visit[0].start, 0
    for minutes in range(GRAIN, LATEST + 1, GRAIN):
        if asked.blocks(delayed(asked.visit, start + minutes)):
            break
        fits = minutes
    return fits


def _ways(
    asked: _Asked, parts: Sequence[Booked], blocks: Sequence[Block], menu: Sequence[Treatment]
) -> Iterator[Way]:
    """Those that change least first."""
    yield from _other_rooms(asked, parts, blocks)
    yield from _shorter(asked, menu)
    yield from _without(asked)
    yield from _wait(asked, parts, blocks)
    yield from _swap(asked, blocks)
    yield from _other_people(asked)
    yield from _next_to_others(asked, parts, blocks)
    yield from _later(asked)


def _other_rooms(asked: _Asked, parts: Sequence[Booked], blocks: Sequence[Block]) -> Iterator[Way]:
    """Only where rooms alone are in the way."""
    if any(block.kind != ROOM for block in blocks):
        return
    busy, kinds = Busy.of(asked.others), dict(asked.day.rooms)
    found, taken = [], set[str]()
    for part in parts:
        if part.key not in {block.part for block in blocks}:
            continue
        kind = part.kind or kinds.get(part.room, "")
        free = (
            room
            for room, is_kind in asked.day.rooms
            if is_kind == kind and room not in taken and busy.room_free(room, part.start, part.end)
        )
        room = next(free, "")
        if not room:
            return
        taken.add(room)
        found.append(Way(OTHER_ROOM, part.key, start=part.start, room=room))
    yield from found


def _shorter(asked: _Asked, menu: Sequence[Treatment]) -> Iterator[Way]:
    """A shorter service of the same kind; the longest that fits comes first."""
    found = []
    for part in asked.visit:
        for other in menu:
            alike = (other.skill, other.kind) == (part.skill, part.kind) and part.skill
            if not alike or other.key == part.service or other.minutes >= part.end - part.start:
                continue
            short = replace(part, end=part.start + other.minutes, service=other.key)
            visit = [short if one.key == part.key else one for one in asked.visit]
            if not asked.blocks(delayed(visit, asked.arrival)):
                found.append(Way(SHORTER, part.key, service=other.key, minutes=other.minutes))
    yield from sorted(found, key=lambda way: (-way.minutes, way.part, way.service))[:EACH]


def _without(asked: _Asked) -> Iterator[Way]:
    """Of several services leave one out, the shortest that helps."""
    if len(asked.visit) < 2:
        return
    for part in sorted(asked.visit, key=lambda one: (one.end - one.start, one.key)):
        rest = [one for one in asked.visit if one.key != part.key]
        if not asked.blocks(delayed(rest, asked.arrival)):
            yield Way(WITHOUT, part.key, minutes=part.end - part.start)
            return


def _next_of(asked: _Asked, blocks: Sequence[Block]) -> Booked | None:
    """The one client after them with the same person, where nothing else is in the way."""
    keys = {block.other for block in blocks}
    if len(keys) != 1 or 0 in keys or any(block.kind == CLIENT for block in blocks):
        return None
    one = next((one for one in asked.others if one.key in keys), None)
    return one if one is not None and one.staff == asked.visit[-1].staff else None


def _wait(asked: _Asked, parts: Sequence[Booked], blocks: Sequence[Block]) -> Iterator[Way]:
    """The next client begins a few minutes later, and nothing after that is hit."""
    after = _next_of(asked, blocks)
    if after is None:
        return
    over = max(block.over for block in blocks)
    moved = replace(after, start=after.start + over, end=after.end + over)
    others = [*(one for one in asked.others if one.key != after.key), *parts]
    if over <= PATIENCE and not _Asked(asked.day, (moved,), 0).blocks([moved], others):
        yield Way(WAIT, after.key, start=moved.start, minutes=over)


def _swap(asked: _Asked, blocks: Sequence[Block]) -> Iterator[Way]:
    """The next client is here already and goes first; this one follows."""
    after = _next_of(asked, blocks)
    if after is None or after.key not in asked.here:
        return
    start = max(asked.visit[0].start, asked.now)
    moved = replace(after, start=start, end=start + after.end - after.start)
    follows = delayed(asked.visit, max(asked.arrival, moved.end))
    rest = [one for one in asked.others if one.key != after.key]
    before = _Asked(asked.day, (moved,), 0).blocks([moved], [*rest, *follows])
    if not before and not asked.blocks(follows, [*rest, moved]):
        yield Way(SWAP, after.key, start=follows[0].start)


def _affected(asked: _Asked) -> Affected:
    return Affected(asked.visit[0].client, asked.visit, (asked.visit[0].staff,))


def _other_people(asked: _Asked) -> Iterator[Way]:
    """Somebody else does the whole visit from the hour at which they are there."""
    one, outage = _affected(asked), Outage(0, 0, 0, asked.arrival)
    busy, found = Busy.of(asked.others), 0
    for worker in asked.day.workers:
        if worker.key == one.parts[0].staff or not _able(worker, one) or found >= EACH:
            continue
        option = placed(asked.day, busy, outage, one, worker, asked.arrival)
        if option is not None:
            found += 1
            room = option.parts[0].room
            yield Way(OTHER, one.key, start=asked.arrival, staff=worker.key, room=room)


def _able(worker: Worker, one: Affected) -> bool:
    return all(worker.can_do(part.skill, part.service) for part in one.parts)


def _next_to_others(
    asked: _Asked, parts: Sequence[Booked], blocks: Sequence[Block]
) -> Iterator[Way]:
    """The client after them keeps the hour, with somebody else who is free."""
    after = _next_of(asked, blocks)
    if after is None:
        return
    one, outage = Affected(after.client, (after,)), Outage(0, 0, 0, 0)
    rest = [other for other in asked.others if other.key != after.key]
    busy, found = Busy.of([*rest, *parts]), 0
    for worker in asked.day.workers:
        if worker.key == after.staff or not _able(worker, one) or found >= EACH:
            continue
        option = placed(asked.day, busy, outage, one, worker, after.start)
        if option is not None:
            found += 1
            room = option.parts[0].room
            yield Way(NEXT_OTHER, after.key, start=after.start, staff=worker.key, room=room)


def _later(asked: _Asked) -> Iterator[Way]:
    """The first hour after their arrival at which the whole visit fits."""
    first = asked.visit[0]
    rest = replace(asked.day, booked=asked.others)
    outage = Outage(0, 0, 0, asked.arrival)
    options = options_for(rest, outage, [_affected(asked)])[first.key]
    after = [one for one in options if one.same_day and one.start > asked.arrival]
    soonest = min(after, key=lambda one: (one.start, one.staff != first.staff), default=None)
    if soonest is not None:
        yield Way(LATER, first.key, start=soonest.start, staff=soonest.staff)
