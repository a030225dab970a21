"""Waitlist, forms, feedback, orders and staff."""

from integrations.sandbox import clock, history
from integrations.sandbox.errors import Refused
from integrations.sandbox.salon import clients
from integrations.sandbox.salon.lookup import living, need
from integrations.sandbox.store import Record, store
from integrations.sandbox.wire import webhooks

WAITLIST_STATES = ("waiting", "offered", "booked", "removed")
_WAITLIST_FIELDS = {"status", "serviceId", "staffId", "windows", "earliest", "latest", "notes"}


def waitlist_add(order: Record, actor: str) -> Record:
    client = clients.current(order.get("clientId"))
    service = living("service", order.get("serviceId"))
    place = living("location", order.get("locationId"))
    staff = living("staff", order["staffId"]) if order.get("staffId") else None
    made = store().put(
        "waitlist",
        {
            "id": store().next_id("wl"),
            "clientId": client["id"],
            "serviceId": service["id"],
            "staffId": staff["id"] if staff else None,
            "locationId": place["id"],
            "windows": order.get("windows") or [],
            "earliest": order.get("earliest"),
            "latest": order.get("latest"),
            "notes": str(order.get("notes") or ""),
            "status": "waiting",
            "createdAt": clock.seconds(clock.now()),
        },
    )
    return _waitlist_said(made, "waitlist.added", actor)


def _waitlist_said(entry: Record, action: str, actor: str) -> Record:
    history.add(
        "effect", action, actor, entry["id"], clientId=entry["clientId"], status=entry["status"]
    )
    webhooks.thin("waitlist.updated", entry)
    return entry


def waitlist_patch(ident: str, changes: Record, actor: str) -> Record:
    found = need("waitlist", ident)
    unknown = sorted(set(changes) - _WAITLIST_FIELDS)
    if unknown:
        raise Refused(400, "unknown_field", f"Cannot be changed here: {', '.join(unknown)}.")
    if changes.get("status", "waiting") not in WAITLIST_STATES:
        raise Refused(400, "bad_status", f"status is one of {', '.join(WAITLIST_STATES)}.")
    if found.get("deletedAt"):
        raise Refused(422, "deleted", "This entry was deleted.")
    if found | changes == found:
        return found
    found |= changes
    store().put("waitlist", found)
    return _waitlist_said(found, "waitlist.updated", actor)


def waitlist_delete(ident: str, actor: str) -> Record:
    found = need("waitlist", ident)
    if found.get("deletedAt"):
        return found
    found.update(status="removed", deletedAt=clock.seconds(clock.now()))
    store().put("waitlist", found)
    return _waitlist_said(found, "waitlist.removed", actor)


def purchase_order(order: Record, actor: str) -> Record:
    supplier = str(order.get("supplierId") or "")
    lines = order.get("lines")
    if not isinstance(lines, list) or not lines:
        raise Refused(400, "no_lines", "An order needs at least one line.")
    for line in lines:
        product = living("product", line.get("productId") if isinstance(line, dict) else None)
        quantity = line.get("quantity")
        if not isinstance(quantity, int) or quantity < 1:
            raise Refused(400, "bad_quantity", "quantity is a whole number of at least 1.")
        if product["supplier"]["id"] != supplier:
            raise Refused(422, "other_supplier", f"{product['name']} is not from {supplier!r}.")
    made = store().put(
        "purchase_order",
        {
            "id": store().next_id("po"),
            "supplierId": supplier,
            "status": "ordered",
            "lines": [{"productId": x["productId"], "quantity": x["quantity"]} for x in lines],
            "createdAt": clock.seconds(clock.now()),
        },
    )
    history.add("effect", "purchase_order.placed", actor, made["id"], supplierId=supplier)
    return made


def feedback(appointment_id: str, rating: int, comment: str, actor: str) -> Record:
    if not 1 <= rating <= 5:
        raise Refused(400, "bad_rating", "A rating is 1 to 5.")
    about = need("appointment", appointment_id, status=422)
    made = store().put(
        "feedback",
        {
            "id": store().next_id("fbk"),
            "clientId": about["clientId"],
            "appointmentId": about["id"],
            "locationId": about["locationId"],
            "staffId": about["staffId"],
            "rating": rating,
            "comment": comment,
            "createdAt": clock.seconds(clock.now()),
        },
    )
    history.add(
        "effect", "feedback.received", actor, made["id"], clientId=made["clientId"], rating=rating
    )
    webhooks.thin("feedback.received", made)
    return made


def submit_form(ident: str, answers: list[Record] | None, actor: str) -> Record:
    found = need("form", ident)
    given = answers or [{"question": q, "answer": "No"} for q in found["questions"]]
    found.update(status="completed", answers=given, submittedAt=clock.seconds(clock.now()))
    store().put("form", found)
    history.add("effect", "form.submitted", actor, ident, clientId=found["clientId"])
    webhooks.thin("form.submitted", found)
    return found


def edit_staff(ident: str, changes: Record, actor: str) -> Record:
    """Changes name, email, roles, skills or active: what the product mirrors into rights."""
    found = need("staff", ident)
    allowed = {"firstName", "lastName", "email", "roles", "skills", "active"}
    unknown = sorted(set(changes) - allowed)
    if unknown:
        raise Refused(400, "unknown_field", f"Cannot be changed here: {', '.join(unknown)}.")
    found |= changes
    found["name"] = f"{found['firstName']} {found['lastName']}"
    store().put("staff", found)
    history.add("effect", "staff.updated", actor, ident, **changes)
    webhooks.thin("staff.updated", found)
    return found
