"""Doorbells of leaving."""

from celery import shared_task

from copilot.leaving import work


@shared_task(name="leaving.drain", queue="routine", ignore_result=True)
def leaving_drain() -> None:
    """Pack or erase what is due."""
    work.leaving_drain()


@shared_task(name="leaving.tidy", queue="routine", ignore_result=True)
def leaving_tidy() -> None:
    """Throw away files that nobody took."""
    work.leaving_tidy()
