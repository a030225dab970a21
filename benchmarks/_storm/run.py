"""One stretch of a storm on the real database, and everything taken back afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

import benchmarks._storm.actions  # noqa: F401 (found by the effects through its package)
from benchmarks._storm import NAME, Storm
from benchmarks._storm.play import CLIENTS, Play
from benchmarks._storm.witness import Tally, account_of
from integrations.platforms.base import platforms


def storm(seed: int, openings: int, clients: int = CLIENTS) -> Tally:
    """Play one seed and count. In one transaction that is rolled back: a seed finds an empty
    salon, several may be played at once on one database, and nothing is left behind."""
    with _on_platform(), transaction.atomic():
        _planned_without_statistics()
        account = account_of(Play(seed, openings, clients).run())
        transaction.set_rollback(True)
    return account


def _planned_without_statistics() -> None:
    """Rows of a transaction that never ends are in no statistics: the planner takes full tables for
    empty ones and reads them from end to end. Indexes are right for every statement played here."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL jit = off")


@contextmanager
def _on_platform() -> Iterator[None]:
    platforms.names()
    platforms.register(NAME, Storm())
    try:
        yield
    finally:
        platforms.forget(NAME)
