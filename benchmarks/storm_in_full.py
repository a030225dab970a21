"""Ten thousand openings of the storm, for ``make soak``."""

from collections.abc import Iterator

from benchmarks.figures import Figure
from benchmarks.storm import measure

SOAK = True
SEEDS = range(1, 68)


def run() -> Iterator[Figure]:
    yield from measure(SEEDS)
