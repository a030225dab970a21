"""Doorbells: each task calls one function and names its queue."""

from celery import shared_task

from integrations import inbox


@shared_task(name="integrations.inbox_drain", queue="inbox")
def inbox_drain() -> int:
    return inbox.inbox_drain()


@shared_task(name="integrations.listener_drain", queue="inbox")
def listener_drain() -> int:
    return inbox.listener_drain()
