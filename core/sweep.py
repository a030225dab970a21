"""The sweep: what makes a lost doorbell or a dead worker cost seconds instead of work."""

import logging
from datetime import timedelta

from celery import current_app
from django.db import DatabaseError, transaction

from core import doorbell
from core.health import QUEUES, all_queues, due
from core.work import Queue, queues_with_work

logger = logging.getLogger(__name__)
HEARTBEAT_EVERY = timedelta(seconds=10)


def sweep() -> int:
    """Take back the rows of silent workers and ring for everything due; returns rows taken back.

    One queue whose table fails does not keep the others from being swept.
    """
    back = 0
    for queue in _with_work(all_queues()):
        try:
            back += _sweep_queue(queue)
        except DatabaseError:
            logger.exception("sweep of %s failed", queue.task)
    if due("sweep.heartbeats", HEARTBEAT_EVERY):
        ask_for_heartbeats()
    return back


def _with_work(queues: list[Queue]) -> list[Queue]:
    """Where looking at all together fails, one table at a time, so that the others are swept."""
    try:
        with transaction.atomic():
            return queues_with_work(queues)
    except DatabaseError:
        logger.exception("the queues could not be looked at together")
        return queues


def ask_for_heartbeats() -> None:
    """Send every queue a message whose handling proves that somebody works there."""
    for queue in QUEUES:
        try:
            current_app.send_task("core.heartbeat", args=[queue], queue=queue, expires=15)
        except Exception as error:  # Redis away: /readyz will say so
            logger.warning("heartbeat of %s not asked for: %s", queue, type(error).__name__)


def _sweep_queue(queue: Queue) -> int:
    lost, due_now = queue.look()
    back = queue.reclaim() if lost else 0
    if back:
        logger.warning("%s: %s rows taken back from silent workers", queue.task, back)
    # What was taken back may be dead: its queue still has to tell a person.
    if back or due_now:
        doorbell.ring(queue.task)
    return back
