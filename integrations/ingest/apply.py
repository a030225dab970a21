"""Records into the working copy. The platform's own ``updated_at`` decides, never arrival order."""

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from core import clock
from integrations.events import Event
from integrations.ingest import fields
from integrations.ingest.clients import client_finish, client_merge, consents_store
from integrations.ingest.diff import events_of, offers_events
from integrations.ingest.fields import Unreadable
from integrations.ingest.lines import lines_store
from integrations.ingest.references import CONTACT, References
from integrations.ingest.specs import ORDER, SPECS, Spec
from integrations.models import Connection, Consent
from integrations.platforms.base import Record, RecordKind

logger = logging.getLogger(__name__)
FILE = "file"


@dataclass
class Change:
    """One row as it was and as it is. ``before`` is empty for a row that is new here."""

    kind: RecordKind
    row: Any
    created: bool
    before: dict[str, Any]
    names: set[str]


@dataclass
class Applied:
    """What a batch brought. ``odd`` are (kind, external id, why) that could not be stored."""

    changes: list[Change] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    odd: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def created(self) -> int:
        return sum(change.created for change in self.changes)

    def refuse(self, record: Record, odd: Unreadable) -> None:
        logger.warning("%s could not be stored: %s", record.kind, odd.plain)
        self.odd.append((record.kind, record.external_id, odd.plain))


def records_apply(
    *, connection: Connection, records: Iterable[Record], source: str, history: bool
) -> list[Event]:
    """Upsert records in the caller's transaction; returns the Events their differences mean.

    History gives none: what was imported never makes a draft by itself.
    """
    return records_store(
        connection=connection, records=records, source=source, history=history
    ).events


def records_store(
    *,
    connection: Connection,
    records: Iterable[Record],
    source: str,
    history: bool,
    as_of: date | None = None,
) -> Applied:
    """As records_apply, with the changes and the odd ones. ``as_of``: the day a file speaks of."""
    batch = sorted(records, key=lambda one: (ORDER[one.kind], one.external_id))
    region = fields.region_of(connection)
    writer = Writer(connection, source, as_of, References(connection, region))
    applied = Applied()
    for kind in dict.fromkeys(record.kind for record in batch):
        writer.kind_store([record for record in batch if record.kind == kind], applied)
    if not history:
        for change in applied.changes:
            applied.events += events_of(connection, change)
        applied.events += offers_events(connection, applied.changes)
    return applied


class Writer:
    """Stores one batch; holds what its records share."""

    def __init__(
        self, connection: Connection, source: str, as_of: date | None, references: References
    ) -> None:
        self.connection = connection
        self.source = source
        self.as_of = as_of
        self.references = references
        # What a poll reads once more and finds as it was: one statement for all of it.
        self.seen_again: list[int] = []

    def kind_store(self, records: list[Record], applied: Applied) -> None:
        spec = SPECS[records[0].kind]
        self.references.load(records)
        self.seen_again = []
        held = self._locked(spec, [record.external_id for record in records])
        for record in self._insert_new(spec, records, held, applied):
            try:
                change = self._record_store(spec, record, held)
            except Unreadable as odd:
                applied.refuse(record, odd)
                continue
            if change is not None:
                applied.changes.append(change)
        if self.seen_again:
            spec.model.objects.filter(pk__in=self.seen_again).update(synced_at=clock.now())

    def _insert_new(
        self, spec: Spec, records: list[Record], held: dict[str, Any], applied: Applied
    ) -> list[Record]:
        """Insert what is plainly new in one statement; returns the records that are left.

        One by one, the first sync of a salon takes several times as long.
        """
        times = Counter(record.external_id for record in records)
        new = [one for one in records if one.external_id not in held and times[one.external_id] < 2]
        if len(new) < 2 or (records[0].kind == "client" and self.references.has_contacts()):
            return records
        rows: list[tuple[Record, Any]] = []
        for record in new:
            row = spec.model(connection=self.connection, external_id=record.external_id)
            try:
                self._fill(spec, record, row)
            except Unreadable as odd:
                applied.refuse(record, odd)
                continue
            rows.append((record, row))
        try:
            with transaction.atomic():
                spec.model.objects.bulk_create([row for _, row in rows])
        except IntegrityError:
            # Somebody stored one of them since we looked: each on its own then.
            held.update(self._locked(spec, [record.external_id for record, _ in rows]))
            return [one for one in records if one not in new] + [record for record, _ in rows]
        applied.changes += [self._inserted(spec, record, row, held) for record, row in rows]
        done = {record.external_id for record in new}
        return [record for record in records if record.external_id not in done]

    def _locked(self, spec: Spec, ids: list[str]) -> dict[str, Any]:
        rows = spec.model.objects.select_for_update(of=("self",)).filter(
            connection=self.connection, external_id__in=ids
        )
        return {row.external_id: row for row in rows.order_by("external_id")}

    def _record_store(self, spec: Spec, record: Record, held: dict[str, Any]) -> Change | None:
        row = held.get(record.external_id) or self._by_contact(spec, record)
        if row is None:
            return self._insert(spec, record, held)
        held[record.external_id] = row
        return self._update(spec, record, row)

    def _by_contact(self, spec: Spec, record: Record) -> Any:
        """The client behind a record whose id is only made of the phone number or e-mail."""
        if record.kind != "client":
            return None
        if record.external_id.startswith(CONTACT):
            found = self.references.client_by_contact(record.external_id, record)
        else:
            found = self._adopted(record)
        if found is None:
            return None
        row = spec.model.objects.select_for_update(of=("self",)).get(pk=found.pk)
        self.references.remember("client", record.external_id, row)
        return row

    def _adopted(self, record: Record) -> Any:
        """A client first heard of without an id gets the real one when it becomes known."""
        if not self.references.has_contacts():
            return None
        for name in ("phone", "email"):
            contact = str(record.data.get(name) or "")
            found = contact and self.references.client_by_contact(f"{CONTACT}{contact}", record)
            if found and found.external_id.startswith(CONTACT):
                found.external_id = record.external_id
                found.save(update_fields=["external_id"])
                return found
        return None

    def _insert(self, spec: Spec, record: Record, held: dict[str, Any]) -> Change | None:
        row = spec.model(connection=self.connection, external_id=record.external_id)
        self._fill(spec, record, row)
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:
            # Somebody stored it since we looked: theirs is the row, ours an update of it.
            held.update(self._locked(spec, [record.external_id]))
            if record.external_id not in held:
                raise
            return self._update(spec, record, held[record.external_id])
        return self._inserted(spec, record, row, held)

    def _inserted(self, spec: Spec, record: Record, row: Any, held: dict[str, Any]) -> Change:
        held[record.external_id] = row
        self.references.remember(record.kind, record.external_id, row)
        names = {*spec.columns, *spec.refs, *self._beside(record, row, created=True)}
        return Change(record.kind, row, True, {}, names)

    def _update(self, spec: Spec, record: Record, row: Any) -> Change | None:
        newest = row.platform_updated_at
        if newest and record.updated_at and record.updated_at < newest:
            return None
        before = {name: getattr(row, name) for name in (*spec.columns, "deleted_at")}
        before |= {f"{name}_id": getattr(row, f"{name}_id") for name in spec.refs}
        kept = {name: getattr(row, name) for name in spec.beside}
        self._fill(spec, record, row)
        names = {name for name, old in before.items() if getattr(row, name) != old}
        if names or any(getattr(row, name) != old for name, old in kept.items()):
            row.save(update_fields=spec.written)
        else:
            self.seen_again.append(row.pk)
        self.references.remember(record.kind, record.external_id, row)
        names |= self._beside(record, row)
        names = {name.removesuffix("_id") if name[:-3] in spec.refs else name for name in names}
        return Change(record.kind, row, False, before, names) if names else None

    def _fill(self, spec: Spec, record: Record, row: Any) -> None:
        only_blank = self._is_older_file(row)
        for name, column in spec.columns.items():
            if name in record.data and not (only_blank and getattr(row, name)):
                setattr(row, name, fields.coerce(column, record.data[name]))
        for name, kind in spec.refs.items():
            if name in record.data and not (only_blank and getattr(row, f"{name}_id")):
                setattr(row, name, self.references.get(kind, record.data[name]))
        if "location" in spec.needed and row.location_id is None:
            row.location = self.references.default_location()
        self._check(spec, record, row)
        if record.kind == "client":
            client_finish(row, self.references.region)
        row.deleted_at = fields.moment(record.deleted_at)
        row.platform_updated_at = _later(row.platform_updated_at, record.updated_at)
        row.synced_at = clock.now()
        if self.source == FILE and not only_blank:
            row.as_of = self.as_of
        elif self.source != FILE:
            row.as_of = None

    def _is_older_file(self, row: Any) -> bool:
        """A file says what was true on its day: later news is kept, only gaps are filled."""
        if self.source != FILE or row.pk is None:
            return False
        known = row.as_of or row.synced_at.date()
        return bool(self.as_of and self.as_of < known)

    def _check(self, spec: Spec, record: Record, row: Any) -> None:
        for name in spec.needed:
            attribute = f"{name}_id" if name in spec.refs else name
            if getattr(row, attribute) in (None, ""):
                raise Unreadable(f"The {record.kind} has no {name.replace('_', ' ')}.")
        if record.kind == "appointment" and row.status not in row.Status.values:
            raise Unreadable(f"The appointment's status {row.status[:20]!r} is not known.")
        if record.kind == "location":
            _check_zone(row)

    def _beside(self, record: Record, row: Any, *, created: bool = False) -> set[str]:
        """What lies in tables of its own; the names of what changed there."""
        changed: set[str] = set()
        if record.kind == "client":
            origin = Consent.Origin.FILE if self.source == FILE else Consent.Origin.PLATFORM
            if consents_store(row, record.data.get("consent") or (), origin, created=created):
                changed.add("consent")
            into = str(record.data.get("merged_into") or "")
            if into and client_merge(self.connection, row, into):
                changed.add("merged_into")
        if record.kind == "sale" and "lines" in record.data:
            lines_store(self.references, row, record.data["lines"], created=created)
        return changed


def _check_zone(row: Any) -> None:
    row.timezone = row.timezone or "UTC"
    try:
        row.zone  # noqa: B018  (reading it is the check)
    except (KeyError, ValueError, OSError):
        raise Unreadable(f"The time zone {row.timezone!r} is not known.") from None


def _later(held: datetime | None, said: datetime | None) -> datetime | None:
    return max(filter(None, (held, said)), default=None)
