"""Clients: their details, consent, counters and notes."""

from decimal import Decimal
from typing import Any

from integrations.sandbox import clock, history
from integrations.sandbox.errors import Refused
from integrations.sandbox.salon.lookup import living, local, need
from integrations.sandbox.store import Record, fold, store
from integrations.sandbox.wire import webhooks

_API_FIELDS = {"customFields", "tags", "notes"}
_EDITABLE = _API_FIELDS | {
    "firstName",
    "lastName",
    "email",
    "phone",
    "birthday",
    "postalCode",
    "timezone",
    "locale",
    "preferences",
    "consent",
}
_NO_CONSENT = {"transactional": False, "marketing": False, "at": None}
OWN_HISTORY = 12


def dollars(amount: Decimal) -> Record:
    return {"amount": f"{amount:.2f}", "currency": "USD"}


def blank(ident: str) -> Record:
    return {
        "id": ident,
        "firstName": "",
        "lastName": "",
        "email": None,
        "phone": None,
        "birthday": None,
        "postalCode": None,
        "timezone": None,
        "locale": "en-US",
        "createdAt": clock.seconds(clock.now()),
        "lastVisitDate": None,
        "services": [],
        "notes": "",
        "tags": [],
        "preferences": {"channel": None, "staffIds": [], "windows": []},
        "consent": {"sms": dict(_NO_CONSENT), "email": dict(_NO_CONSENT)},
        "metrics": {
            "visitCount": 0,
            "noShowCount": 0,
            "lateCancelCount": 0,
            "totalSpend": dollars(Decimal(0)),
        },
        "customFields": {},
    }


def current(ident: object) -> Record:
    """The living client behind an id, following a merge (422 when there is none)."""
    found = need("client", ident, status=422)
    while found.get("mergedInto"):
        found = need("client", found["mergedInto"], status=422)
    return living("client", found["id"])


def search(text: str, limit: int = 20) -> list[Record]:
    """Living clients whose name, e-mail or phone holds every word of the text."""
    words = text.split()
    clause = " AND ".join(
        ["json_extract(data, '$.deletedAt') IS NULL", *("search LIKE ? ESCAPE '\\'" for _ in words)]
    )
    likes = tuple(like(word) for word in words)
    return store().select("client", clause, likes, order="search, id", limit=limit)


def like(word: str) -> str:
    """A pattern for LIKE … ESCAPE '\\' that finds the word itself anywhere in the search text."""
    plain = fold(word).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{plain}%"


def _save(found: Record, action: str, actor: str, **data: Any) -> Record:
    store().put("client", found)
    history.add("effect", action, actor, found["id"], **data)
    webhooks.thin("client.updated", found)
    return found


def patch(ident: str, changes: Record, actor: str, *, fields: set[str] = _API_FIELDS) -> Record:
    """Changes fields; customFields and consent are merged key by key. No change, no trace."""
    found = need("client", ident)
    unknown = sorted(set(changes) - fields)
    if unknown:
        raise Refused(400, "unknown_field", f"Cannot be changed here: {', '.join(unknown)}.")
    if found.get("deletedAt"):
        raise Refused(422, "deleted", "This client was deleted.")
    before = dict(found)
    for key, value in changes.items():
        merged = key in ("customFields", "consent") and isinstance(value, dict)
        found[key] = {**found[key], **value} if merged else value
    if found == before:
        return found
    return _save(found, "client.updated", actor, **changes)


def edit(ident: str, changes: Record, actor: str) -> Record:
    return patch(ident, changes, actor, fields=_EDITABLE)


def add(details: Record, actor: str) -> Record:
    unknown = sorted(set(details) - _EDITABLE)
    if unknown:
        raise Refused(400, "unknown_field", f"Not a field of a client: {', '.join(unknown)}.")
    if not str(details.get("firstName") or "").strip():
        raise Refused(422, "no_name", "A client needs a first name.")
    made = blank(store().next_id("cli")) | details
    return _save(made, "client.added", actor)


def delete(ident: str, actor: str) -> Record:
    found = need("client", ident)
    found["deletedAt"] = clock.seconds(clock.now())
    return _save(found, "client.deleted", actor)


def merge(ident: str, into: str, actor: str) -> Record:
    """Folds one client into another: its appointments follow, its record stays with mergedInto."""
    gone, kept = need("client", ident), living("client", into)
    if gone["id"] == kept["id"]:
        raise Refused(422, "same_client", "A client cannot be merged into itself.")
    for appointment in store().select("appointment", "client_id = ?", (ident,)):
        appointment["clientId"] = kept["id"]
        store().put("appointment", appointment)
        webhooks.appointment("appointment.updated", appointment)
    gone.update(mergedInto=kept["id"], deletedAt=clock.seconds(clock.now()))
    _save(kept, "client.updated", actor)
    return _save(gone, "client.merged", actor, into=kept["id"])


def add_note(ident: str, order: Record, actor: str) -> Record:
    need("client", ident)
    body = str(order.get("body") or "").strip()
    if not body:
        raise Refused(400, "no_body", "A note needs a body.")
    made = store().put(
        "note",
        {
            "id": store().next_id("nte"),
            "clientId": ident,
            "body": body,
            "source": str(order.get("source") or "api"),
            "createdAt": clock.seconds(clock.now()),
        },
    )
    history.add("effect", "note.added", actor, made["id"], clientId=ident, body=body)
    return made


def set_sms_consent(found: Record, allowed: bool, actor: str) -> None:
    """What STOP and START do; a later START brings back transactional texts only."""
    stamp = clock.seconds(clock.now())
    sms: Record = {"transactional": allowed, "marketing": False, "at": stamp}
    if not allowed:
        sms["optedOutAt"] = stamp
    found["consent"]["sms"] = sms
    _save(found, "client.opted_in" if allowed else "client.opted_out", actor, channel="sms")


def count(ident: str, **steps: int) -> None:
    """Moves counters; the record gets a new stamp but no webhook, so only a poll sees it."""
    if not any(steps.values()):
        return
    found = need("client", ident)
    for key, step in steps.items():
        found["metrics"][key] = max(0, found["metrics"][key] + step)
    store().put("client", found)


def visited(appointment: Record) -> None:
    found = need("client", appointment["clientId"])
    day = local(appointment["startTime"], appointment["locationId"]).date().isoformat()
    found["lastVisitDate"] = max(found["lastVisitDate"] or "", day)
    found["services"] = [{"name": appointment["serviceName"], "date": day}, *found["services"]][
        :OWN_HISTORY
    ]
    found["metrics"]["visitCount"] += 1
    store().put("client", found)


def spent(ident: str, amount: Decimal) -> None:
    found = need("client", ident)
    before = Decimal(found["metrics"]["totalSpend"]["amount"])
    found["metrics"]["totalSpend"] = dollars(before + amount)
    store().put("client", found)
