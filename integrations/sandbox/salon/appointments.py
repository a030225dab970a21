"""Appointments: book, move, and walk through their states."""

from datetime import datetime, timedelta

from integrations.sandbox import clock, history, knobs
from integrations.sandbox.errors import Refused
from integrations.sandbox.salon import availability, clients, messages
from integrations.sandbox.salon.lookup import living, local, need
from integrations.sandbox.store import Record, store
from integrations.sandbox.wire import webhooks

_NEXT = {
    "booked": {"confirmed", "checked_in", "completed", "cancelled", "no_show"},
    "confirmed": {"booked", "checked_in", "completed", "cancelled", "no_show"},
    "checked_in": {"booked", "completed", "cancelled"},
    "completed": set[str](),
    "cancelled": {"booked"},
    "no_show": {"booked", "checked_in"},
}
_EVENTS = {"cancelled", "checked_in", "completed", "no_show"}
_PATCHABLE = {"notes", "status", "startTime", "staffId", "resourceId"}
_LATE = timedelta(hours=24)
_SAME_VISIT = timedelta(minutes=30)


def _taken(message: str) -> Refused:
    return Refused(409, "slot_taken", message)


def _placed(
    service: Record, staff: Record, place: Record, start: datetime, *, but: str = ""
) -> tuple[datetime, str | None]:
    """End and resource for a start, or Refused. The writer lock makes look and take one step."""
    end = start + availability.length(service)
    if not availability.can_do(staff, service, place["id"]):
        raise Refused(422, "staff_cannot", f"{staff['name']} does not do {service['name']} there.")
    if not availability.on_shift(staff["id"], place["id"], start, end):
        raise _taken(f"{staff['name']} does not work then.")
    if availability.staff_busy(staff["id"], start, end, but=but):
        raise _taken(f"{staff['name']} is already booked then.")
    busy = availability.taken(place["id"], start, end, but=but)
    served, resource = availability.free_resource(place, service["resourceKind"], busy, start, end)
    if not served:
        raise _taken(f"No {service['resourceKind']} is free then.")
    return end, resource


def _anybody(service: Record, place: Record, start: datetime) -> Record:
    end = start + availability.length(service)
    everyone = store().select("staff", order="id")
    slots = availability.free_slots(place, service, everyone, start, end)
    fitting = [slot for slot in slots if slot.start == start]
    if not fitting:
        raise _taken("Nobody is free then.")
    return living("staff", fitting[0].staff_id)


def _visit_id(client_id: str, location_id: str, start: datetime, end: datetime) -> str:
    """Services of one client that touch each other within half an hour are one visit."""
    near = store().select(
        "appointment",
        "client_id = ? AND location_id = ? AND starts_at <= ? AND ends_at >= ? "
        "AND status IN ('booked', 'confirmed', 'checked_in')",
        (
            client_id,
            location_id,
            clock.seconds(end + _SAME_VISIT),
            clock.seconds(start - _SAME_VISIT),
        ),
        limit=1,
    )
    return near[0]["visitId"] if near else store().next_id("vis")


def book(order: Record, actor: str) -> Record:
    """Makes an appointment from the fields of POST /appointments; staffId null means anybody."""
    client = clients.current(order.get("clientId"))
    service = living("service", order.get("serviceId"))
    place = living("location", order.get("locationId"))
    start = clock.parse(order.get("startTime"))
    if start < clock.now() - timedelta(minutes=5):
        raise Refused(422, "in_the_past", "That time has already passed.")
    chosen = order.get("staffId")
    staff = living("staff", chosen) if chosen else _anybody(service, place, start)
    end, resource = _placed(service, staff, place, start)
    made = store().put(
        "appointment",
        {
            "id": store().next_id("apt"),
            "clientId": client["id"],
            "serviceId": service["id"],
            "serviceName": service["name"],
            "staffId": staff["id"],
            "staffName": staff["name"],
            "locationId": place["id"],
            "resourceId": resource,
            "startTime": clock.seconds(start),
            "endTime": clock.seconds(end),
            "status": "booked",
            "price": service["price"],
            "source": str(order.get("source") or "api"),
            "bookedAt": clock.seconds(clock.now()),
            "visitId": _visit_id(client["id"], place["id"], start, end),
            "notes": str(order.get("notes") or ""),
        },
    )
    _booked(made, actor)
    return made


def _booked(made: Record, actor: str) -> None:
    """What follows a booking: the witness, the webhook, the platform's own message."""
    known = {key: made[key] for key in ("clientId", "staffId", "startTime")}
    history.add("effect", "appointment.booked", actor, made["id"], **known)
    webhooks.appointment("appointment.created", made)
    if knobs.get("sends_confirmations"):
        _own_confirmation(made)


def _own_confirmation(made: Record) -> None:
    when = local(made["startTime"], made["locationId"])
    body = f"You are booked: {made['serviceName']}, {when:%a %b} {when.day} at {when:%I:%M %p}."
    messages.platform_says(made["clientId"], "sms", "", body)


def patch(
    ident: str, changes: Record, actor: str, *, if_match: str | None = None, reason: str = ""
) -> Record:
    """Changes the fields of PATCH /appointments/{id}; what stays the same leaves no trace."""
    found = need("appointment", ident)
    if if_match and if_match.strip().strip('"') != found["updatedAt"]:
        raise Refused(412, "changed", f"It was changed at {found['updatedAt']}.")
    unknown = sorted(set(changes) - _PATCHABLE)
    if unknown:
        raise Refused(400, "unknown_field", f"Cannot be changed here: {', '.join(unknown)}.")
    if found.get("deletedAt"):
        raise Refused(422, "deleted", "This appointment was deleted.")
    before = dict(found)
    if {"startTime", "staffId", "resourceId"} & set(changes):
        _move(found, changes)
    if "notes" in changes:
        found["notes"] = str(changes["notes"] or "")
    if "status" in changes and changes["status"] != found["status"]:
        _walk(found, str(changes["status"]), reason)
    if found == before:
        return found
    return _kept(before, found, actor)


def _kept(before: Record, found: Record, actor: str) -> Record:
    keys = {*found, *before}
    changed = {key: found.get(key) for key in keys if found.get(key) != before.get(key)}
    store().put("appointment", found)
    status = found["status"]
    moved = "startTime" in changed or "staffId" in changed
    walked = "status" in changed
    action = status if walked else "moved" if moved else "updated"
    history.add(
        "effect", f"appointment.{action}", actor, found["id"], clientId=found["clientId"], **changed
    )
    event = status if walked and status in _EVENTS else "updated"
    webhooks.appointment(f"appointment.{event}", found)
    return found


def _move(found: Record, changes: Record) -> None:
    if found["status"] not in ("booked", "confirmed", "checked_in"):
        raise Refused(422, "not_movable", f"A {found['status']} appointment cannot be moved.")
    place = living("location", found["locationId"])
    service = living("service", found["serviceId"])
    staff = living("staff", changes.get("staffId") or found["staffId"])
    start = clock.parse(changes.get("startTime") or found["startTime"])
    end, resource = _placed(service, staff, place, start, but=found["id"])
    wanted = changes.get("resourceId")
    if wanted is not None:
        resource = _wanted_resource(place, str(wanted), found["id"], start, end)
    elif clock.seconds(start) == found["startTime"] and "resourceId" not in changes:
        resource = found["resourceId"]
    found.update(
        startTime=clock.seconds(start),
        endTime=clock.seconds(end),
        staffId=staff["id"],
        staffName=staff["name"],
        resourceId=resource,
    )


def _wanted_resource(place: Record, wanted: str, but: str, start: datetime, end: datetime) -> str:
    if wanted not in {resource["id"] for resource in place["resources"]}:
        raise Refused(422, "unknown_resource", f"There is no resource {wanted!r} there.")
    if wanted in {a["resourceId"] for a in availability.taken(place["id"], start, end, but=but)}:
        raise _taken("That room is taken then.")
    return wanted


def _walk(found: Record, status: str, reason: str) -> None:
    if status not in _NEXT:
        raise Refused(400, "bad_status", f"{status!r} is not a status.")
    if status not in _NEXT[found["status"]]:
        raise Refused(422, "bad_transition", f"From {found['status']} it cannot be {status}.")
    late = clock.parse(found["startTime"]) - clock.now() < _LATE
    if status == "cancelled":
        found["cancelledAt"] = clock.seconds(clock.now())
        found["cancelReason"] = reason or "other"
        clients.count(found["clientId"], lateCancelCount=int(late))
    elif found["status"] in ("cancelled", "no_show"):
        _reinstate(found)
    if status == "no_show":
        clients.count(found["clientId"], noShowCount=1)
    if status == "completed":
        clients.visited(found)
    found["status"] = status


def _reinstate(found: Record) -> None:
    was = found["status"]
    place = living("location", found["locationId"])
    _, resource = _placed(
        living("service", found["serviceId"]),
        living("staff", found["staffId"]),
        place,
        clock.parse(found["startTime"]),
        but=found["id"],
    )
    found["resourceId"] = resource
    if was == "no_show":
        clients.count(found["clientId"], noShowCount=-1)
    found.pop("cancelledAt", None)
    found.pop("cancelReason", None)


def delete(ident: str, actor: str) -> Record:
    found = need("appointment", ident)
    found["deletedAt"] = clock.seconds(clock.now())
    store().put("appointment", found)
    history.add("effect", "appointment.deleted", actor, ident, clientId=found["clientId"])
    webhooks.appointment("appointment.updated", found)
    return found
