"""What goes with what, as it is asked for: a handful of arrays and the few columns made of them.

A shelf knows items by position. Of every item it keeps the nearest others (cosine of how often they
were had together, shrunk where that happened seldom) and how often they followed; of the client it
is told what they had and when. Nothing here reads a database or a clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

# What an item is judged by, in the order of the weights.
COLUMNS = ("near", "nearest", "follows", "lately", "always", "share", "had", "due", "taste")
# Before a salon has a past of its own: what goes together first, then what this client uses.
FIRST_WEIGHTS = (1.0, 1.0, 2.0, 0.3, 0.2, 1.0, 0.5, 0.5, 0.5)
# Days after which something had counts half.
HALF_LIFE = 120.0
# Where nobody bought an item twice yet, a bottle is thought to last ten weeks.
USUAL_DAYS = 70.0
# How many of a client's own gaps weigh as much as everybody's.
OWN_GAPS = 2.0
MOST_DUE = 1.5
NOBODY = -1


@dataclass(frozen=True)
class Past:
    """What one client had: ``items`` by position and ``ago`` in days, one of each a purchase;
    ``times``: at how many occasions, whatever they took."""

    items: Places = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    ago: Floats = field(default_factory=lambda: np.zeros(0))
    times: int = 0

    @classmethod
    def of(cls, had: Sequence[tuple[int, float]], times: int | None = None) -> "Past":
        """From (position, days ago) pairs."""
        items = np.array([item for item, _ in had], dtype=np.int64)
        ago = np.array([days for _, days in had], dtype=float)
        return cls(items, ago, len(set(ago.tolist())) if times is None else times)


@dataclass(frozen=True)
class Shelf:
    """``neighbours``: n rows of positions, -1 where there are fewer; ``near`` and ``follows``
    beside them. ``lately`` and ``always``: how much asked for, 0 to 1. ``usual``: days between two
    purchases. ``occasions``: how many it was learned from; 0 knows nothing and still ranks."""

    keys: tuple[str, ...]
    neighbours: NDArray[np.int32]
    near: NDArray[np.float32]
    follows: NDArray[np.float32]
    lately: NDArray[np.float32]
    always: NDArray[np.float32]
    usual: NDArray[np.float32]
    weights: tuple[float, ...] = FIRST_WEIGHTS
    occasions: int = 0

    def __len__(self) -> int:
        return len(self.keys)

    # Kept with the shelf: made of its keys, and asked for with every card.
    @cached_property
    def places(self) -> dict[str, int]:
        """Key → position."""
        return {key: at for at, key in enumerate(self.keys)}

    @cached_property
    def goods(self) -> NDArray[np.bool_]:
        """Which items are products and no treatments."""
        return np.array([key.startswith("p") for key in self.keys], dtype=bool)

    def columns(self, given: Sequence[int], past: Past) -> Floats:
        """One row an item, one column a name of ``COLUMNS``. ``given``: what is there today."""
        made = np.zeros((len(self), len(COLUMNS)))
        if not len(self):
            return made
        self._today(np.asarray(given, dtype=np.int64), made)
        made[:, 3], made[:, 4] = self.lately, self.always
        if len(past.items):
            self._own(past, made)
        return made

    def scores(self, given: Sequence[int], past: Past) -> Floats:
        """The higher, the sooner to be mentioned. What is given already is not left out."""
        scores: Floats = self.columns(given, past) @ np.asarray(self.weights)
        return scores

    def ranked(self, given: Sequence[int], past: Past, most: int) -> list[int]:
        """The best positions, what is given left out; equal scores in the order of positions."""
        scores = self.scores(given, past)
        scores[np.asarray(given, dtype=np.int64)] = -np.inf
        order = np.argsort(-scores, kind="stable")[:most]
        return [int(at) for at in order if np.isfinite(scores[at])]

    def _today(self, given: Places, made: Floats) -> None:
        if not len(given):
            return
        beside, near, follows = self.neighbours[given], self.near[given], self.follows[given]
        made[:, 0] = self._sums(beside, near) / np.sqrt(len(given))
        nearest = np.zeros(len(self) + 1)
        np.maximum.at(nearest, beside.ravel(), near.ravel())
        made[:, 1] = nearest[:-1]
        made[:, 2] = self._sums(beside, follows) / len(given)

    def _own(self, past: Past, made: Floats) -> None:
        worth = 0.5 ** (past.ago / HALF_LIFE)
        had = np.bincount(past.items, weights=worth, minlength=len(self))
        last = np.full(len(self), np.inf)
        np.minimum.at(last, past.items, past.ago)
        mine = np.isfinite(last)
        made[:, 5] = had / (had.max() + 1)
        made[:, 6] = mine
        made[mine, 7] = np.minimum(last[mine] / self.usual[mine], MOST_DUE)
        length = float(np.sqrt((had**2).sum())) or 1.0
        of = np.flatnonzero(had)
        weighed = self.near[of] * (had[of] / length)[:, None]
        made[:, 8] = self._sums(self.neighbours[of], weighed)

    def _sums(self, places: NDArray[np.int32], values: NDArray[Any]) -> Floats:
        """Values added up where they point. -1 points behind the last row, which is dropped."""
        at = np.where(places < 0, len(self), places).ravel()
        sums = np.bincount(at, weights=values.ravel(), minlength=len(self) + 1)[:-1]
        return sums.astype(np.float64, copy=False)


def shelf_empty(keys: Sequence[str], usual: float = USUAL_DAYS) -> Shelf:
    """Of items nobody bought yet: every one counts the same."""
    n = len(keys)
    none = np.zeros((n, 0), dtype=np.float32)
    zeros = np.zeros(n, dtype=np.float32)
    return Shelf(
        tuple(keys),
        none.astype(np.int32),
        none,
        none,
        zeros,
        zeros,
        np.full(n, usual, dtype=np.float32),
    )


def usual_days(ago: Sequence[float], usual: float) -> float:
    """Days between two of one client's purchases: their own gaps, held by what is usual.

    ``ago``: days ago of each purchase of the item. Two on one day are one.
    """
    days = sorted(set(ago))
    gaps = [later - sooner for sooner, later in pairwise(days)]
    return (sum(gaps) + OWN_GAPS * usual) / (len(gaps) + OWN_GAPS)
