"""What one seed of a storm must come to."""

from __future__ import annotations

from benchmarks._storm.figures import PER_SEED, lines, middle, share, texts
from benchmarks._storm.play import CLIENTS
from benchmarks._storm.run import storm
from benchmarks._storm.witness import LADDER, LINE, ZEROS, Tally

# In a small salon the same few are asked again and again: their caps, quiet weeks and second
# questions come up in every other opening, and a ladder of few rungs costs a fraction. Fewer slots
# are filled than by the other ways, which keep no caps: the share is judged over a long list.
SMALL = 40


def weathered(seed: int, openings: int = PER_SEED, clients: int = CLIENTS) -> Tally:
    """Play a fortnight of one salon, print its figures, and find nothing that must not happen."""
    account = storm(seed, openings, clients)
    for figure in lines(account, [seed]):
        if figure.name.removeprefix("storm: ") in ZEROS:
            print(figure.line())
    for way, fills in account.ways.items():
        print(f"storm: {way}: {share(fills):.1f}% of {len(fills)} slots filled, median "
              f"{middle(fills):.0f} minutes, {texts(fills):.1f} texts for each")  # fmt: skip
    assert account.openings >= openings * 0.9 and account.offers > openings * 0.7
    assert {name: account.bad[name] for name in ZEROS} == dict.fromkeys(ZEROS, 0)
    assert account.two_questions > 0
    assert middle(account.ways[LADDER]) < middle(account.ways[LINE])
    return account
