"""The calendar of one location and day, and everything one can do with an appointment there."""

from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from integrations.sandbox import clock
from integrations.sandbox.errors import Refused
from integrations.sandbox.pages.tags import clock_text
from integrations.sandbox.salon import availability, clients
from integrations.sandbox.salon.acts import perform
from integrations.sandbox.salon.lookup import day_bounds, local, name, need, today, zone
from integrations.sandbox.store import Record, store

_USUAL_HOURS = (8, 21)
_ROW_MINUTES = 15

BUTTONS = {
    "booked": ("check_in", "confirm", "no_show"),
    "confirmed": ("check_in", "no_show"),
    "checked_in": ("complete",),
    "completed": (),
    "cancelled": ("reinstate",),
    "no_show": ("reinstate",),
}
LABELS = {
    "check_in": "Check in",
    "confirm": "Confirm",
    "no_show": "Did not come",
    "complete": "Service is finished",
    "reinstate": "Put back on the calendar",
}
SAID = {
    "book": "Booked.",
    "move": "Moved.",
    "cancel": "Cancelled.",
    "check_in": "Checked in.",
    "complete": "Marked as finished.",
    "check_out": "Paid and checked out.",
    "no_show": "Marked as a no-show.",
    "confirm": "Confirmed.",
    "reinstate": "Back on the calendar.",
    "feedback": "Feedback left.",
    "submit_form": "Form filled in.",
    "note": "Note saved.",
    "edit_client": "Client saved.",
}
REASONS = ("sick", "schedule", "weather", "found another time", "other")


def _place(request: HttpRequest) -> Record:
    asked = store().find(request.GET.get("loc", ""), "location")
    return asked or store().select("location", order="id")[0]


def _day(request: HttpRequest, place: Record) -> date:
    try:
        return date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        return today(place["id"])


def day(request: HttpRequest) -> HttpResponse:
    place = _place(request)
    chosen = _day(request, place)
    context = {
        "place": place,
        "day": chosen,
        "today": today(place["id"]),
        "before": chosen - timedelta(days=1),
        "after": chosen + timedelta(days=1),
        **_columns(place, chosen, request.GET.get("apt", "")),
    }
    if request.GET.get("apt"):
        context |= _panel(request.GET["apt"])
    elif request.GET.get("book"):
        context |= _booking(request, place, chosen)
    return render(request, "sandbox/calendar.html", context)


def _hours(first: int, last: int) -> list[Record]:
    rows = 60 // _ROW_MINUTES
    return [
        {
            "row": 2 + (hour - first) * rows,
            "span": rows,
            "text": clock_text(datetime(2000, 1, 1, hour, tzinfo=UTC)).replace(":00", ""),
        }
        for hour in range(first, last)
    ]


def _span(found: list[Record], location_id: str) -> tuple[int, int]:
    """The hours shown: the usual ones, and more when somebody comes at night."""
    first, last = _USUAL_HOURS
    starts = [local(a["startTime"], location_id).hour for a in found]
    latest = [_minutes(a, location_id)[1] for a in found]
    return min([first, *starts]), max([last, *(-(-minutes // 60) for minutes in latest)])


def _minutes(appointment: Record, location_id: str) -> tuple[int, int]:
    """Start and end in minutes of the local day; the end stops at midnight."""
    start = local(appointment["startTime"], location_id)
    end = local(appointment["endTime"], location_id)
    first = start.hour * 60 + start.minute
    last = end.hour * 60 + end.minute if end.date() == start.date() else 24 * 60
    return first, last


def _columns(place: Record, chosen: date, selected: str) -> Record:
    first, last = day_bounds(chosen, place["id"])
    span = ("location_id = ? AND starts_at >= ? AND starts_at < ?", (place["id"], first, last))
    found = [
        a
        for a in store().select("appointment", *span, order="starts_at, id")
        if not a.get("deletedAt")
    ]
    working = {s["staffId"] for s in store().select("shift", *span)}
    people = [
        s
        for s in store().select("staff", order="id")
        if s["id"] in working or any(a["staffId"] == s["id"] for a in found)
    ]
    named = {
        c["id"]: c
        for c in store().select(
            "client",
            f"id IN ({', '.join('?' for _ in found) or 'NULL'})",
            tuple(a["clientId"] for a in found),
        )
    }
    opens, closes = _span(found, place["id"])
    cards = {s["id"]: number + 2 for number, s in enumerate(people)}
    for a in found:
        start, end = _minutes(a, place["id"])
        a["row"] = 2 + (start - opens * 60) // _ROW_MINUTES
        a["span"] = max(1, (end - start) // _ROW_MINUTES)
        a["column"] = cards[a["staffId"]]
        a["client"] = name(named.get(a["clientId"]))
        a["selected"] = a["id"] == selected
        a["paid"] = bool(a.get("_saleId"))
    gone = [a for a in found if a["status"] == "cancelled"]
    return {
        "staff": [{"name": s["name"], "column": cards[s["id"]]} for s in people],
        "appointments": [a for a in found if a["status"] != "cancelled"],
        "gone": gone,
        "hours": _hours(opens, closes),
        "closed": not working,
    }


def _panel(ident: str) -> Record:
    found = store().find(ident, "appointment")
    if found is None:
        return {}
    place = need("location", found["locationId"])
    client = store().find(found["clientId"], "client")
    paid = found.get("_saleId")
    forms = store().select("form", "client_id = ?", (found["clientId"],))
    return {
        "apt": found,
        "client": client,
        "sale": store().find(paid) if paid else None,
        "buttons": [(action, LABELS[action]) for action in BUTTONS[found["status"]]],
        "can_cancel": found["status"] in ("booked", "confirmed", "checked_in"),
        "can_pay": found["status"] in ("checked_in", "completed") and not paid,
        "open_forms": [
            f for f in forms if f["appointmentId"] == ident and f["status"] == "pending"
        ],
        "reasons": REASONS,
        "products": store().select("product", order="json_extract(data, '$.name')"),
        "able": [
            s
            for s in store().select("staff", order="id")
            if availability.can_do(s, need("service", found["serviceId"]), place["id"])
        ],
        "start_local": local(found["startTime"], place["id"]),
    }


def _booking(request: HttpRequest, place: Record, chosen: date) -> Record:
    """The steps of booking by link and form: who, what, when. Each is kept in the address."""
    services = [s for s in store().select("service", order="id") if place["id"] in s["locationIds"]]
    query = request.GET.get("q", "")
    client = store().find(request.GET.get("client", ""), "client")
    service = store().find(request.GET.get("service", ""), "service")
    context: Record = {
        "booking": True,
        "services": services,
        "q": query,
        "chosen": client,
        "service": service,
        "found": clients.search(query) if query else [],
    }
    if client and service:
        first, last = day_bounds(chosen, place["id"])
        staff = store().select("staff", order="id")
        named = {s["id"]: s["name"] for s in staff}
        context["slots"] = [
            {
                "value": f"{clock.seconds(s.start)} {s.staff_id}",
                "staff": named[s.staff_id],
                "time": clock_text(local(clock.seconds(s.start), place["id"])),
            }
            for s in availability.free_slots(
                place, service, staff, clock.parse(first), clock.parse(last)
            )
        ]
    return context


@require_POST
def do(request: HttpRequest) -> HttpResponse:
    """Carries out one act from a form and returns to where the form was."""
    order: Record = {
        k: str(v)
        for k, v in request.POST.items()
        if k not in ("csrfmiddlewaretoken", "back", "action")
    }
    action = request.POST.get("action", "")
    back = request.POST.get("back", "/")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = "/"
    try:
        made = perform(action, _fitted(action, order), "page")
        notices.success(request, SAID.get(action, "Done."))
        if action == "book":
            here = made["locationId"]
            when = local(made["startTime"], here).date().isoformat()
            back = "/?" + urlencode({"loc": here, "day": when, "apt": made["id"]})
    except Refused as no:
        notices.error(request, no.message)
    return redirect(back)


def _fitted(action: str, order: Record) -> Record:
    """Form fields as the act wants them."""
    if action == "check_out" and order.get("product"):
        order["products"] = [{"productId": order.pop("product"), "quantity": 1}]
    if action == "move":
        where = need("appointment", order.get("id"))["locationId"]
        order["startTime"] = _local_time(order.pop("when", ""), where)
    if action == "book":
        start, _, staff = order.pop("slot", "").partition(" ")
        order |= {"startTime": start, "staffId": staff}
    return order


def _local_time(text: str, location_id: str) -> str:
    """A datetime-local field of the browser, as the location's own time."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(400, "bad_time", "Choose a day and a time.") from None
    return clock.seconds(moment.replace(tzinfo=zone(location_id)))
