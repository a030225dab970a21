"""Doorbells: a message that says only "this queue has work".

A ring never blocks or fails the caller: it is published from a thread of its own, at most once
per queue and process every 50 ms, with a trailing ring so that work announced meanwhile is not
left waiting for the sweep. A lost ring costs the seconds until the next sweep, nothing else.
"""

import logging
import os
import threading
import time
from collections.abc import Callable
from functools import lru_cache

from celery import current_app
from django.db import transaction

logger = logging.getLogger(__name__)
QUIET_SECONDS = 0.05


class Doorbell:
    """The publishing thread of one process."""

    def __init__(self, publish: Callable[[str], None], quiet: float = QUIET_SECONDS) -> None:
        self.publish = publish
        self.quiet = quiet
        self.pending: set[str] = set()
        self.wake = threading.Condition()
        threading.Thread(target=self._run, name="doorbell", daemon=True).start()

    def ring(self, task: str) -> None:
        with self.wake:
            self.pending.add(task)
            self.wake.notify()

    def _run(self) -> None:
        while True:
            with self.wake:
                while not self.pending:
                    self.wake.wait()
                tasks, self.pending = self.pending, set()
            for task in tasks:
                self._publish_quietly(task)
            time.sleep(self.quiet)

    def _publish_quietly(self, task: str) -> None:
        try:
            self.publish(task)
        except Exception as error:  # Redis away in any of a dozen ways: the sweep will ring again
            logger.warning("doorbell %s not heard: %s", task, type(error).__name__)


_bells: dict[int, Doorbell] = {}
_lock = threading.Lock()


@lru_cache(maxsize=1)
def import_tasks() -> None:
    """Import every app's tasks: a web process has no other reason to, and needs their queues."""
    current_app.loader.import_default_modules()


def queue_of(task: str) -> str | None:
    """The Celery queue a task names; None when nobody here has imported it."""
    return current_app.tasks[task].queue if task in current_app.tasks else None


def publish_task(task: str) -> None:
    """Send the Celery message for a registered work queue's task."""
    import_tasks()
    current_app.send_task(task, queue=queue_of(task), expires=60, ignore_result=True)


def ring(task: str) -> None:
    """Ring now. Prefer ``ring_on_commit`` inside a transaction."""
    pid = os.getpid()
    bell = _bells.get(pid)
    if bell is None:
        with _lock:
            bell = _bells.get(pid) or _bells.setdefault(pid, Doorbell(publish_task))
    bell.ring(task)


def ring_on_commit(task: str) -> None:
    """Ring when the current transaction commits (at once when there is none)."""
    transaction.on_commit(lambda: ring(task), robust=True)
