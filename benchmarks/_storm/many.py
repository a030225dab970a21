"""Many seeds, in as many processes as there are processors; their accounts added up."""

import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks._storm.witness import Tally


def storms(seeds: Sequence[int], openings: int) -> "Tally":
    """Play each seed in a transaction of its own that is rolled back: none sees another's rows."""
    from benchmarks._storm.witness import Tally

    total = Tally()
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=fresh, initializer=_ready) as pool:
        for seed, account in zip(
            seeds, pool.map(_one, [(s, openings) for s in seeds]), strict=True
        ):
            bad = sum(account.bad.values())
            print(f"  seed {seed}: {account.openings} openings, {account.offers} offers, {bad} bad",
                  flush=True)  # fmt: skip
            total.add(account)
    return total


def _ready() -> None:
    import django

    django.setup()


def _one(what: tuple[int, int]) -> "Tally":
    from benchmarks._storm.run import storm

    return storm(*what)
