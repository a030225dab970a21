"""The acting port. Imported by approvals/effects alone, which has a Decision for every call."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from core.errors import Permanent, UnknownOutcome
from integrations.platforms.base import ActionResult, Actions
from integrations.platforms.mangomint.mapping import moment, record_from, text_id
from integrations.platforms.mangomint.reads import MangomintReads, http

Payload = Mapping[str, Any]
# Our payloads speak our words; the dialect has its own.
APPOINTMENT_FIELDS = {
    "starts_at": "startTime",
    "staff": "staffId",
    "resource_id": "resourceId",
    "notes": "notes",
    "status": "status",
}
CLIENT_FIELDS = {"custom_fields": "customFields", "tags": "tags", "notes": "notes"}
WAITLIST_FIELDS = {
    "status": "status",
    "service": "serviceId",
    "staff": "staffId",
    "windows": "windows",
    "earliest": "earliest",
    "latest": "latest",
    "note": "notes",
}
RECORDS = {"customFields": "custom_fields"}


class MangomintActions(Actions):
    def perform(self, action: str, payload: Payload, key: str) -> ActionResult:
        return self._do(DO, action)(self, payload, key)

    def look_up(self, action: str, payload: Payload, key: str) -> ActionResult | None:
        return self._do(FIND, action)(self, payload, key)

    def _do(self, table: dict[str, Callable[..., Any]], action: str) -> Callable[..., Any]:
        if self.connection.mode or action not in table:
            raise Permanent("Mangomint cannot do this for us here.", code="not_offered")
        return table[action]

    @property
    def reads(self) -> MangomintReads:
        return MangomintReads(self.connection)

    def send_message(self, payload: Payload, key: str) -> ActionResult:
        tags = [*payload.get("tags", ()), f"purpose:{payload['purpose']}"]
        order = {
            "clientId": payload["client"],
            "channel": payload["channel"],
            "body": payload["body"],
            "reference": key,
            "tags": list(dict.fromkeys(tags)),
        }
        if payload.get("subject"):
            order["subject"] = payload["subject"]
        said = self._post("/communications", order, key)
        return ActionResult(text_id(said.get("id")), record_from("message", said))

    def find_message(self, payload: Payload, key: str) -> ActionResult | None:
        found = self.reads.sent_message(key)
        return ActionResult(found.external_id, found) if found else None

    def add_note(self, payload: Payload, key: str) -> ActionResult:
        order = {"body": payload["body"], "source": "copilot"}
        said = self._post(f"/clients/{_path(payload['client'])}/notes", order, key)
        return ActionResult(text_id(said.get("id")))

    def find_note(self, payload: Payload, key: str) -> ActionResult | None:
        raise UnknownOutcome("Notes cannot be read back from Mangomint.")

    def update_client(self, payload: Payload, key: str) -> ActionResult:
        changes = _renamed(payload["fields"], CLIENT_FIELDS)
        said = self._patch(f"/clients/{_path(payload['client'])}", changes)
        return ActionResult(payload["client"], record_from("client", said))

    def find_client_change(self, payload: Payload, key: str) -> ActionResult | None:
        found = self.reads.record("client", payload["client"])
        changes = _renamed(payload["fields"], CLIENT_FIELDS)
        if found is None or not all(
            _holds(found.data.get(RECORDS.get(name, name)), wanted)
            for name, wanted in changes.items()
        ):
            return None
        return ActionResult(payload["client"], found)

    def update_appointment(self, payload: Payload, key: str) -> ActionResult:
        changes = _renamed(payload["fields"], APPOINTMENT_FIELDS)
        guard = payload.get("if_unchanged_since")
        said = self._patch(
            f"/appointments/{_path(payload['appointment'])}",
            changes,
            {"If-Match": guard} if guard else None,
        )
        return ActionResult(payload["appointment"], record_from("appointment", said))

    def find_appointment_change(self, payload: Payload, key: str) -> ActionResult | None:
        found = self.reads.record("appointment", payload["appointment"])
        if found is None or not all(
            _same(found.data.get(name), wanted) for name, wanted in payload["fields"].items()
        ):
            return None
        return ActionResult(payload["appointment"], found)

    def book_appointment(self, payload: Payload, key: str) -> ActionResult:
        order = {
            "clientId": payload["client"],
            "serviceId": payload["service"],
            "staffId": payload["staff"] or None,
            "startTime": payload["starts_at"],
            "locationId": payload["location"],
            "source": payload.get("source") or "copilot",
        }
        said = self._post("/appointments", order, key)
        return ActionResult(text_id(said.get("id")), record_from("appointment", said))

    def find_booking(self, payload: Payload, key: str) -> ActionResult | None:
        start = _moment(payload["starts_at"])
        around = self.reads.appointments_of(
            payload["client"], start - timedelta(minutes=1), start + timedelta(minutes=1)
        )
        for found in around:
            data = found.data
            if (
                moment(data["starts_at"]) == start
                and data["service"] == payload["service"]
                and data["status"] != "cancelled"
                and data["source"] == (payload.get("source") or "copilot")
            ):
                return ActionResult(found.external_id, found)
        return None

    def update_waitlist(self, payload: Payload, key: str) -> ActionResult:
        changes = _renamed(payload["fields"], WAITLIST_FIELDS)
        said = self._patch(f"/waitlist/{_path(payload['entry'])}", changes)
        return ActionResult(payload["entry"], record_from("waitlist", said))

    def find_waitlist_change(self, payload: Payload, key: str) -> ActionResult | None:
        found = self.reads.record("waitlist", payload["entry"])
        told = {name: found.data.get(name) for name in ("status", "note")} if found else {}
        if found is None or any(
            told[name] != wanted for name, wanted in payload["fields"].items() if name in told
        ):
            return None
        return ActionResult(payload["entry"], found)

    def add_to_waitlist(self, payload: Payload, key: str) -> ActionResult:
        windows = list(payload["windows"])
        first = windows[0] if windows else {}
        order = {
            "clientId": payload["client"],
            "locationId": payload["location"],
            "serviceId": payload["service"] or None,
            "staffId": next(iter(payload["staff"]), None),
            "windows": [_hours(one) for one in windows],
            "earliest": first.get("earliest") or None,
            "latest": first.get("latest") or None,
            "notes": payload["note"],
        }
        said = self._post("/waitlist", order, key)
        return ActionResult(text_id(said.get("id")), record_from("waitlist", said))

    def find_waitlist_entry(self, payload: Payload, key: str) -> ActionResult | None:
        raise UnknownOutcome("Mangomint does not say which request made a waitlist entry.")

    def _post(self, path: str, order: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        answer = http(self.connection).post(path, json=dict(order), idempotency_key=key)
        return _object(answer.data, path)

    def _patch(
        self, path: str, changes: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> Mapping[str, Any]:
        answer = http(self.connection).patch(path, json=dict(changes), headers=headers)
        return _object(answer.data, path)


DO: dict[str, Callable[..., ActionResult]] = {
    "send_message": MangomintActions.send_message,
    "add_note": MangomintActions.add_note,
    "update_client": MangomintActions.update_client,
    "update_appointment": MangomintActions.update_appointment,
    "book_appointment": MangomintActions.book_appointment,
    "update_waitlist": MangomintActions.update_waitlist,
    "add_to_waitlist": MangomintActions.add_to_waitlist,
}
FIND: dict[str, Callable[..., ActionResult | None]] = {
    "send_message": MangomintActions.find_message,
    "add_note": MangomintActions.find_note,
    "update_client": MangomintActions.find_client_change,
    "update_appointment": MangomintActions.find_appointment_change,
    "book_appointment": MangomintActions.find_booking,
    "update_waitlist": MangomintActions.find_waitlist_change,
    "add_to_waitlist": MangomintActions.find_waitlist_entry,
}


def actions(connection: Any) -> MangomintActions:
    """What approvals/effects imports of every platform's ``actions`` module."""
    return MangomintActions(connection)


def _hours(window: Mapping[str, Any]) -> dict[str, Any]:
    """Days and hours; the first and the last day stand beside the windows in this dialect."""
    hours = {name: window[name] for name in ("days", "from", "to") if window.get(name)}
    return hours or {"days": "MTWTFSS"}


def _path(external_id: str) -> str:
    return quote(external_id, safe="")


def _object(data: Any, path: str) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        # It answered 2xx: something was applied, and the answer does not say what.
        raise UnknownOutcome(f"The answer to {path} is not an object.")
    return data


def _renamed(fields: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    unknown = sorted(set(fields) - set(names) - set(names.values()))
    if unknown:
        raise Permanent(f"Mangomint cannot change {', '.join(unknown)}.", code="unknown_field")
    return {names.get(name, name): value for name, value in fields.items()}


def _holds(found: Any, wanted: Any) -> bool:
    """Custom fields are merged by the platform: ours must be among them."""
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        return all(found.get(name) == value for name, value in wanted.items())
    return bool(found == wanted)


def _same(found: Any, wanted: Any) -> bool:
    start = moment(wanted)
    return (moment(found) == start) if start else bool((found or "") == (wanted or ""))


def _moment(text: str) -> datetime:
    at = moment(text)
    if at is None:
        raise Permanent("The time of the booking cannot be read.", code="bad_time")
    return at
