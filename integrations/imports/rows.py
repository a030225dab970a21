"""One row to the records it means. A row that cannot be read raises Cell and costs only itself."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from integrations.imports import values
from integrations.imports.values import Cell
from integrations.ingest.references import CONTACT
from integrations.models import Client, Connection, Location, Service, StaffMember
from integrations.people import fold
from integrations.platforms.base import Record, RecordKind
from integrations.statuses import status_of

Row = Mapping[str, str]
CONSENTS = {
    "sms_transactional": ("sms", "transactional"),
    "sms_marketing": ("sms", "marketing"),
    "email_transactional": ("email", "transactional"),
    "email_marketing": ("email", "marketing"),
}
PLAIN_TEXT = ("postal_code", "locale", "notes")
COUNTS = ("visit_count", "no_show_count", "late_cancel_count")


@dataclass
class Reader:
    """What the rows of one file share: the account, its zones, the order of day and month."""

    connection: Connection
    as_of: date
    day_first: bool
    locations: dict[str, Location] = field(default_factory=dict)
    known: dict[tuple[type[Any], str], str] = field(default_factory=dict)

    @classmethod
    def of(cls, connection: Connection, as_of: date, day_first: bool) -> "Reader":
        rows = Location.objects.filter(connection=connection, deleted_at=None)
        return cls(connection, as_of, day_first, {fold(row.name): row for row in rows})

    def records(self, kind: str, row: Row) -> list[Record]:
        read = {"clients": self.client, "appointments": self.appointment}
        return read.get(kind, self.waiting)(row)

    def client(self, row: Row) -> list[Record]:
        data: dict[str, Any] = {name: row[name] for name in PLAIN_TEXT if row.get(name)}
        data |= self._names(row)
        data |= {
            name: row[column]
            for name, column in (("phone", "client_phone"), ("email", "client_email"))
            if row.get(column)
        }
        for name in ("birthday", "last_visit_on"):
            if row.get(name):
                data[name] = values.day_of(row[name], day_first=self.day_first)
        if row.get("created_on_platform"):
            day = values.day_of(row["created_on_platform"], day_first=self.day_first)
            data["created_on_platform"] = datetime.combine(day, time(), UTC)
        data |= {name: values.count(row[name]) for name in COUNTS if row.get(name)}
        if row.get("total_spend"):
            data["total_spend"] = values.money(row["total_spend"])
        if row.get("tags"):
            data["tags"] = [tag.strip() for tag in re.split(r"[,;|]", row["tags"]) if tag.strip()]
        data["consent"] = self._consent(row)
        external_id = self.client_id(row)
        if not external_id:
            raise Cell("neither a client number nor a phone nor an e-mail")
        return [Record("client", external_id, data)]

    def _names(self, row: Row) -> dict[str, str]:
        first, last = row.get("first_name", ""), row.get("last_name", "")
        whole = row.get("client_name", "")
        if not (first or last) and whole:
            if "," in whole:
                last, _, first = (part.strip() for part in whole.partition(","))
            else:
                first, _, last = whole.partition(" ")
        named = {"first_name": first, "last_name": last}
        return {name: text for name, text in named.items() if text}

    def _consent(self, row: Row) -> list[dict[str, Any]]:
        at = datetime.combine(self.as_of, time(), UTC)
        said = ((pair, values.yes(row.get(name, ""))) for name, pair in CONSENTS.items())
        return [
            {"channel": channel, "purpose": purpose, "granted": granted, "at": at}
            for (channel, purpose), granted in said
            if granted is not None
        ]

    def client_id(self, row: Row) -> str:
        """The client's id: the file's own number, else what is made of phone or e-mail."""
        if row.get("client_id"):
            return self._id(row["client_id"])
        contact = row.get("client_phone") or row.get("client_email") or ""
        return f"{CONTACT}{contact}"[:80] if contact else ""

    def _id(self, cell: str) -> str:
        """Where webhooks carry bare numbers, ``apt_123`` and ``123`` are the same appointment."""
        return values.plain_id(cell) if self.connection.mode else cell.strip()[:80]

    def appointment(self, row: Row) -> list[Record]:
        place = self.location(row)
        start = self._start(row, place.zone)
        client = self.whose(row)
        data: dict[str, Any] = {
            "client": client,
            "location": place.external_id,
            "starts_at": start,
            "service_name": row.get("service", ""),
            "staff_name": row.get("staff", ""),
            "status": status_of(row.get("status", "")),
            "notes": row.get("notes", ""),
            "source": row.get("source", ""),
        }
        for name, column in (("booked_at", "booked_at"), ("cancelled_at", "cancelled_at")):
            if row.get(column):
                data[name] = self._moment(row[column], place.zone)
        if row.get("end"):
            data["ends_at"] = self._end(row["end"], start, place.zone)
        if row.get("price"):
            data["price"] = values.money(row["price"])
        more = self._named(row, data)
        own = self._id(row.get("id", ""))
        external_id = own or _made_id(client, start.isoformat(), row.get("service", ""))
        data = {name: value for name, value in data.items() if value != ""}
        return [*self._contact(row, client), *more, Record("appointment", external_id, data)]

    def waiting(self, row: Row) -> list[Record]:
        place, client = self.location(row), self.whose(row)
        data: dict[str, Any] = {
            "client": client,
            "location": place.external_id,
            "status": fold(row.get("status", "")) or "waiting",
            "note": row.get("notes", ""),
            "windows": self._windows(row),
        }
        if row.get("waiting_since"):
            data["waiting_since"] = self._moment(row["waiting_since"], place.zone)
        more = self._named(row, data)
        data["staff_ids"] = [data.pop("staff")] if data.get("staff") else []
        own = self._id(row.get("id", ""))
        external_id = own or _made_id(client, row.get("service", ""), row.get("windows", ""))
        return [*self._contact(row, client), *more, Record("waitlist", external_id, data)]

    def _windows(self, row: Row) -> list[dict[str, Any]]:
        """``MTWTF 13:00-18:00; ----FS- 9:00-12:00``; other wordings are kept as they are."""
        bounds: dict[str, Any] = {}
        for name in ("earliest", "latest"):
            if row.get(name):
                bounds[name] = values.day_of(row[name], day_first=self.day_first).isoformat()
        found: list[dict[str, Any]] = []
        for part in filter(None, (one.strip() for one in row.get("windows", "").split(";"))):
            shape = re.fullmatch(r"([MTWFS-]{1,7})\s+(\d{1,2}:\d{2})-(\d{1,2}:\d{2})", part)
            if shape:
                found.append({"days": shape[1], "from": shape[2], "to": shape[3], **bounds})
            else:
                found.append({"words": part, **bounds})
        return found or ([bounds] if bounds else [])

    def location(self, row: Row) -> Location:
        named = row.get("location", "")
        if named and fold(named) in self.locations:
            return self.locations[fold(named)]
        if len(self.locations) == 1 and not named:
            return next(iter(self.locations.values()))
        if not self.locations:
            raise Cell("there is no location yet; add one first")
        if named:
            raise Cell(f"no location is named {named[:60]!r}; add it first, or mend its name")
        raise Cell("it does not say at which location")

    def whose(self, row: Row) -> str:
        """The client a row speaks of; one who is only named must be the only one of that name."""
        found = self.client_id(row)
        if found:
            return found
        name = fold(row.get("client_name", ""))
        if not name:
            raise Cell("it does not say which client")
        rows = Client.objects.filter(
            connection=self.connection, search_key=name, deleted_at=None, merged_into=None
        )
        ids = list(rows.values_list("external_id", flat=True)[:2])
        if len(ids) == 1:
            return str(ids[0])
        many = "more than one client has" if ids else "we know no client of"
        raise Cell(f"{many} the name {row['client_name'][:60]!r}; load the clients first")

    def _contact(self, row: Row, client: str) -> list[Record]:
        """The client as far as this row knows them, where the file tells more than a number."""
        data = self._names({"client_name": row.get("client_name", "")})
        if row.get("client_phone"):
            data["phone"] = row["client_phone"]
        if row.get("client_email"):
            data["email"] = row["client_email"]
        is_new = not Client.objects.filter(connection=self.connection, external_id=client).exists()
        return [Record("client", client, data)] if data and is_new else []

    def _named(self, row: Row, data: dict[str, Any]) -> list[Record]:
        """Services and staff by name: those we know, or new ones under their name."""
        more: list[Record] = []
        wanted: tuple[tuple[RecordKind, type[Any]], ...] = (
            ("service", Service),
            ("staff", StaffMember),
        )
        for kind, model in wanted:
            name = row.get(kind, "")
            if not name:
                continue
            known = self._by_name(model, name)
            data[kind] = known or f"name:{fold(name)}"[:80]
            if not known:
                self.known[model, fold(name)] = data[kind]
                more.append(Record(kind, data[kind], {"name": name, "active": True}))
        return more

    def _by_name(self, model: type[Any], name: str) -> str:
        if not any(kind is model for kind, _ in self.known):
            rows = model.objects.filter(connection=self.connection, deleted_at=None)
            for row in rows.order_by("-pk"):
                self.known[model, fold(row.name)] = row.external_id
        return self.known.get((model, fold(name)), "")

    def _start(self, row: Row, zone: ZoneInfo) -> datetime:
        if row.get("start"):
            return self._moment(row["start"], zone)
        if not row.get("date"):
            raise Cell("it has no start")
        day = values.day_of(row["date"], day_first=self.day_first)
        at = values.time_of(row["time"]) if row.get("time") else time(12)
        return datetime.combine(day, at, zone).astimezone(UTC)

    def _end(self, cell: str, start: datetime, zone: ZoneInfo) -> datetime:
        """A whole moment, or a time on the day it starts."""
        if values.TIME.fullmatch(cell.strip()):
            day = start.astimezone(zone).date()
            return datetime.combine(day, values.time_of(cell), zone).astimezone(UTC)
        return self._moment(cell, zone)

    def _moment(self, cell: str, zone: ZoneInfo) -> datetime:
        return values.moment_of(cell, zone, day_first=self.day_first)


def _made_id(*parts: str) -> str:
    """The same row gets the same id whenever the file is loaded again."""
    digest = hashlib.sha256("|".join(fold(part) for part in parts).encode()).hexdigest()
    return f"file:{digest[:20]}"
