"""Many seeds, in as many processes as there are processors; their accounts added up.

Each process has a database of its own, made anew from the migrated one for every seed, and commits
what it does as a salon would. In one transaction over a whole seed nothing that was changed could
be cleared away, and every statement read past all that had ever been there.
"""

import gc
import multiprocessing
import os
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING

from copilot.supervisor.postgres import DATABASE, Cluster

if TYPE_CHECKING:
    from benchmarks._storm.witness import Tally


def storms(
    cluster: Cluster, seeds: Sequence[int], openings: int, processes: int | None = None
) -> "Tally":
    """Play each seed; every seed's line tells what was bad in it and how long the rest takes.

    ``cluster`` holds the migrated database, to which nobody may be connected meanwhile.
    """
    from benchmarks._storm.witness import Tally

    total, began = Tally(), time.monotonic()
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        processes or os.cpu_count(), mp_context=fresh, initializer=_ready, initargs=(cluster,)
    ) as pool:
        played = pool.map(_one, [(cluster, seed, openings) for seed in seeds])
        for done, (seed, account) in enumerate(zip(seeds, played, strict=True), 1):
            total.add(account)
            left = (time.monotonic() - began) / done * (len(seeds) - done) / 60
            print(f"  seed {seed}: {_said(account)}; {done} of {len(seeds)} seeds, "
                  f"{_said(total)}; about {left:.0f} minutes left", flush=True)  # fmt: skip
    return total


def _said(account: "Tally") -> str:
    bad = sum(account.bad.values())
    return f"{account.openings} openings, {account.offers} offers, {bad} bad"


def _ready(cluster: Cluster) -> None:
    """Settings of this process name its own database, which each seed makes anew."""
    for variable, role in (
        ("DATABASE_URL", "copilot_app"),
        ("MIGRATE_DATABASE_URL", "copilot_owner"),
    ):
        os.environ[variable] = cluster.url(role, _own())
    import django

    django.setup()
    # What was imported stays; looking through all of it again and again cost a tenth of the run.
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)


def _own() -> str:
    return f"storm_{os.getpid()}"


def _one(what: tuple[Cluster, int, int]) -> "Tally":
    from django.db import connections

    from benchmarks._storm.run import storm_kept

    cluster, seed, openings = what
    _emptied(cluster)
    try:
        return storm_kept(seed, openings)
    finally:
        connections.close_all()


def _emptied(cluster: Cluster) -> None:
    cluster.psql("postgres", "-c", f'DROP DATABASE IF EXISTS "{_own()}"')
    cluster.psql("postgres", "-c", f'CREATE DATABASE "{_own()}" TEMPLATE "{DATABASE}"')
