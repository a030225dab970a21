"""A storm of cancellations on the real database: what must never happen, and how slots fill.

A sample of 300 openings; ``storm_in_full`` plays 10,000. People answer by the assumptions that
``benchmarks/_storm/people.py`` states, and the same people are asked in the two ways that salons
have without us: the first on the list, one text an hour; and a text to everybody at once.
"""

from collections.abc import Iterator, Sequence

from benchmarks.figures import Figure
from benchmarks.stack import stack

SEEDS = range(1, 3)


def run() -> Iterator[Figure]:
    yield from measure(SEEDS)


def measure(seeds: Sequence[int]) -> Iterator[Figure]:
    """Play the seeds, as many at once as there are processors; each in a database of its own."""
    with stack() as made:
        # The storm is made of the product's own models: they are there once Django is set up.
        from benchmarks._storm.figures import PER_SEED, lines
        from benchmarks._storm.many import storms

        yield from lines(storms(made.cluster, seeds, PER_SEED), seeds)
