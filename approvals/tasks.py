"""Doorbells of this app. The work is in the services of the same name."""

from celery import shared_task

from approvals import effects
from approvals.absences import answering
from approvals.attention import planting
from approvals.autonomy import watching
from approvals.ladders import ladders
from approvals.schedule import marking
from approvals.services import erasing, items, notice_sending, noticing
from core import clock


@shared_task(name="approvals.effects_drain", queue="effects")
def effects_drain() -> None:
    """Send what is due."""
    effects.effects_drain()


@shared_task(name="approvals.texts_expire", queue="routine")
def texts_expire() -> None:
    """Empty the texts of drafts that were closed long ago."""
    erasing.texts_expire(clock.now())


@shared_task(name="approvals.items_expire", queue="routine")
def items_expire() -> None:
    """Label what nobody decided in time, and free what a dead worker left behind."""
    items.items_expire(clock.now())
    answering.lines_expire()
    effects.buried_settle()


@shared_task(name="approvals.attention_look", queue="routine")
def attention_look() -> None:
    """Plant a test of attention where one is due; compare what was only observed."""
    planting.attention_look(clock.now())
    watching.watched_compare(clock.now())


@shared_task(name="approvals.ladders_tick", queue="routine")
def ladders_tick() -> None:
    """Let the next offer go, and see what became of those that went."""
    ladders.tick(clock.now())


@shared_task(name="approvals.calendar_drain", queue="routine")
def calendar_drain() -> None:
    """See what clashes where the calendar changed."""
    marking.calendar_drain()


@shared_task(name="approvals.notices_look", queue="routine")
def notices_look() -> None:
    """See at which locations somebody is to be told."""
    noticing.notices_look(clock.now())


@shared_task(name="approvals.notices_drain", queue="routine")
def notices_drain() -> None:
    """Push what is due, and mail what nobody saw."""
    notice_sending.notices_drain()
