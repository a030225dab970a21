"""References between records: external ids to rows, with placeholders for what is not here yet.

A booking may arrive before its client. The placeholder keeps the booking whole; the client's own
record fills it later, because a placeholder has no ``platform_updated_at`` and so is older than
anything.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from integrations.ingest.fields import Unreadable, phone_e164
from integrations.ingest.specs import ORDER, SPECS
from integrations.models import Client, Connection, Location
from integrations.platforms.base import Record, RecordKind

# Kinds that may stand as a placeholder: they need nothing but an id.
PLACEHOLDERS: dict[RecordKind, str] = {"client": "", "service": "", "staff": ""}
CONTACT = "contact:"
# What a line of a sale refers to.
LINE_REFS: tuple[RecordKind, ...] = ("service", "product", "staff")


def _mentioned(record: Record) -> Iterator[tuple[RecordKind, str]]:
    for name, kind in SPECS[record.kind].refs.items():
        yield kind, str(record.data.get(name) or "")
    if record.kind == "sale":
        for line in record.data.get("lines") or ():
            for kind in LINE_REFS:
                yield kind, str(line.get(kind) or "")


class References:
    """Rows by (kind, external id) for one batch: one query per kind, whatever the batch's size."""

    def __init__(self, connection: Connection, region: str) -> None:
        self.connection = connection
        self.region = region
        self._found: dict[tuple[RecordKind, str], Any] = {}
        self._only_location: list[Location] | None = None
        self._has_contacts: bool | None = None

    def load(self, records: Iterable[Record]) -> None:
        """Look up everything these records refer to, and make placeholders for the rest."""
        wanted: dict[RecordKind, set[str]] = defaultdict(set)
        for record in records:
            for kind, external_id in _mentioned(record):
                if external_id and (kind, external_id) not in self._found:
                    wanted[kind].add(external_id)
        for kind in sorted(wanted, key=lambda one: ORDER[one]):
            self._load_kind(kind, wanted[kind])

    def _load_kind(self, kind: RecordKind, ids: set[str]) -> None:
        model = SPECS[kind].model
        rows = model.objects.filter(connection=self.connection, external_id__in=ids)
        for row in rows:
            self.remember(kind, row.external_id, row)
        for external_id in sorted(ids):
            if (kind, external_id) not in self._found and kind in PLACEHOLDERS:
                self.remember(kind, external_id, self._placeholder(kind, external_id))

    def _placeholder(self, kind: RecordKind, external_id: str) -> Any:
        if kind == "client" and external_id.startswith(CONTACT):
            known = self.client_by_contact(external_id, None)
            if known is not None:
                return known
        row, _ = SPECS[kind].model.objects.get_or_create(
            connection=self.connection, external_id=external_id
        )
        return row

    def remember(self, kind: RecordKind, external_id: str, row: Any) -> None:
        self._found[kind, external_id] = row

    def get(self, kind: RecordKind, external_id: Any) -> Any:
        """The row, None for an empty or unknown id. A merged client leads to who remained."""
        row = self._found.get((kind, str(external_id or "")))
        if kind == "client" and row is not None and row.merged_into_id:
            return Client.objects.get(pk=row.merged_into_id)
        return row

    def has_contacts(self) -> bool:
        """Whether some clients here are known by phone or e-mail alone."""
        if self._has_contacts is None:
            rows = Client.objects.filter(connection=self.connection)
            known = rows.filter(external_id__startswith=CONTACT).exists()
            self._has_contacts = known or bool(self.connection.mode)
        return self._has_contacts

    def default_location(self) -> Location:
        """Where a platform names no location: the one that is set, or the only one."""
        if self._only_location is None:
            rows = Location.objects.filter(connection=self.connection, deleted_at=None)
            chosen = self.connection.settings.get("default_location")
            self._only_location = list(rows.filter(external_id=chosen) if chosen else rows[:2])
        if len(self._only_location) != 1:
            raise Unreadable("It does not say at which location, and there are several or none.")
        return self._only_location[0]

    def client_by_contact(self, external_id: str, record: Record | None) -> Client | None:
        """The one client with this phone or e-mail, where a platform gives no client ids.

        A phone shared by a family needs the first name to tell them apart.
        """
        contact = external_id.removeprefix(CONTACT)
        key = (
            {"email__iexact": contact}
            if "@" in contact
            else {"phone": phone_e164(contact, self.region)}
        )
        rows = list(
            Client.objects.filter(
                connection=self.connection, deleted_at=None, merged_into=None, **key
            ).order_by("pk")[:20]
        )
        first = str(record.data.get("first_name") or "").strip() if record else ""
        if first:
            named = [row for row in rows if row.first_name.casefold() == first.casefold()]
            return named[0] if named else next((row for row in rows if not row.first_name), None)
        return rows[0] if len(rows) == 1 else None
