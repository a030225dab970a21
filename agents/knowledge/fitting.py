"""Texts that changed get their vectors in the background: a page never waits for a fit.

One row per connection. Where the embedder in use was fitted on nearly as many texts, only pieces
without a vector of it are embedded; else it is fitted anew. The nights fit every connection.
"""

from datetime import timedelta

from agents.knowledge.embedders import embedder_refit, vectors_fill
from agents.knowledge.platform import platform_read
from agents.models import FitWanted
from core import clock
from core.doorbell import ring_on_commit
from core.work import Queue, WorkRow
from integrations.models import Connection

DRAIN = "agents.knowledge_fit"
fit_queue = Queue(FitWanted, task=DRAIN, lease=timedelta(minutes=10), most_attempts=4)


def fit_wanted(connection: Connection, *, read: bool = False) -> None:
    """Have a connection's texts embedded soon; ``read``: the platform's menu is read first."""
    row, _ = FitWanted.objects.get_or_create(connection=connection)
    # One that is being worked loses its lease, so that what came meanwhile is not forgotten.
    FitWanted.objects.filter(pk=row.pk).update(
        state=WorkRow.State.WAITING,
        not_before=clock.now(),
        attempts=0,
        lease_token=None,
        lease_until=None,
        last_error="",
        read=read or row.read,
    )
    ring_on_commit(DRAIN)


def fits_drain() -> int:
    return fit_queue.drain(fit_handle, batch=1, most=50)


def fit_handle(row: FitWanted) -> None:
    connection = Connection.objects.get(pk=row.connection_id)
    if row.read:
        platform_read(connection)
    if not vectors_fill(connection):
        embedder_refit(connection)
    fit_queue.finish(row, read=False)
