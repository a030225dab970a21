"""Celery tasks: doorbells for the drafts queue."""

from celery import shared_task

from agents import runs


@shared_task(name="agents.runs_drain", queue="drafts")
def runs_drain() -> None:
    runs.runs_drain()
