"""The calls of the dialect that do more than list records."""

from datetime import timedelta

from integrations.sandbox import clock
from integrations.sandbox.errors import Refused
from integrations.sandbox.salon import appointments, availability, clients, messages, others
from integrations.sandbox.salon.lookup import living, need, shown
from integrations.sandbox.store import store
from integrations.sandbox.wire.guard import Call, Reply
from integrations.sandbox.wire.lists import sliced

_LONGEST = timedelta(days=31)


def appointment_read(call: Call, ident: str) -> Reply:
    return 200, shown(need("appointment", ident))


def appointment_patch(call: Call, ident: str) -> Reply:
    found = appointments.patch(ident, call.body, "api", if_match=call.if_match)
    return 200, shown(found)


def appointment_book(call: Call) -> Reply:
    return 201, shown(appointments.book(call.body, "api"))


def free_times(call: Call) -> Reply:
    for name in ("locationId", "serviceId", "from", "to"):
        if not call.params.get(name):
            raise Refused(400, "missing_parameter", f"{name} is needed.")
    start, end = clock.parse(call.params["from"]), clock.parse(call.params["to"])
    if not start < end <= start + _LONGEST:
        raise Refused(400, "bad_span", "from comes before to, and they are at most 31 days apart.")
    place = living("location", call.params["locationId"])
    service = living("service", call.params["serviceId"])
    wanted = call.params.get("staffId")
    staff = [living("staff", wanted)] if wanted else store().select("staff", order="id")
    slots = availability.free_slots(place, service, staff, start, end)
    rows = [
        {
            "startTime": clock.seconds(s.start),
            "endTime": clock.seconds(s.end),
            "staffId": s.staff_id,
            "resourceId": s.resource_id,
        }
        for s in slots
    ]
    return sliced(rows, call)


def client_read(call: Call, ident: str) -> Reply:
    return 200, shown(need("client", ident))


def client_patch(call: Call, ident: str) -> Reply:
    return 200, shown(clients.patch(ident, call.body, "api"))


def client_note(call: Call, ident: str) -> Reply:
    made = clients.add_note(ident, call.body, "api")
    return 201, {"id": made["id"], "createdAt": made["createdAt"]}


def waitlist_add(call: Call) -> Reply:
    return 201, shown(others.waitlist_add(call.body, "api"))


def waitlist_patch(call: Call, ident: str) -> Reply:
    return 200, shown(others.waitlist_patch(ident, call.body, "api"))


def waitlist_delete(call: Call, ident: str) -> Reply:
    return 200, shown(others.waitlist_delete(ident, "api"))


def send(call: Call) -> Reply:
    return 201, shown(messages.send(call.body, "api"))


def purchase_order(call: Call) -> Reply:
    return 201, shown(others.purchase_order(call.body, "api"))
