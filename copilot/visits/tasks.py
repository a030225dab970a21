"""Doorbells of what is prepared for a visit."""

from celery import shared_task

from copilot.visits.telling import briefs_look
from core import clock


@shared_task(name="visits.briefs_look", queue="routine", ignore_result=True)
def visits_briefs_look() -> None:
    """Tell therapists of briefs that nobody read yet."""
    briefs_look(clock.now())
