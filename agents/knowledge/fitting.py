"""Texts that changed get their vectors in the background: a page never waits for a fit.

One row per connection. Where the embedder in use was fitted on nearly as many texts, only pieces
without a vector of it are embedded; else it is fitted anew. The nights fit every connection.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from agents.knowledge.embedders import connections_with_texts, embedder_refit, vectors_fill
from agents.knowledge.outside import outside_door, outside_fill
from agents.knowledge.platform import platform_read
from agents.models import FitWanted
from core import clock
from core.announce import listen
from core.doorbell import ring_on_commit
from core.work import Queue, WorkRow
from integrations import events
from integrations.models import Connection

DRAIN = "agents.knowledge_fit"
# A salon that edits its menu changes one line after the other: they are read together.
TOGETHER = timedelta(seconds=5)
fit_queue = Queue(FitWanted, task=DRAIN, lease=timedelta(minutes=10), most_attempts=12)


def fit_wanted(connection: Connection, *, read: bool = False) -> None:
    """Have a connection's texts embedded soon; ``read``: the platform's menu is read first."""
    row, _ = FitWanted.objects.get_or_create(connection=connection)
    # One that is being worked begins again, so that what came meanwhile is not forgotten.
    mine = FitWanted.objects.filter(pk=row.pk)
    fit_queue.again(mine, last_error="", read=read or row.read)
    ring_on_commit(DRAIN)


def vectors_give(connection: Connection) -> None:
    """Every piece its vector: by the model server an admin named for it, else by the built-in
    embedder. Raises Temporary where that server does not answer."""
    door = outside_door(connection.pk)
    if door is not None:
        outside_fill(connection, door)
    elif not vectors_fill(connection):
        embedder_refit(connection)


def fits_want() -> None:
    """By night: what a model server could not be asked for is asked for again."""
    for connection in connections_with_texts():
        if outside_door(connection.pk) is not None:
            fit_wanted(connection)


def searched_anew(connection: Connection | None) -> None:
    """By what one searches was changed: for a connection, or None for all that have texts."""
    for one in [connection] if connection else connections_with_texts():
        fit_wanted(one)


@listen("knowledge", events.CalendarRead, events.OffersChanged)
def knowledge_hear(event: Any) -> None:
    """The platform was read for the first time, or says something else of the salon now: Ask
    answers from it within seconds, and not from tomorrow on."""
    connection = UUID(event.connection_id)
    soon = clock.now() + TOGETHER
    row, made = FitWanted.objects.get_or_create(
        connection_id=connection, defaults={"read": True, "not_before": soon}
    )
    waiting = row.state == WorkRow.State.WAITING and row.read
    if not made and not waiting:
        fit_queue.again(FitWanted.objects.filter(pk=row.pk), soon, read=True)


def fits_drain() -> int:
    return fit_queue.drain(fit_handle, batch=1, most=50)


def fit_handle(row: FitWanted) -> None:
    connection = Connection.objects.get(pk=row.connection_id)
    if row.read:
        platform_read(connection)
    vectors_give(connection)
    fit_queue.finish(row, read=False)
