"""Is the product alive, and is it working: what /readyz and /metrics say."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from django.db import DatabaseError, connection

from core import clock, redis
from core.doorbell import import_tasks
from core.heartbeat import beat, due
from core.models import Heartbeat
from core.work import Queue

__all__ = ["QUEUES", "all_queues", "beat", "due", "readiness", "remembered"]

T = TypeVar("T")
QUEUES = ("inbox", "drafts", "effects", "routine")
WORKER_SILENT = timedelta(seconds=60)
WORK_LATE = timedelta(minutes=5)


def all_queues() -> list[Queue]:
    """Every queue of durable work; imports the tasks, which name them, where nobody has yet."""
    import_tasks()
    return [Queue.registered[task] for task in sorted(Queue.registered)]


@dataclass(frozen=True)
class Readiness:
    """``reasons`` are plain sentences; empty means ready."""

    reasons: list[str]
    oldest_due_seconds: dict[str, float]
    workers_seen_seconds_ago: dict[str, float]

    @property
    def ready(self) -> bool:
        return not self.reasons


def readiness() -> Readiness:
    """Look at the database, Redis, the workers and the work that waits."""
    reasons: list[str] = []
    workers: dict[str, float] = {}
    oldest: dict[str, float] = {}
    try:
        workers = _workers(reasons)
        oldest = _oldest(reasons)
    except DatabaseError:
        reasons.append("The database does not answer.")
        connection.close()
    if redis.attempt("readiness", lambda client: client.ping()) is None:
        reasons.append("Redis does not answer: work goes on late, pages update slowly.")
    return Readiness(reasons, oldest, workers)


def _workers(reasons: list[str]) -> dict[str, float]:
    now = clock.now()
    names = [f"worker:{queue}" for queue in QUEUES]
    beats = dict(Heartbeat.objects.filter(name__in=names).values_list("name", "at"))
    for queue, name in zip(QUEUES, names, strict=True):
        if name not in beats:
            reasons.append(f"No worker of the queue {queue} has reported yet.")
        elif now - beats[name] > WORKER_SILENT:
            seconds = int((now - beats[name]).total_seconds())
            reasons.append(f"The worker of the queue {queue} has been silent for {seconds} s.")
    return {name: (now - at).total_seconds() for name, at in beats.items()}


def _oldest(reasons: list[str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for queue in all_queues():
        waiting = queue.oldest_due()
        found[queue.task] = waiting.total_seconds()
        if waiting > WORK_LATE:
            minutes = int(waiting.total_seconds() // 60)
            reasons.append(f"Work for {queue.task} has been due for {minutes} minutes.")
    return found


class Remembered:
    """A look that is taken at most once a second: these pages are open to everybody."""

    def __init__(self, seconds: float = 1.0) -> None:
        self.seconds = seconds
        self.kept: dict[str, tuple[float, object]] = {}

    def get(self, name: str, look: Callable[[], T]) -> T:
        found = self.kept.get(name)
        if found is None or time.monotonic() - found[0] >= self.seconds:
            found = (time.monotonic(), look())
            self.kept[name] = found
        return found[1]  # type: ignore[return-value]

    def forget(self) -> None:
        self.kept.clear()


remembered = Remembered()
