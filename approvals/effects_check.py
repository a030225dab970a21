"""Right before sending: read the touched records from the platform, then check everything again."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction

from approvals import guards
from approvals.actions import Action, SendMessage, action_from
from approvals.ladders import rungs
from approvals.models import ApprovalItem, Effect, Evidence
from approvals.policy import FOLLOW_UPS
from core import clock
from integrations.idle import ready_to_call
from integrations.inbox import events_announce
from integrations.ingest import records_apply
from integrations.models import Appointment, Connection
from integrations.platforms.base import Reads, Record, RecordKind, platform_of

# What may have been said since the draft was written; older messages are in the working copy.
MESSAGES_BACK = timedelta(days=2)


@dataclass(frozen=True)
class Refreshed:
    """One effect with its draft and connection, the records it touches as of a moment ago."""

    item: ApprovalItem
    connection: Connection
    action: Action
    capabilities: frozenset[str]
    slot_taken: bool = False
    rung: rungs.Rung | None = None


def refreshed(effect: Effect) -> Refreshed:
    """Bring the working copy up to date for what this effect touches.

    No transaction and no database connection while the platform answers. Follow-ups (the note
    after a message) rest on nothing that could change.
    """
    item, rung = _load(effect)
    connection = item.connection
    action = action_from(effect.type, bytes(effect.body or b""))
    able = platform_of(connection).capabilities(connection)
    taken = False
    if "read" in able and action.name not in FOLLOW_UPS:
        wanted = list(rungs.touched(rung) if rung else touched(item))
        ready_to_call(connection)
        reads = platform_of(connection).reads(connection)
        records = list(_read(reads, item, wanted))
        taken = rung is not None and rungs.slot_taken(rung, reads)
        _apply(connection, records)
        # Of a rung that nothing came for, what it rests on is asked again under the slot's lock.
        if records or rung is None:
            item, rung = _load(effect)
    return Refreshed(item, connection, action, able, taken, rung)


def _load(effect: Effect) -> tuple[ApprovalItem, rungs.Rung | None]:
    """The draft, and the rung of a ladder with whose client the guards then see the draft."""
    rows = ApprovalItem.objects.select_related("location", "connection")
    ladder = rungs.is_rung(effect)
    if not ladder:
        rows = rows.select_related("client", "appointment", "revision")
    item = rows.get(pk=effect.item_id)
    if not ladder:
        return item, None
    rung = rungs.rung_of(effect, item)
    return rungs.facing(rung, item), rung


def touched(item: ApprovalItem) -> Iterator[tuple[RecordKind, str]]:
    """The client and every appointment the text speaks of, as the platform names them."""
    if item.client is not None:
        yield "client", item.client.external_id
    ids = {pk for pk, _ in item.covers}
    if item.appointment_id is not None:
        ids.add(item.appointment_id)
    for external_id in Appointment.objects.filter(pk__in=ids).values_list("external_id", flat=True):
        yield "appointment", external_id


def _read(
    reads: Reads, item: ApprovalItem, wanted: list[tuple[RecordKind, str]]
) -> Iterator[Record]:
    for kind, external_id in wanted:
        record = reads.record(kind, external_id)
        if record is not None:
            yield record
        if kind == "client":
            yield from reads.messages_of(external_id, clock.now() - MESSAGES_BACK)


def _apply(connection: Connection, records: list[Record]) -> None:
    """What it brings is news like any other: listeners hear of it in the same transaction."""
    if not records:
        return
    with transaction.atomic():
        events = records_apply(
            connection=connection, records=records, source="check", history=False
        )
        events_announce(events)


def refusal_now(effect: Effect, checked: Refreshed) -> guards.Refusal | None:
    """Why it may not go after all, or None. Every guard, and every piece of evidence."""
    if checked.rung is not None:
        return rungs.refusal(checked.rung, checked.item, checked.action, checked.slot_taken)
    if checked.action.name in FOLLOW_UPS:
        return None
    message = checked.action if isinstance(checked.action, SendMessage) else None
    evidence = list(Evidence.objects.filter(revision_id=effect.revision_id).order_by("position"))
    asking = guards.Asking(checked.item, message, clock.now(), evidence)
    return guards.first_refusal(guards.AT_SENDING, asking)
