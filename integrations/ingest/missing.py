"""Reading what records refer to and we have never seen, before they are stored."""

from collections.abc import Sequence

from integrations.idle import give_back_connection
from integrations.ingest.references import CONTACT
from integrations.ingest.specs import SPECS
from integrations.platforms.base import Reads, Record, RecordKind

# What one delivery may make us read in addition; the rest stands as a placeholder until the poll.
MOST = 12
READ: frozenset[RecordKind] = frozenset({"client", "location", "staff", "service", "appointment"})


def completed(reads: Reads, records: Sequence[Record]) -> list[Record]:
    """The records, preceded by those they refer to that the working copy does not hold."""
    found = list(records)
    seen = {(record.kind, record.external_id) for record in found}
    queue = list(found)
    more: list[Record] = []
    while queue and len(more) < MOST:
        for kind, external_id in _unknown(reads, queue.pop(), seen):
            seen.add((kind, external_id))
            record = reads.record(kind, external_id)
            if record is not None:
                more.append(record)
                queue.append(record)
    return [*more, *found]


def _unknown(
    reads: Reads, record: Record, seen: set[tuple[RecordKind, str]]
) -> list[tuple[RecordKind, str]]:
    refs = dict(SPECS[record.kind].refs)
    wanted: list[tuple[RecordKind, str]] = [
        (kind, str(record.data.get(name) or "")) for name, kind in refs.items()
    ]
    if record.kind == "client":
        wanted.append(("client", str(record.data.get("merged_into") or "")))
    return [
        (kind, external_id)
        for kind, external_id in dict.fromkeys(wanted)
        if external_id
        and kind in READ
        and not external_id.startswith(CONTACT)
        and (kind, external_id) not in seen
        and not _held(reads, kind, external_id)
    ]


def _held(reads: Reads, kind: RecordKind, external_id: str) -> bool:
    rows = SPECS[kind].model.objects.filter(connection_id=reads.connection.pk)
    held = bool(rows.filter(external_id=external_id).exists())
    give_back_connection()
    return held
