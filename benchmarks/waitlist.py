"""Ranking a waitlist: 100,000 entries over 50 locations, beside the same salons with 1,000."""

import time
from collections.abc import Iterator

from benchmarks import _waiting as waiting
from benchmarks.figures import Figure, at_most, percentile
from benchmarks.stack import stack

RANKINGS = 400
SEED = 20260612


def run() -> Iterator[Figure]:
    with stack():
        account = _account()
        waiting.build(account, 1_000)
        few, _, short = measure()
        waiting.build(account, 100_000)
        many, queries, long = measure()
    small, large = percentile(few, 95), percentile(many, 95)
    said = f"n={RANKINGS}, {long:.0f} candidates a slot; {short:.0f} and {small:.1f} ms at 1,000"
    yield at_most("ranking 100,000 waiting entries p95", large, 50, said, " ms")
    yield at_most("queries of one ranking", queries, 3, "most over all slots")
    middle = percentile(many, 50) / percentile(few, 50)
    yield at_most(
        "ranking 100,000 entries over 1,000 entries, p95", large / small, 1.5,
        f"{small:.1f} ms; medians {middle:.2f}x", "x",
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
