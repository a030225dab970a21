"""The inbox: what was delivered becomes the working copy and Events, once.

A row is read first (no transaction, no database connection held while the platform answers), then
one transaction stores the records, lets listeners hear what changed, and finishes the row by its
token. A worker that lost its lease changes nothing.
"""

import json
import logging
from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction

from core import clock
from core.announce import announce, announce_to
from core.doorbell import ring_on_commit
from core.errors import NeedsAttention, Temporary
from core.work import Queue
from integrations.channels.inbox import delivery_of, is_channel_row
from integrations.clock_events import minute
from integrations.connections import connection_needs_attention, connection_ok
from integrations.events import Event, event_from_json
from integrations.idle import ready_to_call
from integrations.imports.run import file_run
from integrations.ingest import records_store
from integrations.ingest.diff import calendar_read
from integrations.ingest.missing import completed
from integrations.models import Appointment, Connection, InboundEvent, ListenerRetry
from integrations.platforms.base import Delivery, Reads, Record, platform_of
from integrations.roles import roles_sync

logger = logging.getLogger(__name__)
inbox_queue = Queue(InboundEvent, task="integrations.inbox_drain")
listener_queue = Queue(ListenerRetry, task="integrations.listener_drain")
Outcome = InboundEvent.Outcome
# A webhook may overtake the record it speaks of; after this many looks it does not exist.
LOOKS = 3
ONLY_KNOWN = "The platform does not know the record this speaks of."


def inbox_drain() -> int:
    return inbox_queue.drain(inbound_handle)


def listener_drain() -> int:
    return listener_queue.drain(listener_handle)


def inbound_handle(row: InboundEvent) -> None:
    """One row from stored to finished; raises the families of core.errors."""
    if row.source == InboundEvent.Source.CLOCK:
        clock_handle(row)
        return
    if row.source == InboundEvent.Source.FILE:
        file_handle(row)
        return
    connection = Connection.objects.get(pk=row.connection_id)
    delivery = _meaning(row, connection)
    if delivery.odd:
        _finish(row, Outcome.ODD, delivery.odd)
    elif not delivery.known:
        _finish(row, Outcome.IGNORED)
    elif is_channel_row(row):
        # The salon's own number or mailbox: the platform knows nothing of it.
        _store(row, connection, delivery.records)
    else:
        _store(row, connection, read_touched(connection, row, delivery))


def _meaning(row: InboundEvent, connection: Connection) -> Delivery:
    if is_channel_row(row):
        return delivery_of(row)
    return platform_of(connection).read_delivery(connection, row.kind, bytes(row.body))


def read_touched(connection: Connection, row: InboundEvent, delivery: Delivery) -> list[Record]:
    """The records a delivery speaks of, as the platform has them now, with all they refer to."""
    try:
        ready_to_call(connection)
        records = _read(platform_of(connection).reads(connection), row, delivery)
    except NeedsAttention as refused:
        connection_needs_attention(connection, refused.plain)
        raise
    connection_ok(connection)
    return records


def _read(reads: Reads, row: InboundEvent, delivery: Delivery) -> list[Record]:
    found = list(delivery.records)
    for kind, external_id in delivery.touched:
        record = reads.record(kind, external_id)
        if record is not None:
            found.append(record)
    if delivery.touched and not found and row.attempts < LOOKS:
        raise Temporary(ONLY_KNOWN, timedelta(seconds=5))
    return completed(reads, found)


def _store(row: InboundEvent, connection: Connection, records: Iterable[Record]) -> None:
    with transaction.atomic():
        if not inbox_queue.still_ours(row):
            return
        applied = records_store(
            connection=connection,
            records=records,
            source=row.source,
            history=False,
        )
        events_announce(applied.events)
        if any(change.kind in {"staff", "location"} for change in applied.changes):
            roles_sync(connection)
        odd = "; ".join(dict.fromkeys(why for _, _, why in applied.odd))
        if applied.odd and not applied.changes:
            outcome = Outcome.ODD
        elif not records:
            outcome, odd = Outcome.ODD, ONLY_KNOWN
        else:
            outcome = Outcome.ANNOUNCED if applied.events else Outcome.NOTHING_NEW
        _finish(row, outcome, odd, applied.events)


def _finish(row: InboundEvent, outcome: str, why: str = "", events: Iterable[Event] = ()) -> None:
    inbox_queue.finish(
        row, outcome=outcome, announced=[event.key for event in events], done_at=clock.now()
    )
    if why:
        InboundEvent.objects.filter(pk=row.pk).update(last_error=why[:2000])


def clock_handle(row: InboundEvent) -> None:
    """A moment came: the Event was written with it, and is checked against what is true now."""
    event = event_from_json(json.loads(bytes(row.body)))
    with transaction.atomic():
        if not inbox_queue.still_ours(row):
            return
        if is_overtaken(event):
            _finish(row, Outcome.NOTHING_NEW)
            return
        events_announce([event])
        _finish(row, Outcome.ANNOUNCED, events=[event])


def file_handle(row: InboundEvent) -> None:
    """A file somebody loaded. Its chunks commit as they go: rows stored twice are stored once."""
    report = file_run(json.loads(bytes(row.body)), lambda: inbox_queue.extend(row))
    with transaction.atomic():
        # History gives no Events of its own, but what it brought may clash.
        events_announce([calendar_read(row.connection, f"file:{row.pk}")])
        _finish(
            row, Outcome.NOTHING_NEW, f"{report.rows} rows, {len(report.problems)} with problems"
        )


def is_overtaken(event: Event) -> bool:
    """Whether an appointment was cancelled or moved since its moment was put down."""
    appointment_id = getattr(event, "appointment_id", None)
    if appointment_id is None:
        return False
    row = Appointment.objects.filter(pk=appointment_id).first()
    if row is None or row.deleted_at is not None or row.status == row.Status.CANCELLED:
        return True
    return minute(row.starts_at) not in event.key


def events_announce(events: Iterable[Event]) -> None:
    """Let listeners hear; one that raises gets a retry row of its own and stops nobody."""
    for event in events:
        announce(event, _keep_for_retry)


def _keep_for_retry(listener: str, event: Event, error: str) -> None:
    ListenerRetry.objects.bulk_create(
        [
            ListenerRetry(
                listener=listener,
                event_key=_retry_key(event),
                event=event.to_json(),
                last_error=error,
                not_before=clock.now() + timedelta(seconds=2),
            )
        ],
        ignore_conflicts=True,
    )
    ring_on_commit("integrations.listener_drain")


def _retry_key(event: Event) -> str:
    """Keys are unique per connection; the table is shared."""
    return f"{event.connection_id}:{event.key}"[:200]


def listener_handle(row: ListenerRetry) -> None:
    with transaction.atomic():
        if not listener_queue.still_ours(row):
            return
        announce_to(row.listener, event_from_json(row.event))
        listener_queue.finish(row)
