"""One stretch of a storm on the real database, taken back afterwards or kept."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from django.db import connection, transaction

import benchmarks._storm.actions  # noqa: F401 (found by the effects through its package)
from benchmarks._storm import NAME, Storm
from benchmarks._storm.play import CLIENTS, Play
from benchmarks._storm.witness import Tally, account_of
from integrations.platforms.base import platforms

# What a commit rings, tells and gives back; one process plays alone, and drains its queues itself.
SILENT = (
    "core.doorbell.ring",
    "core.hints.hint_publish",
    "integrations.idle.give_back_connection",
)


def storm(seed: int, openings: int, clients: int = CLIENTS) -> Tally:
    """Play one seed and count. In one transaction that is rolled back: a seed finds an empty
    salon, several may be played at once on one database, and nothing is left behind."""
    with _on_platform(), transaction.atomic():
        _planned_without_statistics("SET LOCAL")
        account = account_of(Play(seed, openings, clients).run())
        transaction.set_rollback(True)
    return account


def storm_kept(seed: int, openings: int, clients: int = CLIENTS) -> Tally:
    """Play one seed and count, every transaction committed. The database has to be this process's
    own and without any salon."""
    with ExitStack() as exits:
        exits.enter_context(_on_platform())
        for name in SILENT:
            exits.enter_context(patch(name, _nothing))
        _planned_without_statistics("SET")
        # Whether a commit outlives a power cut is shown elsewhere; here it would wait for the disk.
        _set("SET synchronous_commit = off")
        return account_of(Play(seed, openings, clients).run())


def _planned_without_statistics(how: str) -> None:
    """Rows of a transaction that never ends are in no statistics: the planner takes full tables for
    empty ones and reads them from end to end. Indexes are right for every statement played here."""
    _set(f"{how} enable_seqscan = off; {how} jit = off")


def _set(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _nothing(*_: Any, **__: Any) -> None:
    """In the place of what only other processes would hear."""


@contextmanager
def _on_platform() -> Iterator[None]:
    platforms.names()
    platforms.register(NAME, Storm())
    try:
        yield
    finally:
        platforms.forget(NAME)
