"""Reading a platform as a whole: the first sync, a full one, and the poll that reconciles.

Pages are stored in transactions of their own and the cursor moves with them, so whatever stops a
run (a refused token, a pause, a kill) costs one page, and the next run goes on from there.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import TypeVar

from django.db import transaction

from core import clock
from core.doorbell import ring_on_commit
from core.errors import NeedsAttention, OutsideError, Temporary
from integrations.connections import connection_needs_attention, connection_ok
from integrations.idle import give_back_connection, ready_to_call
from integrations.inbox import events_announce
from integrations.ingest import records_store
from integrations.ingest.diff import calendar_read
from integrations.ingest.missing import completed
from integrations.models import Connection, StaffMember, SyncRun
from integrations.platforms.base import Reads, Record, RecordKind, platform_of
from integrations.roles import roles_sync

logger = logging.getLogger(__name__)
PAGE = 100
FIRST, FULL, POLL = "first", "full", "poll"
ASKED = "asked for"
# What a webhook on its way would still tell us is not missed yet.
ON_ITS_WAY = timedelta(minutes=2)
STOPPED = timedelta(minutes=20)
Progress = Callable[[str, int], None]
T = TypeVar("T")


@dataclass
class Walk:
    """One run through the kinds of a connection."""

    connection: Connection
    reads: Reads
    run: SyncRun
    progress: Progress | None
    seen_staff: set[str] = field(default_factory=set)

    @property
    def is_history(self) -> bool:
        return self.run.kind == FIRST


def sync_run(*, connection: Connection, full: bool, progress: Progress | None = None) -> SyncRun:
    """Read everything (``full``) or what changed since the last poll.

    ``progress(kind, done)`` is called after every page. The first full run is history and drafts
    nothing; later ones treat what they find as a missed webhook. Raises the families of
    core.errors after noting them in the SyncRun.
    """
    kind = (FULL if _was_read(connection) else FIRST) if full else POLL
    run = SyncRun.objects.create(connection=connection, kind=kind)
    return _run(connection, run, progress)


def _was_read(connection: Connection) -> bool:
    """Whether a first sync ever came to its end."""
    ended = connection.syncs.filter(kind=FIRST, finished_at__isnull=False, error="")
    return ended.exists()


def _run(connection: Connection, run: SyncRun, progress: Progress | None = None) -> SyncRun:
    try:
        ready_to_call(connection)
        walk = Walk(connection, platform_of(connection).reads(connection), run, progress)
        for one in walk.reads.kinds():
            _kind_sync(walk, one)
        _finish(walk)
    except OutsideError as error:
        _failed(connection, run, error)
        raise
    return run


def _kind_sync(walk: Walk, kind: RecordKind) -> None:
    run, connection = walk.run, walk.connection
    SyncRun.objects.filter(pk=run.pk).update(step=kind)
    run.step = kind
    # Staff are listed whole every time: who is no longer listed has left.
    whole = run.kind != POLL or kind == "staff"
    since = None if whole else _moment(connection.poll_cursors.get(kind))
    give_back_connection()
    for page in pages(walk.reads.changed(kind, since), PAGE):
        extra = [] if whole and run.kind != POLL else completed(walk.reads, page)
        _page_store(walk, kind, extra or page)
        give_back_connection()
    if kind == "staff":
        _staff_left(walk)


def pages(records: Iterable[T], size: int) -> Iterator[list[T]]:
    source = iter(records)
    while page := list(islice(source, size)):
        yield page


@transaction.atomic
def _page_store(walk: Walk, kind: RecordKind, page: list[Record]) -> None:
    run, connection = walk.run, walk.connection
    applied = records_store(
        connection=connection, records=page, source=POLL, history=walk.is_history
    )
    events_announce(applied.events)
    late = clock.now() - ON_ITS_WAY
    run.found_missed += sum(1 for event in applied.events if event.at < late)
    run.done += len(page)
    run.save(update_fields=["found_missed", "done"])
    if kind == "staff":
        walk.seen_staff |= {one.external_id for one in page if one.kind == "staff"}
    newest = max((one.updated_at for one in page if one.updated_at), default=None)
    if newest:
        _cursor_move(connection, kind, newest)
    if walk.progress:
        walk.progress(kind, run.done)


def _cursor_move(connection: Connection, kind: str, newest: datetime) -> None:
    held = _moment(connection.poll_cursors.get(kind))
    if held is None or newest > held:
        connection.poll_cursors[kind] = newest.isoformat()
        Connection.objects.filter(pk=connection.pk).update(poll_cursors=connection.poll_cursors)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _staff_left(walk: Walk) -> None:
    """Staff who are listed no more. An empty list is a platform's mistake, not a mass exit."""
    if walk.seen_staff:
        StaffMember.objects.filter(connection=walk.connection, active=True).exclude(
            external_id__in=walk.seen_staff
        ).update(active=False)


def _finish(walk: Walk) -> None:
    run, connection = walk.run, walk.connection
    connection_ok(connection)
    report = roles_sync(connection)
    run.held = report.held
    run.step, run.finished_at = "", clock.now()
    run.save(update_fields=["held", "step", "finished_at"])
    fields: dict[str, object] = {
        "polled_until": run.started_at,
        "poll_due_at": clock.now() + timedelta(seconds=connection.poll_seconds),
    }
    if run.kind != POLL and walk.reads.kinds():
        fields["history_complete"] = True
    if run.kind == FIRST:
        fields["live_since"] = run.started_at
    Connection.objects.filter(pk=connection.pk).update(**fields)
    for name, value in fields.items():
        setattr(connection, name, value)
    if run.kind == FIRST:
        # What was there before gave no Events of its own.
        with transaction.atomic():
            events_announce([calendar_read(connection, f"first:{run.pk}")])


def _failed(connection: Connection, run: SyncRun, error: OutsideError) -> None:
    if isinstance(error, NeedsAttention):
        connection_needs_attention(connection, error.plain)
    run.error, run.finished_at = error.plain, clock.now()
    run.save(update_fields=["error", "finished_at"])


def sync_ask(connection: Connection) -> SyncRun:
    """Have a worker read everything (the Connect page's button); the SyncRun shows how far it is.

    Asking while one is under way gives that one.
    """
    stopped_close(connection)
    under_way = connection.syncs.filter(kind__in=[FIRST, FULL], finished_at=None).first()
    if under_way is not None:
        return under_way
    kind = FULL if _was_read(connection) else FIRST
    run = SyncRun.objects.create(connection=connection, kind=kind, step=ASKED)
    ring_on_commit("integrations.poll_due")
    return run


def stopped_close(connection: Connection) -> int:
    """A run whose worker was killed says so, instead of looking as if it went on for ever."""
    long_ago = clock.now() - STOPPED
    runs = connection.syncs.filter(finished_at=None, started_at__lt=long_ago).exclude(step=ASKED)
    return runs.filter(kind__in=[FIRST, FULL, POLL]).update(
        finished_at=clock.now(), error="It stopped in the middle. Read again to go on."
    )


def _asked() -> int:
    """Start what was asked for; whoever changes the step first has it."""
    done = 0
    for run in SyncRun.objects.filter(step=ASKED, finished_at=None).select_related("connection"):
        now = clock.now()
        asked = SyncRun.objects.filter(pk=run.pk, step=ASKED)
        if asked.update(step="starting", started_at=now):
            run.started_at = now
            done += _quietly(run.connection, partial(_run, run.connection, run))
    return done


def poll_due() -> int:
    """Start what was asked for and poll whose turn it is; returns how many runs ended well."""
    return _asked() + sum(_poll(connection) for connection in _due())


def _due() -> list[Connection]:
    status = Connection.Status
    rows = Connection.objects.filter(
        status__in=[status.OK, status.NEEDS_ATTENTION], poll_due_at__lte=clock.now()
    )
    synced = rows.filter(syncs__kind=FIRST, syncs__finished_at__isnull=False, syncs__error="")
    return list(synced.distinct().order_by("poll_due_at"))


def _poll(connection: Connection) -> bool:
    claimed = Connection.objects.filter(
        pk=connection.pk, poll_due_at=connection.poll_due_at
    ).update(poll_due_at=clock.now() + timedelta(seconds=connection.poll_seconds))
    if not claimed:
        return False
    return _quietly(connection, partial(sync_run, connection=connection, full=False))


def _quietly(connection: Connection, read: Callable[[], SyncRun]) -> bool:
    """One connection's trouble must not keep the others from their turn; it is in the SyncRun."""
    try:
        read()
    except Temporary as error:
        soon = error.after or timedelta(seconds=60)
        wait = min(soon, timedelta(seconds=connection.poll_seconds))
        Connection.objects.filter(pk=connection.pk).update(poll_due_at=clock.now() + wait)
        return False
    except Exception:
        logger.exception("reading %s failed", connection.pk)
        return False
    return True
