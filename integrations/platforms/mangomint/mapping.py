"""Records of the dialect in our own words. Values are passed on as they came: ingest reads them.

Nothing here raises on a missing or odd field: what cannot be read is left out.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from integrations.platforms.base import Record, RecordKind

Json = Mapping[str, Any]
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def record_from(kind: RecordKind, said: Json) -> Record:
    """One record of a list or a single read."""
    return Record(
        kind,
        text_id(said.get("id")),
        MAPPINGS[kind](said),
        updated_at=moment(said.get("updatedAt")),
        deleted_at=moment(said.get("deletedAt")),
    )


def text_id(value: Any) -> str:
    """Ids are kept as text, whatever type the body gives them."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return ""
    return str(value).strip()[:80]


def moment(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def amount(value: Any) -> Any:
    return value.get("amount") if isinstance(value, Mapping) else value


def currency(value: Any) -> str:
    return str(value.get("currency") or "USD") if isinstance(value, Mapping) else "USD"


def part(said: Json, key: str) -> Json:
    found = said.get(key)
    return found if isinstance(found, Mapping) else {}


def rows(said: Json, key: str) -> list[Json]:
    found = said.get(key)
    return [row for row in found if isinstance(row, Mapping)] if isinstance(found, list) else []


def location(said: Json) -> dict[str, Any]:
    hours: dict[str, list[list[str]]] = {}
    for row in rows(said, "openingHours"):
        day = str(row.get("day", "")).lower()
        if day in DAYS and row.get("opens") and row.get("closes"):
            hours.setdefault(day[:3], []).append([str(row["opens"]), str(row["closes"])])
    return {
        "name": said.get("name"),
        "timezone": said.get("timezone"),
        "opening_hours": hours,
        "phone": said.get("phone"),
        "address": said.get("address"),
        "postal_code": said.get("postalCode"),
        "booking_url": said.get("bookingUrl"),
        "currency": said.get("currency") or "USD",
        "resources": said.get("resources") or [],
    }


def staff(said: Json) -> dict[str, Any]:
    full = " ".join(str(said.get(key) or "") for key in ("firstName", "lastName"))
    roles = [
        {"location": text_id(row.get("locationId")), "role": str(row.get("role") or "")}
        for row in rows(said, "roles")
    ]
    return {
        "name": said.get("name") or full.strip(),
        "email": said.get("email"),
        "phone": said.get("phone"),
        "skills": said.get("skills") or [],
        "roles": roles,
        "active": said.get("active", True),
    }


def service(said: Json) -> dict[str, Any]:
    return {
        "name": said.get("name"),
        "category": said.get("category"),
        "minutes": said.get("durationMinutes"),
        "price": amount(said.get("price")),
        "currency": currency(said.get("price")),
        "skill": said.get("skill"),
        "resource_kind": said.get("resourceKind"),
        "aftercare": said.get("aftercare"),
        "form_required": said.get("formName"),
        "description": said.get("description"),
        "active": said.get("active", True),
    }


def product(said: Json) -> dict[str, Any]:
    supplier = said.get("supplier")
    ingredients = said.get("ingredients")
    return {
        "name": said.get("name"),
        "brand": said.get("brand"),
        "category": said.get("category"),
        "price": amount(said.get("price")),
        "cost": amount(said.get("cost")),
        "currency": currency(said.get("price")),
        "stock": said.get("stock"),
        "reorder_point": said.get("reorderPoint"),
        "supplier": supplier.get("name") if isinstance(supplier, Mapping) else supplier,
        "ingredients": ", ".join(map(str, ingredients))
        if isinstance(ingredients, list)
        else ingredients,
        "active": said.get("active", True),
    }


def consents(said: Json) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for channel, given in part(said, "consent").items():
        if not isinstance(given, Mapping):
            continue
        out = given.get("optedOutAt")
        found += [
            {
                "channel": channel,
                "purpose": purpose,
                "granted": bool(given[purpose]) and not out,
                "at": out or given.get("at"),
            }
            for purpose in ("transactional", "care", "marketing")
            if purpose in given
        ]
    return found


def client(said: Json) -> dict[str, Any]:
    metrics = part(said, "metrics")
    return {
        "first_name": said.get("firstName"),
        "last_name": said.get("lastName"),
        "email": said.get("email"),
        "phone": said.get("phone"),
        "birthday": said.get("birthday"),
        "postal_code": said.get("postalCode"),
        "timezone": said.get("timezone"),
        "locale": said.get("locale"),
        "created_on_platform": said.get("createdAt"),
        "last_visit_on": said.get("lastVisitDate"),
        "past_services": said.get("services") or [],
        "notes": said.get("notes"),
        "tags": said.get("tags") or [],
        "preferences": said.get("preferences") or {},
        "visit_count": metrics.get("visitCount"),
        "no_show_count": metrics.get("noShowCount"),
        "late_cancel_count": metrics.get("lateCancelCount"),
        "total_spend": amount(metrics.get("totalSpend")),
        "custom_fields": said.get("customFields") or {},
        "merged_into": text_id(said.get("mergedInto")),
        "consent": consents(said),
    }


def appointment(said: Json) -> dict[str, Any]:
    return {
        "client": text_id(said.get("clientId")),
        "location": text_id(said.get("locationId")),
        "service": text_id(said.get("serviceId")),
        "service_name": said.get("serviceName"),
        "staff": text_id(said.get("staffId")),
        "staff_name": said.get("staffName"),
        "resource_id": text_id(said.get("resourceId")),
        "visit_id": text_id(said.get("visitId")),
        "starts_at": said.get("startTime"),
        "ends_at": said.get("endTime"),
        "status": said.get("status"),
        "price": amount(said.get("price")),
        "currency": currency(said.get("price")),
        "source": said.get("source"),
        "booked_at": said.get("bookedAt"),
        "notes": said.get("notes"),
        "cancelled_at": said.get("cancelledAt"),
        "cancel_reason": said.get("cancelReason"),
    }


def waitlist(said: Json) -> dict[str, Any]:
    staff_id = text_id(said.get("staffId"))
    return {
        "client": text_id(said.get("clientId")),
        "location": text_id(said.get("locationId")),
        "service": text_id(said.get("serviceId")),
        "staff_ids": [staff_id] if staff_id else [],
        "windows": [
            {**row, "earliest": said.get("earliest"), "latest": said.get("latest")}
            for row in rows(said, "windows")
        ],
        "status": said.get("status"),
        "priority": said.get("priority"),
        "note": said.get("notes"),
        "waiting_since": said.get("createdAt"),
    }


def shift(said: Json) -> dict[str, Any]:
    return {
        "staff": text_id(said.get("staffId")),
        "location": text_id(said.get("locationId")),
        "starts_at": said.get("startTime"),
        "ends_at": said.get("endTime"),
    }


def sale(said: Json) -> dict[str, Any]:
    lines = [
        {
            "kind": row.get("type"),
            "service": text_id(row.get("serviceId")),
            "product": text_id(row.get("productId")),
            "staff": text_id(row.get("staffId")),
            "name": row.get("name"),
            "quantity": row.get("quantity", 1),
            "amount": amount(row.get("amount")),
        }
        for row in rows(said, "lines")
    ]
    return {
        "client": text_id(said.get("clientId")),
        "location": text_id(said.get("locationId")),
        "visit_id": text_id(said.get("visitId")),
        "total": amount(said.get("total")),
        "currency": currency(said.get("total")),
        "closed_at": said.get("completedAt"),
        "lines": lines,
    }


def message(said: Json) -> dict[str, Any]:
    return {
        "client": text_id(said.get("clientId")),
        "incoming": said.get("direction") == "inbound",
        "channel": said.get("channel"),
        "subject": said.get("subject"),
        "body": said.get("body"),
        "reference": said.get("reference"),
        "source": said.get("source"),
        "status": said.get("status"),
        "sent_at": said.get("createdAt"),
        "in_reply_to": text_id(said.get("inReplyTo")),
    }


def feedback(said: Json) -> dict[str, Any]:
    return {
        "client": text_id(said.get("clientId")),
        "location": text_id(said.get("locationId")),
        "appointment": text_id(said.get("appointmentId")),
        "rating": said.get("rating"),
        "text": said.get("comment"),
        "given_at": said.get("createdAt"),
    }


def form(said: Json) -> dict[str, Any]:
    answers = {str(row.get("question", "")): row.get("answer") for row in rows(said, "answers")}
    return {
        "client": text_id(said.get("clientId")),
        "name": said.get("name"),
        "complete": said.get("status") == "completed",
        "link": said.get("link"),
        "answers": answers,
        "submitted_at": said.get("submittedAt"),
        "expires_on": said.get("expiresOn"),
    }


MAPPINGS: dict[RecordKind, Callable[[Json], dict[str, Any]]] = {
    "location": location,
    "staff": staff,
    "service": service,
    "product": product,
    "client": client,
    "appointment": appointment,
    "waitlist": waitlist,
    "shift": shift,
    "sale": sale,
    "message": message,
    "feedback": feedback,
    "form": form,
}
