"""Ranking a waitlist of 100,000 entries, and how soon a ladder stands on the screen.

The long list is measured beside two short ones of 1,000. At one location, as many could be asked
for a slot as at each of the fifty: that is the same work on a shorter list. Spread over the fifty,
only two or three could be asked, and most of the difference is that there are forty to rank.
"""

import time
from collections.abc import Iterator

from benchmarks import _waiting as waiting
from benchmarks._cancelled import ladders_seen
from benchmarks.figures import Figure, at_most, percentile
from benchmarks.stack import stack

RANKINGS = 400
SEED = 20260612


def run() -> Iterator[Figure]:
    with stack() as made:
        account = _account()
        waiting.build(account, 1_000)
        few, _, short = measure()
        waiting.build(account, 1_000, places=1)
        alike, _, same = measure()
        waiting.build(account, 100_000)
        many, queries, long = measure()
        large = percentile(many, 95)
        said = f"n={RANKINGS}, {long:.0f} to ask for each slot"
        yield at_most("ranking 100,000 waiting entries p95", large, 50, said, " ms")
        yield at_most("queries of one ranking", queries, 3, "most over all slots")
        yield _times("at one location", many, alike, same)
        yield _times("at fifty locations", many, few, short)
        waiting.clear()
        seen = ladders_seen(made)
    middle = percentile(seen, 50)
    yield at_most(
        "cancellation to ranked ladder visible p95", percentile(seen, 95), 2.0,
        f"median {middle:.2f} s, n={len(seen)}", " s",
    )  # fmt: skip


def _times(where: str, many: list[float], few: list[float], candidates: float) -> Figure:
    small = percentile(few, 95)
    middle = percentile(many, 50) / percentile(few, 50)
    return at_most(
        f"ranking 100,000 entries over 1,000 {where}, p95", percentile(many, 95) / small, 1.5,
        f"{small:.1f} ms for {candidates:.0f} to ask; medians {middle:.2f}x", "x",
    )  # fmt: skip


def measure() -> tuple[list[float], int, float]:
    """Milliseconds of each ranking, the most queries one took, candidates on average."""
    from django.db import connection, reset_queries

    from agents.matching.ranking import candidates_for
    from agents.matching.settings import OpenSlotSettings
    from core import clock

    settings, now = OpenSlotSettings(), clock.now()
    slots = waiting.slots(RANKINGS + 20, SEED)
    spent, queries, candidates = [], 0, 0
    for slot in slots[:20]:
        candidates_for(slot, settings, now)
        connection.force_debug_cursor = True
        reset_queries()
        candidates_for(slot, settings, now)
        queries = max(queries, len(connection.queries))
        connection.force_debug_cursor = False
    for slot in slots[20:]:
        began = time.perf_counter()
        found, _ = candidates_for(slot, settings, now)
        spent.append((time.perf_counter() - began) * 1000)
        candidates += len(found)
    return spent, queries, candidates / RANKINGS


def _account() -> object:
    from integrations.models import Connection

    return Connection.objects.create(name="Fifty salons", platform="mangomint", status="ok")
