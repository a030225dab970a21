"""One proposal for everybody at once: as many as possible keep their day, then their hour, then
somebody they like.

First come, first fitted gives the only free hour to whoever stands first, though they could also
have had another. Here all are placed together: one yes or no for every option, at most one option
for each client, and never two in one room, with one person or with one client at a time. That is a
small whole-number problem, and scipy's solver finds the best answer exactly.
"""

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module

from approvals.rescheduling.options import Affected, Option

# Each of these outweighs everything below it for so many affected clients.
MOST = 40
NEAR = 1.0
PERSON = NEAR * (MOST + 1)
TIME = PERSON * (MOST + 1)
DAY = TIME * (MOST + 1)
ANY = NEAR
# A fortnight away weighs nothing any more; the same hour weighs all.
FAR = 14 * 1440
# The solver ends far sooner; this only keeps a page from hanging. First-fit answers then.
SECONDS = 0.8

Choice = dict[int, Option]
_Clique = list[int]


def worth(option: Option) -> float:
    """What an option is worth; the sum over all clients is made as large as possible."""
    near = NEAR * (1 - min(option.moved, FAR) / FAR) * 0.9
    return ANY + DAY * option.same_day + TIME * option.same_time + PERSON * option.preferred + near


def first_fit(affected: Sequence[Affected], options: Mapping[int, Sequence[Option]]) -> Choice:
    """By hand: one after the other in the order of the day, each gets the best that is left."""
    chosen: Choice = {}
    clients: dict[int, int] = {}
    for one in affected:
        for option in options.get(one.key, ()):
            others = ((other, clients[key]) for key, other in chosen.items())
            if not any(clash(option, one.client, other, client) for other, client in others):
                chosen[one.key], clients[one.key] = option, one.client
                break
    return chosen


def clash(one: Option, client: int, other: Option, other_client: int) -> bool:
    """Whether two options cannot both be taken."""
    for a in one.parts:
        for b in other.parts:
            if a.start >= b.end or a.end <= b.start:
                continue
            same_room = bool(a.room) and a.room == b.room
            if same_room or one.staff == other.staff or (client and client == other_client):
                return True
    return False


def best(affected: Sequence[Affected], options: Mapping[int, Sequence[Option]]) -> Choice:
    """{affected key: its option}; who is not in it needs a call. Never worse than first-fit."""
    by_hand = first_fit(affected, options)
    flat = [(one, option) for one in affected for option in options.get(one.key, ())]
    if len(by_hand) == len(affected) and all(
        by_hand[one.key] == options[one.key][0] for one in affected
    ):
        return by_hand
    solved = _solved(flat)
    total = sum(worth(option) for option in solved.values())
    return solved if total >= sum(map(worth, by_hand.values())) else by_hand


def _solved(flat: Sequence[tuple[Affected, Option]]) -> Choice:
    """The exact answer, or {} where the solver was stopped."""
    import numpy
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    cliques = list(_cliques(flat))
    rows = [row for row, clique in enumerate(cliques) for _ in clique]
    columns = [column for clique in cliques for column in clique]
    if not flat:
        return {}
    matrix = csr_array((numpy.ones(len(rows)), (rows, columns)), shape=(len(cliques), len(flat)))
    answer = milp(
        c=-numpy.array([worth(option) for _, option in flat]),
        integrality=numpy.ones(len(flat)),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(matrix, ub=1),
        options={"time_limit": SECONDS, "mip_rel_gap": 0.0},
    )
    if answer.x is None:
        return {}
    return {
        one.key: option for (one, option), taken in zip(flat, answer.x, strict=True) if taken > 0.5
    }


def _cliques(flat: Sequence[tuple[Affected, Option]]) -> Iterator[_Clique]:
    """Sets of options of which one at most may be taken.

    One set per client; and for each person, room and client one at every moment at which something
    would begin there: spans that overlap in pairs all hold the latest of their starts.
    """
    mine: dict[int, _Clique] = {}
    held: dict[tuple[str, object], list[tuple[int, int, int]]] = {}
    for column, (one, option) in enumerate(flat):
        mine.setdefault(one.key, []).append(column)
        for part in option.parts:
            span = (part.start, part.end, column)
            held.setdefault(("staff", option.staff), []).append(span)
            if part.room:
                held.setdefault(("room", part.room), []).append(span)
            if one.client:
                held.setdefault(("client", one.client), []).append(span)
    yield from mine.values()
    for spans in held.values():
        seen = set()
        for moment in sorted({start for start, _, _ in spans}):
            clique = sorted({column for s, e, column in spans if s <= moment < e})
            if len(clique) > 1 and tuple(clique) not in seen:
                seen.add(tuple(clique))
                yield clique


def warm_up() -> None:
    """Load the solver, which takes a good part of a second the first time in a process."""
    import_module("scipy.optimize")
