"""Reading what records refer to and we have never seen, before they are stored."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from django.db.models import Value

from integrations.idle import give_back_connection
from integrations.ingest.references import CONTACT
from integrations.ingest.specs import SPECS
from integrations.platforms.base import Reads, Record, RecordKind

# What one delivery may make us read in addition; the rest stands as a placeholder until the poll.
MOST = 12
Ref = tuple[RecordKind, str]
READ: frozenset[RecordKind] = frozenset({"client", "location", "staff", "service", "appointment"})


def completed(reads: Reads, records: Sequence[Record]) -> list[Record]:
    """The records, preceded by those they refer to that the working copy does not hold."""
    found = list(records)
    known = {(record.kind, record.external_id) for record in found} | _held(reads, found)
    queue = list(found)
    more: list[Record] = []
    while queue and len(more) < MOST:
        for kind, external_id in _wanted(queue.pop()):
            if (kind, external_id) in known:
                continue
            known.add((kind, external_id))
            record = reads.record(kind, external_id)
            if record is not None:
                known |= _held(reads, [record])
                more.append(record)
                queue.append(record)
    return [*more, *found]


def _wanted(record: Record) -> Iterator[Ref]:
    named: list[Ref] = [
        (kind, str(record.data.get(name) or "")) for name, kind in SPECS[record.kind].refs.items()
    ]
    if record.kind == "client":
        named.append(("client", str(record.data.get("merged_into") or "")))
    for kind, external_id in dict.fromkeys(named):
        if external_id and kind in READ and not external_id.startswith(CONTACT):
            yield kind, external_id


def _held(reads: Reads, records: Iterable[Record]) -> set[Ref]:
    """What these refer to and the working copy has, with one statement for a whole page. Asked
    one by one, with the connection given back each time, a poll took mostly that."""
    wanted: dict[RecordKind, set[str]] = defaultdict(set)
    for record in records:
        for kind, external_id in _wanted(record):
            wanted[kind].add(external_id)
    parts = [
        SPECS[kind]
        .model.objects.filter(connection_id=reads.connection.pk, external_id__in=ids)
        .order_by()
        .values_list(Value(kind), "external_id")
        for kind, ids in wanted.items()
    ]
    held: set[Ref] = set(parts[0].union(*parts[1:], all=True)) if parts else set()
    give_back_connection()
    return held
