"""Doorbells: each task calls one function and names its queue."""

from celery import shared_task

from integrations import clock_events, inbox, roles, sync
from integrations.channels import polling


@shared_task(name="integrations.inbox_drain", queue="inbox")
def inbox_drain() -> int:
    return inbox.inbox_drain()


@shared_task(name="integrations.listener_drain", queue="inbox")
def listener_drain() -> int:
    return inbox.listener_drain()


@shared_task(name="integrations.clock_tick", queue="routine")
def clock_tick() -> int:
    roles.grants_expire()
    return clock_events.clock_tick()


@shared_task(name="integrations.poll_due", queue="routine")
def poll_due() -> int:
    return sync.poll_due()


@shared_task(name="integrations.channels_poll", queue="routine")
def channels_poll() -> int:
    return polling.channels_poll()
