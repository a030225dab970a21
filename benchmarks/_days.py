"""Days of a salon by chance: twelve people, a dozen rooms, and what is booked; and clashes planted
into them, with how many there are to be found."""

from dataclasses import dataclass, replace
from random import Random

from approvals.rescheduling.day import Booked, Busy, Day, Worker

SKILLS = ("massage", "facial", "nails", "waxing")
# (skill, what it needs, minutes); the last needs no room at all.
SERVICES = {
    1: ("massage", "room", 60),
    2: ("massage", "room", 90),
    3: ("facial", "room", 60),
    4: ("nails", "chair", 45),
    5: ("waxing", "room", 30),
    6: ("nails", "", 30),
}
ROOMS = tuple((f"room{n}", "room") for n in range(8)) + tuple(
    (f"chair{n}", "chair") for n in "abcd"
)
MIDNIGHT = 1440


@dataclass(frozen=True)
class Shape:
    """How full, how long and how many. ``load`` is the share of free quarters that get booked."""

    people: int = 12
    days: int = 1
    load: float = 0.6
    rooms: tuple[tuple[str, str], ...] = ROOMS


def clean_day(rng: Random, shape: Shape = Shape()) -> Day:
    """A calendar on which nothing clashes."""
    workers = tuple(_worker(rng, key, shape) for key in range(1, shape.people + 1))
    booked: list[Booked] = []
    rooms = Busy()
    for worker in workers:
        for _, first, last in worker.shifts:
            _fill(rng, shape, worker, (first, last), booked, rooms)
    return Day(
        booked=tuple(booked),
        workers=workers,
        rooms=shape.rooms,
        midnights=tuple(day * MIDNIGHT for day in range(shape.days + 1)),
    )


def _worker(rng: Random, key: int, shape: Shape) -> Worker:
    shifts = []
    for day in range(shape.days):
        first = day * MIDNIGHT + rng.choice((540, 600, 660))
        shifts.append((key * 100 + day, first, first + rng.choice((360, 480, 540))))
    skills = frozenset(rng.sample(SKILLS, rng.randint(1, 3)))
    return Worker(key=key, name=f"Person {key}", skills=skills, shifts=tuple(shifts))


def _fill(
    rng: Random,
    shape: Shape,
    worker: Worker,
    shift: tuple[int, int],
    booked: list[Booked],
    rooms: Busy,
) -> None:
    at, last = shift
    while at < last:
        service = rng.choice(sorted(SERVICES))
        skill, kind, minutes = SERVICES[service]
        end = at + minutes
        room = _room(shape, rooms, kind, at, end)
        if rng.random() > shape.load or skill not in worker.skills or end > last or room is None:
            at += 15
            continue
        key = len(booked) + 1
        one = Booked(key, at, end, worker.key, room, key, service, skill, kind)
        booked.append(one)
        if room:
            rooms.rooms.setdefault(room, []).append((at, end, key))
        at = end


def _room(shape: Shape, rooms: Busy, kind: str, start: int, end: int) -> str | None:
    if not kind:
        return ""
    free = (room for room, k in shape.rooms if k == kind and rooms.room_free(room, start, end))
    return next(free, None)


def planted(rng: Random, day: Day) -> tuple[Day, set[tuple[str, int, int]]]:
    """The day with up to four clashes put in: (kind, first key, second key) of everything that
    now clashes, worked out by looking at every pair."""
    booked, workers = list(day.booked), list(day.workers)
    for _ in range(rng.randint(1, 4)):
        what = rng.choice(("staff", "room", "skill", "shifts"))
        if what == "shifts":
            _plant_shift(rng, workers)
        elif booked:
            _plant(rng, what, booked, workers)
    made = replace(day, booked=tuple(booked), workers=tuple(workers))
    return made, pairwise(made)


def _plant(rng: Random, what: str, booked: list[Booked], workers: list[Worker]) -> None:
    at = rng.randrange(len(booked))
    one = booked[at]
    other = rng.choice(booked)
    start = other.start + rng.choice((0, 15, -15, 30))
    length = one.end - one.start
    if what == "staff":
        booked[at] = replace(one, staff=other.staff, start=start, end=start + length)
    elif what == "room":
        booked[at] = replace(one, room=other.room, start=start, end=start + length)
    else:
        booked[at] = replace(one, staff=rng.choice(workers).key)


def _plant_shift(rng: Random, workers: list[Worker]) -> None:
    at = rng.randrange(len(workers))
    one = workers[at]
    key, first, last = one.shifts[0]
    more = (key + 50, first + rng.choice((-60, 60, last - first)), last + 60)
    workers[at] = replace(one, elsewhere=(more,))


def pairwise(day: Day) -> set[tuple[str, int, int]]:
    """Every pair of everything compared with every other: slow, and plainly right."""
    found = set()
    skills = {worker.key: worker.skills for worker in day.workers}
    for a in day.booked:
        if a.staff in skills and a.skill and skills[a.staff] and a.skill not in skills[a.staff]:
            found.add(("skill", a.key, 0))
        for b in day.booked:
            if a.key >= b.key or a.start >= b.end or b.start >= a.end:
                continue
            if a.staff and a.staff == b.staff:
                found.add(("staff", a.key, b.key))
            if a.room and a.room == b.room:
                found.add(("room", a.key, b.key))
    for worker in day.workers:
        every = (*worker.shifts, *worker.elsewhere)
        for key, first, last in every:
            for other, start, end in every:
                if key < other and first < end and start < last:
                    found.add(("shifts", key, other))
    return found
