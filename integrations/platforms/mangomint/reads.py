"""The reading port: every GET of the dialect."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from core import clock
from core.errors import Permanent, Temporary
from core.http import OutboundClient
from integrations.platforms.base import CAPABILITIES, Reads, Record, RecordKind
from integrations.platforms.mangomint.mapping import moment, record_from

if TYPE_CHECKING:
    from integrations.models import Connection

OVERLAP = timedelta(minutes=2)
PAGE = 100
# In the order in which they refer to each other.
PATHS: dict[RecordKind, str] = {
    "location": "/locations",
    "staff": "/staff",
    "service": "/services",
    "product": "/products",
    "client": "/clients",
    "appointment": "/appointments",
    "waitlist": "/waitlist",
    "shift": "/shifts",
    "sale": "/sales",
    "form": "/forms",
    "feedback": "/feedback",
    "message": "/communications",
}
SINGLE = {"appointment", "client"}
# Kinds without a read by id are looked for among recent changes, further back each time.
LOOK_BACK = (timedelta(minutes=15), timedelta(days=2), None)


def http(connection: "Connection") -> OutboundClient:
    """The client for one connection, limited and paused together with all its other calls."""
    return OutboundClient(
        connection.base_url,
        token=connection.secret(),
        limiter_key=str(connection.pk),
        rate_per_second=connection.rate_per_second,
    )


def iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class MangomintReads(Reads):
    def test(self) -> list[str]:
        try:
            self._get("/locations", limit=1)
        except Permanent as refused:
            if refused.code in {"not_found", "forbidden", ""}:
                return ["webhooks"]
            raise
        return list(CAPABILITIES)

    def record(self, kind: RecordKind, external_id: str) -> Record | None:
        if kind not in SINGLE:
            return self._among_changes(kind, external_id)
        try:
            said = self._get(f"{PATHS[kind]}/{quote(external_id, safe='')}")
        except Permanent as refused:
            if refused.code == "not_found":
                return None
            raise
        return record_from(kind, said)

    def _among_changes(self, kind: RecordKind, external_id: str) -> Record | None:
        for back in LOOK_BACK:
            since = clock.now() - back if back else None
            for found in self.changed(kind, since):
                if found.external_id == external_id:
                    return found
        return None

    def changed(self, kind: RecordKind, since: datetime | None) -> Iterator[Record]:
        params: dict[str, Any] = {}
        if since is not None:
            params["updatedSince"] = iso(since - OVERLAP)
        return self._all(kind, **params)

    def kinds(self) -> Iterable[RecordKind]:
        return list(PATHS)

    def slot_free(self, *, service: str, staff: str, location: str, starts_at: datetime) -> bool:
        wanted = starts_at.astimezone(UTC)
        params = {
            "locationId": location,
            "serviceId": service,
            "staffId": staff or None,
            "from": iso(wanted),
            # A slot must end inside the span: a day holds the longest treatment.
            "to": iso(wanted + timedelta(days=1)),
        }
        for said in self._pages("/availability", params):
            if moment(said.get("startTime")) == wanted and staff in {"", said.get("staffId")}:
                return True
        return False

    def sent_message(self, reference: str) -> Record | None:
        found = [one for one in self._all("message", reference=reference) if not one.deleted_at]
        return next((one for one in found if not one.data["incoming"]), None)

    def messages_of(self, client: str, since: datetime) -> list[Record]:
        return list(self._all("message", clientId=client, since=iso(since)))

    def appointments_of(self, client: str, start: datetime, end: datetime) -> list[Record]:
        """Every appointment of a client that overlaps a span of time."""
        span = {"clientId": client, "from": iso(start), "to": iso(end)}
        return list(self._all("appointment", **span))

    def _all(self, kind: RecordKind, **params: Any) -> Iterator[Record]:
        for said in self._pages(PATHS[kind], params):
            record = record_from(kind, said)
            if record.external_id:
                yield record

    def _pages(self, path: str, params: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        cursor: str | None = None
        while True:
            said = self._get(path, **params, limit=PAGE, cursor=cursor)
            rows, following = said.get("data"), said.get("nextCursor")
            if not isinstance(rows, list):
                raise Temporary(f"The answer to GET {path} is not a list.")
            yield from (row for row in rows if isinstance(row, Mapping))
            if not following or following == cursor:
                return
            cursor = str(following)

    def _get(self, path: str, **params: Any) -> Mapping[str, Any]:
        said = http(self.connection).get(path, params=params).data
        if not isinstance(said, Mapping):
            raise Temporary(f"The answer to GET {path} is not an object.")
        return said


class NoReads(Reads):
    """The platform as most salons have it: there is nothing to read."""

    def test(self) -> list[str]:
        return ["webhooks"]

    def record(self, kind: RecordKind, external_id: str) -> Record | None:
        return None

    def changed(self, kind: RecordKind, since: datetime | None) -> Iterator[Record]:
        return iter(())

    def kinds(self) -> Iterable[RecordKind]:
        return ()

    def slot_free(self, *, service: str, staff: str, location: str, starts_at: datetime) -> bool:
        raise Permanent("This connection cannot look into the calendar.", code="no_reads")

    def sent_message(self, reference: str) -> Record | None:
        raise Permanent("This connection cannot read messages.", code="no_reads")

    def messages_of(self, client: str, since: datetime) -> list[Record]:
        raise Permanent("This connection cannot read messages.", code="no_reads")
