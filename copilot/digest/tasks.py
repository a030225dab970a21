"""Doorbells of the digest."""

from celery import shared_task

from copilot.digest import people, sending


@shared_task(name="digest.look", queue="routine", ignore_result=True)
def digest_look() -> None:
    """See whose hour has come."""
    people.digests_look()


@shared_task(name="digest.drain", queue="routine", ignore_result=True)
def digest_drain() -> None:
    """Mail what is due."""
    sending.digests_drain()
