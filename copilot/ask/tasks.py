"""Doorbells of Ask."""

from typing import Any

from celery import shared_task
from celery.signals import worker_shutting_down

from copilot.ask import answering, erasing
from core import clock


@shared_task(name="ask.answers_drain", queue="drafts", ignore_result=True)
def answers_drain() -> None:
    """Write what was asked."""
    answering.answers_start()


@shared_task(name="ask.turns_expire", queue="routine", ignore_result=True)
def turns_expire() -> None:
    """Questions and answers leave after the days that are set."""
    erasing.turns_expire(clock.now())


@worker_shutting_down.connect
def lanes_close(**kwargs: Any) -> None:
    answering.lanes.closed = True
