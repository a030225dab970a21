"""What one seed of a storm must come to."""

from __future__ import annotations

from benchmarks._storm.figures import PER_SEED, lines, middle
from benchmarks._storm.run import storm
from benchmarks._storm.witness import LADDER, LINE, ZEROS, Tally


def weathered(seed: int) -> Tally:
    """Play a fortnight of one salon, print its figures, and find nothing that must not happen."""
    account = storm(seed, PER_SEED)
    for figure in lines(account, [seed]):
        print(figure.line())
    assert account.openings >= PER_SEED * 0.9 and account.offers > PER_SEED
    assert {name: account.bad[name] for name in ZEROS} == dict.fromkeys(ZEROS, 0)
    assert account.two_questions > 0
    assert middle(account.ways[LADDER]) < middle(account.ways[LINE])
    return account
