"""Mangomint as most salons have it: unsigned webhooks of unknown shape behind a secret address.

Three shapes were seen by integrators, none is documented. The kind is told by which keys are
there; what cannot be read is kept aside and shown, never dropped.
"""

import hashlib
import hmac
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core import clock
from integrations.jsonsafe import parsed
from integrations.platforms.base import Delivery, NotGenuine, NotReadable, Record, Verified
from integrations.platforms.mangomint.mapping import amount, moment, part, rows, text_id
from integrations.statuses import status_of

if TYPE_CHECKING:
    from integrations.models import Connection

Json = Mapping[str, Any]
ID_HEADERS = ("webhook-id", "x-webhook-id", "x-delivery-id", "x-request-id")
# The same bytes within this span are one delivery. For longer they may be news again: an
# appointment that was moved away and back has the body it had before.
SAME_SECONDS = 300


def verify(connection: "Connection", body: bytes, headers: Mapping[str, str], key: str) -> Verified:
    """The address holds the secret; only its hash is kept, compared in constant time."""
    given = hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
    expected = connection.hook_key_sha256
    if not expected or not hmac.compare_digest(given, expected):
        raise NotGenuine
    lowered = {name.lower(): value for name, value in headers.items()}
    named = next((lowered[name] for name in ID_HEADERS if lowered.get(name)), "")
    if named:
        return Verified(f"id:{named}"[:200])
    span = int(clock.now().timestamp()) // SAME_SECONDS
    return Verified(f"body:{hashlib.sha256(body).hexdigest()}:{span}")


def read_delivery(connection: "Connection", body: bytes) -> Delivery:
    try:
        said = parsed(body)
    except NotReadable:
        return Delivery("", odd="The body is not JSON that can be read.")
    if not isinstance(said, Mapping):
        return Delivery("", odd="The body is not an object.")
    kind, inner = _unwrapped(said)
    if isinstance(inner.get("appointment"), Mapping):
        return _appointment(kind, inner["appointment"])
    if isinstance(inner.get("sale"), Mapping):
        return _sale(kind, inner)
    if isinstance(inner.get("form"), Mapping):
        return _form(kind, inner)
    if kind.startswith("appointment"):
        return _appointment(kind, inner)
    if kind:
        return Delivery(kind, known=False)
    return Delivery("", odd="We do not know this shape: no appointment, sale or form in it.")


def _unwrapped(said: Json) -> tuple[str, Json]:
    """``event`` or ``type`` with ``data``, or the body itself."""
    kind = said.get("event") or said.get("type")
    data = said.get("data")
    inner = data if isinstance(data, Mapping) else said
    return (kind if isinstance(kind, str) else ""), inner


def _appointment(kind: str, said: Json) -> Delivery:
    kind = kind or "appointment"
    external_id, start = text_id(said.get("id")), said.get("dateTime") or said.get("start_time")
    if not external_id:
        return Delivery(kind, odd="The appointment has no id.")
    if moment(start) is None:
        return Delivery(kind, odd="The appointment has no time that can be read.")
    who = _client(said)
    lines = rows(said, "services")
    service = part(lines[0], "service") if lines else {}
    data = {
        "client": who.external_id if who else "",
        "service_name": " and ".join(
            str(part(line, "service").get("name") or "") for line in lines
        ),
        "service": text_id(service.get("id")) or text_id(said.get("service_id")),
        "starts_at": start,
        "status": _status(kind, said),
        "price": _price(lines),
        "currency": said.get("currency") or "USD",
        "source": said.get("source"),
        "booked_at": said.get("createdAt"),
        "notes": said.get("notes"),
        "staff": text_id(said.get("staff_id")),
    }
    records = [*_services(lines), *([who] if who else [])]
    records.append(Record("appointment", external_id, _said(data), moment(said.get("updatedAt"))))
    return Delivery(kind, records=tuple(records))


def _said(data: dict[str, Any]) -> dict[str, Any]:
    """Only what the body says: silence must not empty a field that a file or a person filled."""
    return {name: value for name, value in data.items() if value not in (None, "")}


def _status(kind: str, said: Json) -> str:
    named = kind.rpartition(".")[2].rpartition("_")[2].lower()
    if named in {"cancelled", "canceled"}:
        return "cancelled"
    return status_of(str(said.get("status") or ""))


def _price(lines: list[Json]) -> str | None:
    prices = [amount(line.get("price")) for line in lines]
    known = [price for price in prices if isinstance(price, (int, float, str))]
    try:
        return f"{sum(float(price) for price in known):.2f}" if known else None
    except ValueError:
        return None


def _services(lines: list[Json]) -> list[Record]:
    found = []
    for line in lines:
        service = part(line, "service")
        external_id = text_id(service.get("id"))
        if external_id and service.get("name"):
            data = {
                "name": service["name"],
                "category": part(service, "category").get("name"),
                "price": amount(line.get("price")),
            }
            found.append(Record("service", external_id, _said(data)))
    return found


def _client(said: Json) -> Record | None:
    """The client under whichever key the body has them; without an id, one made of the contact."""
    for key in ("clientInfo", "client", "onlineBookingClientInfo"):
        info = part(said, key)
        contact = next((str(info[way]) for way in ("phone", "email") if info.get(way)), "")
        external_id = text_id(info.get("id")) or (f"contact:{contact}"[:80] if contact else "")
        if external_id:
            data = {
                "first_name": info.get("firstName"),
                "last_name": info.get("lastName"),
                "email": info.get("email"),
                "phone": info.get("phone"),
            }
            return Record("client", external_id, _said(data))
    external_id = text_id(said.get("client_id"))
    return Record("client", external_id, {}) if external_id else None


def _sale(kind: str, said: Json) -> Delivery:
    sale = said["sale"]
    external_id = text_id(sale.get("id"))
    closed = sale.get("closedAt") or said.get("timeStamp") or sale.get("createdAt")
    if not external_id or moment(closed) is None:
        return Delivery(kind or "sale", odd="The sale has no id or no time that can be read.")
    who = _client(sale)
    lines = [
        {"kind": "unknown", "name": line.get("name"), "amount": amount(line.get("finalPrice"))}
        for line in rows(said, "lineItems")
    ]
    data = {
        "client": who.external_id if who else "",
        "total": amount(sale.get("total")),
        "currency": sale.get("currency"),
        "closed_at": closed,
        "lines": lines,
    }
    records = [*([who] if who else []), Record("sale", external_id, _said(data))]
    return Delivery(kind or "sale", records=tuple(records))


def _form(kind: str, said: Json) -> Delivery:
    form, who = said["form"], _client(said)
    external_id = text_id(form.get("id"))
    if not external_id or who is None:
        return Delivery(kind or "form", odd="The form does not say whose it is.")
    data = {
        "client": who.external_id,
        "name": form.get("name") or "Form",
        "complete": True,
        "submitted_at": form.get("submittedAt"),
    }
    return Delivery(kind or "form", records=(who, Record("form", external_id, _said(data))))
