"""Columns: what a scorer reads, one value a row, and how they become a matrix.

Numbers may be unknown (NaN): an unknown one counts as the ordinary one and says so in a column of
its own. Kinds (a service, a weekday, a source) become a column each where they were seen often
enough to learn from; the rest share none.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# A kind seen less often than this says more about chance than about itself.
OFTEN = 20
# Where a number's straight line may bend: at these shares of what was seen.
BENDS = (0.1, 0.3, 0.5, 0.7, 0.9)


@dataclass(frozen=True)
class Columns:
    """``numbers``: name → floats, NaN where unknown; ``kinds``: name → one word a row."""

    numbers: Mapping[str, Floats]
    kinds: Mapping[str, Sequence[str]]

    def __len__(self) -> int:
        every = [*self.numbers.values(), *self.kinds.values()]
        return len(every[0]) if every else 0

    def rows(self, wanted: NDArray[Any]) -> "Columns":
        """The rows of these positions, or of a mask, in their order."""
        numbers = {name: values[wanted] for name, values in self.numbers.items()}
        kinds = {name: np.asarray(words)[wanted].tolist() for name, words in self.kinds.items()}
        return Columns(numbers, kinds)


@dataclass(frozen=True)
class NumberColumn:
    """One number: its ordinary value, where its line bends, and the scale of each piece."""

    name: str
    ordinary: float
    bends: tuple[float, ...]
    centre: tuple[float, ...]
    spread: tuple[float, ...]

    @property
    def width(self) -> int:
        return 2 + len(self.bends)

    def pieces(self, values: Floats) -> Floats:
        return (_unscaled(values, self.ordinary, self.bends) - self.centre) / self.spread


@dataclass(frozen=True)
class KindColumn:
    name: str
    levels: tuple[str, ...]

    @property
    def width(self) -> int:
        return len(self.levels)

    def pieces(self, words: Sequence[str]) -> Floats:
        place = {level: index for index, level in enumerate(self.levels)}
        found = np.zeros((len(words), len(self.levels)))
        for row, word in enumerate(words):
            if (index := place.get(word)) is not None:
                found[row, index] = 1.0
        return found


@dataclass(frozen=True)
class Encoder:
    """Turns Columns into a matrix, always the same way. Written to and read from JSON."""

    numbers: tuple[NumberColumn, ...]
    kinds: tuple[KindColumn, ...]

    def matrix(self, columns: Columns) -> Floats:
        """(rows, width) floats. KeyError when a column the scorer was fitted on is not there."""
        parts = [column.pieces(columns.numbers[column.name]) for column in self.numbers]
        parts += [column.pieces(columns.kinds[column.name]) for column in self.kinds]
        return np.hstack(parts) if parts else np.zeros((len(columns), 0))

    def names(self) -> list[str]:
        """The name of the column that each place of the matrix speaks for."""
        every: list[NumberColumn | KindColumn] = [*self.numbers, *self.kinds]
        return [column.name for column in every for _ in range(column.width)]

    def as_json(self) -> dict[str, Any]:
        return {
            "numbers": [vars(column) for column in self.numbers],
            "kinds": [vars(column) for column in self.kinds],
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Encoder":
        numbers = [
            NumberColumn(
                row["name"],
                row["ordinary"],
                *(tuple(row[part]) for part in ("bends", "centre", "spread")),
            )
            for row in kept["numbers"]
        ]
        kinds = [KindColumn(row["name"], tuple(row["levels"])) for row in kept["kinds"]]
        return cls(tuple(numbers), tuple(kinds))


def encoder_fit(columns: Columns, *, bent: bool) -> Encoder:
    """Learn scales, bends and levels from these rows. ``bent``: numbers may bend (needs many
    rows: on a thousand a bend learns the noise)."""
    numbers = [_number(name, values, bent) for name, values in columns.numbers.items()]
    kinds = [_kind(name, words) for name, words in columns.kinds.items()]
    return Encoder(tuple(numbers), tuple(column for column in kinds if column.levels))


def _number(name: str, values: Floats, bent: bool) -> NumberColumn:
    known = values[~np.isnan(values)]
    ordinary = float(np.median(known)) if known.size else 0.0
    bends: tuple[float, ...] = ()
    if bent and known.size:
        # The lowest value is no bend: the line starts there anyway.
        places = sorted(set(np.quantile(known, BENDS).tolist()))
        bends = tuple(place for place in places if known.min() < place < known.max())
    pieces = _unscaled(values, ordinary, bends)
    spread = pieces.std(axis=0)
    spread[spread < 1e-9] = 1.0
    return NumberColumn(
        name, ordinary, bends, tuple(pieces.mean(axis=0).tolist()), tuple(spread.tolist())
    )


def _unscaled(values: Floats, ordinary: float, bends: Sequence[float]) -> Floats:
    unknown = np.isnan(values)
    filled = np.where(unknown, ordinary, values)
    above = [np.maximum(filled - bend, 0.0) for bend in bends]
    return np.column_stack([filled, unknown.astype(float), *above])


def _kind(name: str, words: Sequence[str]) -> KindColumn:
    seen = Counter(words)
    return KindColumn(name, tuple(sorted(word for word, n in seen.items() if n >= OFTEN)))
