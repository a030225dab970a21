"""Ten thousand openings of the storm, for ``make soak``.

An opening is some 480 statements of the product's own code: the whole takes an hour and a half on
two processors. A line after each seed says how long the rest will take. ``STORM_SEEDS=1-10`` plays
a part of them: the whole can be played in chunks, also on several machines, and a seed plays the
same storm each time.
"""

import os
from collections.abc import Iterator

from benchmarks.figures import Figure
from benchmarks.storm import measure

SOAK = True
ALL = "1-67"


def seeds() -> range:
    first, _, last = os.environ.get("STORM_SEEDS", ALL).partition("-")
    return range(int(first), int(last or first) + 1)


def run() -> Iterator[Figure]:
    yield from measure(seeds())
