"""The odd bodies of the platform as most salons have it.

A top-level `appointment` or `sale`, no event key, numbers as ids, no staff id and no end time;
times carry the location's offset. Everything else is not sent in this style.
"""

import re
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from integrations.sandbox import clock
from integrations.sandbox.store import Record, store

_STATUS = {"checked_in": "arrived", "no_show": "noShow"}


def body(event: str, record: Record) -> Record | None:
    """The body for an event, or None when this style does not send it."""
    if event.startswith("appointment."):
        return {"appointment": _appointment(record)}
    if event == "sale.completed":
        return {
            "sale": _sale(record),
            "lineItems": [_line(x) for x in record["lines"]],
            "timeStamp": clock.seconds(clock.now()),
        }
    if event == "form.submitted":
        return {
            "form": {
                "id": _number(record["id"]),
                "name": record["name"],
                "submittedAt": record["submittedAt"],
            },
            "client": _client(record["clientId"]),
        }
    return None


def _number(ident: str) -> int:
    return int(re.sub(r"\D", "", ident) or 0)


def _phone(number: str | None) -> str | None:
    digits = re.sub(r"\D", "", number or "")[-10:]
    return f"{digits[:3]}-{digits[3:6]}-{digits[6:]}" if digits else None


def _client(ident: str) -> Record:
    found = store().find(ident) or {}
    return {
        "email": found.get("email"),
        "phone": _phone(found.get("phone")),
        "firstName": found.get("firstName"),
        "lastName": found.get("lastName"),
    }


def _appointment(record: Record) -> Record:
    service = store().find(record["serviceId"]) or {}
    place = store().find(record["locationId"]) or {"timezone": "UTC"}
    start = clock.parse(record["startTime"]).astimezone(ZoneInfo(place["timezone"]))
    online = record["source"] == "online"
    maker = {
        "name": "Online Booking" if online else "Front desk",
        "type": "online" if online else "staff",
    }
    made: dict[str, Any] = {
        "id": _number(record["id"]),
        "status": _STATUS.get(record["status"], record["status"]),
        "dateTime": start.isoformat(),
        "createdAt": record["bookedAt"],
        "createdBy": maker,
        "source": record["source"],
        "currency": "USD",
        "notes": record["notes"],
        "clientNotes": "",
        "clientInfo": _client(record["clientId"]),
        "services": [
            {
                "price": float(Decimal(record["price"]["amount"])),
                "service": {
                    "id": _number(record["serviceId"]),
                    "name": record["serviceName"],
                    "category": {"name": service.get("category", "")},
                },
            }
        ],
    }
    if online:
        made["onlineBookingClientInfo"] = {"referrerUrl": "https://maple.example.com/book"}
    return made


def _sale(record: Record) -> Record:
    return {
        "id": _number(record["id"]),
        "total": float(Decimal(record["total"]["amount"])),
        "currency": "USD",
        "createdAt": record["completedAt"],
        "closedAt": record["completedAt"],
        "client": _client(record["clientId"]),
    }


def _line(line: Record) -> Record:
    return {"name": line["name"], "finalPrice": float(Decimal(line["amount"]["amount"]))}
