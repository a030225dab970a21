"""Learning a shelf from what was had together, and how much each column should count.

Pairs are counted with older ones worth less. The weights are those of a choice among the items
(McFadden, "Conditional logit analysis of qualitative choice behavior", 1974): in each of the latest
occasions one item is hidden, and the weights make it likely among those that could have been said
instead. They are held at the first weights, so that little data changes little.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.retail.shelf import (
    COLUMNS,
    FIRST_WEIGHTS,
    USUAL_DAYS,
    Floats,
    Past,
    Shelf,
    shelf_empty,
)

NEIGHBOURS = 100
# A pair seen so often is believed by half.
SHRINK = 2.0
# An item had so often says as much about what follows as everybody's habit.
FEW = 5.0
# A pair so many days old counts half; what is popular changes faster.
OLD, SEASON = 150.0, 21.0
# Weights are learned on the occasions of so many days, at most so many, and not from fewer.
LATEST_DAYS = 31.0
MOST_CASES, FEWEST_CASES = 1_500, 60
HARD, CHANCE = 150, 60
# How strongly the first weights hold: as many cases would move them half of the way, roughly.
HOLD = 2.0
ROUNDS = 25
SEED = 20_260_615


@dataclass(frozen=True)
class Occasion:
    """One visit or sale. ``at`` in days from any moment; ``wanted``: what came of what was
    ``given``, by position. The two are the same where things are simply had together."""

    at: float
    owner: Hashable
    given: tuple[int, ...]
    wanted: tuple[int, ...]

    @property
    def together(self) -> bool:
        return self.given == self.wanted


@dataclass(frozen=True)
class Case:
    """An occasion with one of its items hidden."""

    given: tuple[int, ...]
    hidden: int
    past: Past


def shelf_fit(
    occasions: Sequence[Occasion],
    keys: Sequence[str],
    now: float,
    sold: NDArray[np.bool_] | None = None,
    usual: float = USUAL_DAYS,
) -> Shelf:
    """Learn from occasions up to ``now`` (days). ``sold``: which items may be mentioned at all;
    None: every one. ``usual``: days between two purchases where nobody knows better."""
    seen = sorted((one for one in occasions if one.at <= now), key=lambda one: one.at)
    shelf = counted(seen, keys, now, usual)
    cut = now - LATEST_DAYS
    early = [one for one in seen if one.at < cut]
    late = [one for one in seen if one.at >= cut]
    if not early or not late:
        return shelf
    may = np.ones(len(keys), dtype=bool) if sold is None else sold
    cases = list(cases_of(early, late, may))
    if len(cases) < FEWEST_CASES:
        return shelf
    return replace(shelf, weights=weights_fit(counted(early, keys, cut, usual), cases, may))


def counted(
    seen: Sequence[Occasion], keys: Sequence[str], now: float, usual: float = USUAL_DAYS
) -> Shelf:
    """The shelf with the first weights."""
    if not seen or not keys:
        return shelf_empty(keys, usual)
    ages = now - np.array([one.at for one in seen])
    worth = 0.5 ** (ages / OLD)
    given = _table([one.given for one in seen], len(keys))
    wanted = _table([one.wanted for one in seen], len(keys))
    pairs = (given.T.multiply(worth) @ wanted).tocoo()
    total, before = np.asarray(wanted.T @ worth), np.asarray(given.T @ worth)
    lately = np.asarray(wanted.T @ 0.5 ** (ages / SEASON))
    apart = np.array([one.together for one in seen]).all()
    neighbours, near, follows = _nearest(pairs, before, total, apart=bool(apart))
    return Shelf(
        tuple(keys),
        neighbours,
        near,
        follows,
        _share(lately),
        _share(total),
        _usual(seen, len(keys), usual),
        FIRST_WEIGHTS,
        len(seen),
    )


def _table(rows: Sequence[tuple[int, ...]], width: int) -> Any:
    from scipy.sparse import csr_matrix

    places = np.array([item for row in rows for item in set(row)], dtype=np.int64)
    owners = np.repeat(np.arange(len(rows)), [len(set(row)) for row in rows])
    ones = np.ones(len(places))
    return csr_matrix((ones, (owners, places)), shape=(len(rows), width))


def _nearest(
    pairs: Any, before: Floats, total: Floats, *, apart: bool
) -> tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.float32]]:
    """The nearest of each item. ``apart``: an item is not its own neighbour."""
    one, other, times = pairs.row, pairs.col, pairs.data
    if apart:
        kept = one != other
        one, other, times = one[kept], other[kept], times[kept]
    near = times / np.sqrt(before[one] * total[other]) * times / (times + SHRINK)
    order = np.lexsort((other, -near, one))
    one, other, times, near = one[order], other[order], times[order], near[order]
    place = np.arange(len(one)) - np.searchsorted(one, one)
    kept = place < NEIGHBOURS
    width = int(place[kept].max()) + 1 if kept.any() else 0
    shape = (len(total), width)
    found = np.full(shape, -1, dtype=np.int32)
    nearness, follows = np.zeros(shape, dtype=np.float32), np.zeros(shape, dtype=np.float32)
    where = one[kept], place[kept]
    found[where] = other[kept]
    nearness[where] = near[kept]
    follows[where] = (times / (before[one] + FEW))[kept]
    return found, nearness, follows


def _share(asked: Floats) -> NDArray[np.float32]:
    """0 to 1, by the logarithm: a best seller is not a hundred times as welcome."""
    most = float(asked.max())
    shares: NDArray[np.float32] = (np.log1p(asked) / np.log1p(most or 1.0)).astype(np.float32)
    return shares


def _usual(seen: Sequence[Occasion], width: int, held: float) -> NDArray[np.float32]:
    """Days between two purchases of an item by one client: the median, held at ``held``."""
    last: dict[tuple[Hashable, int], float] = {}
    gaps: dict[int, list[float]] = {}
    for one in seen:
        for item in set(one.wanted) if one.owner is not None else ():
            before = last.get((one.owner, item))
            if before is not None and one.at - before >= 1:
                gaps.setdefault(item, []).append(one.at - before)
            last[one.owner, item] = one.at
    usual = np.full(width, held, dtype=np.float32)
    for item, days in gaps.items():
        usual[item] = (float(np.median(days)) * len(days) + held * 3) / (len(days) + 3)
    return usual


def cases_of(
    early: Sequence[Occasion], late: Sequence[Occasion], may: NDArray[np.bool_]
) -> Iterator[Case]:
    """One hidden item of each late occasion, with what was known of the client before it."""
    dice = np.random.default_rng(SEED)
    had: dict[Hashable, list[tuple[float, int]]] = {}
    times: dict[Hashable, int] = {}
    some = set(dice.permutation(len(late))[:MOST_CASES].tolist())
    for number, one in enumerate([*early, *late]):
        if number - len(early) in some:
            known = [(item, one.at - at) for at, item in had.get(one.owner, ())]
            yield from _hidden(one, Past.of(known, times.get(one.owner, 0)), may, dice)
        if one.owner is not None:
            had.setdefault(one.owner, []).extend((one.at, item) for item in set(one.wanted))
            times[one.owner] = times.get(one.owner, 0) + 1


def _hidden(
    one: Occasion, past: Past, may: NDArray[np.bool_], dice: np.random.Generator
) -> Iterator[Case]:
    wanted = [item for item in dict.fromkeys(one.wanted) if may[item]]
    if not wanted:
        return
    chosen = wanted[int(dice.integers(len(wanted)))]
    given = tuple(item for item in one.given if item != chosen) if one.together else one.given
    if given:
        yield Case(given, chosen, past)


def weights_fit(shelf: Shelf, cases: Sequence[Case], may: NDArray[np.bool_]) -> tuple[float, ...]:
    """The weights under which the hidden items were chosen, never below zero for what goes
    together: a salon's odd month must not turn a rule round."""
    rows, real = _beside(shelf, cases, may)
    first = np.array(FIRST_WEIGHTS)
    weights = first.copy()
    for _ in range(ROUNDS):
        chances = rows @ weights
        chances[~real] = -np.inf
        chances = np.exp(chances - chances.max(axis=1, keepdims=True))
        chances /= chances.sum(axis=1, keepdims=True)
        mean = np.einsum("cl,cld->cd", chances, rows)
        slope = (rows[:, 0] - mean).sum(axis=0) - HOLD * (weights - first)
        square = np.einsum("cl,cld,cle->de", chances, rows, rows) - mean.T @ mean
        step = np.linalg.solve(square + HOLD * np.eye(len(COLUMNS)), slope)
        weights += step * min(1.0, 2.0 / (float(np.abs(step).max()) or 1.0))
        if np.abs(step).max() < 1e-4:
            break
    weights[:3] = np.maximum(weights[:3], 0)
    return tuple(round(float(one), 6) for one in weights)


def _beside(
    shelf: Shelf, cases: Sequence[Case], may: NDArray[np.bool_]
) -> tuple[Floats, NDArray[np.bool_]]:
    """The hidden item's columns first, then those of items that were close or happened along."""
    dice = np.random.default_rng(SEED)
    width = 1 + min(HARD + CHANCE, max(len(shelf) - 1, 1))
    rows = np.zeros((len(cases), width, len(COLUMNS)))
    real = np.zeros((len(cases), width), dtype=bool)
    for number, case in enumerate(cases):
        columns = shelf.columns(case.given, case.past)
        scores = np.where(may, columns @ np.array(FIRST_WEIGHTS), -np.inf)
        scores[[*case.given, case.hidden]] = -np.inf
        hard = np.argsort(-scores, kind="stable")[:HARD]
        others = np.union1d(hard, dice.integers(0, len(shelf), CHANCE))
        others = others[np.isfinite(scores[others])][: width - 1]
        rows[number, : len(others) + 1] = columns[np.concatenate([[case.hidden], others])]
        real[number, : len(others) + 1] = True
    return rows, real
