"""Every address of the sandbox."""

from django.urls import include, path

from integrations.sandbox import control
from integrations.sandbox.pages import calendar, files, phones, tools
from integrations.sandbox.wire import exports, views
from integrations.sandbox.wire.guard import endpoint
from integrations.sandbox.wire.lists import listing

API = [
    path(
        "appointments",
        endpoint(
            get=listing("appointment", "from", "to", "clientId", "locationId"),
            post=views.appointment_book,
        ),
    ),
    path(
        "appointments/<str:ident>",
        endpoint(get=views.appointment_read, patch=views.appointment_patch),
    ),
    path("availability", endpoint(get=views.free_times)),
    path("clients", endpoint(get=listing("client", "query"))),
    path("clients/<str:ident>", endpoint(get=views.client_read, patch=views.client_patch)),
    path("clients/<str:ident>/notes", endpoint(post=views.client_note)),
    path("waitlist", endpoint(get=listing("waitlist", "locationId"), post=views.waitlist_add)),
    path(
        "waitlist/<str:ident>", endpoint(patch=views.waitlist_patch, delete=views.waitlist_delete)
    ),
    path(
        "communications",
        endpoint(get=listing("message", "reference", "clientId", "since"), post=views.send),
    ),
    path("services", endpoint(get=listing("service"))),
    path("products", endpoint(get=listing("product"))),
    path("staff", endpoint(get=listing("staff"))),
    path("locations", endpoint(get=listing("location"))),
    path("sales", endpoint(get=listing("sale", "clientId", "locationId"))),
    path("shifts", endpoint(get=listing("shift", "from", "to", "locationId"))),
    path("forms", endpoint(get=listing("form", "clientId"))),
    path("feedback", endpoint(get=listing("feedback", "clientId"))),
    path("purchase-orders", endpoint(post=views.purchase_order)),
]

CONTROL = [
    path("act", control.door(post=control.act)),
    path("history", control.door(get=control.read_history)),
    path("messages", control.door(get=control.read_messages)),
    path("records/<str:kind>", control.door(get=control.records)),
    path("record/<str:ident>", control.door(get=control.record)),
    path("webhooks", control.door(get=control.read_webhooks, post=control.post_webhooks)),
    path("knobs", control.door(get=control.read_knobs, post=control.turn_knobs)),
    path("clock", control.door(get=control.read_clock, post=control.move_clock)),
    path("reset", control.door(post=control.reset)),
    path("scenario", control.door(get=control.read_scenario, post=control.scenario)),
    path("phones", control.door(get=control.read_phones, post=control.tell_phones)),
]

PAGES = [
    path("", calendar.day, name="calendar"),
    path("do", calendar.do, name="do"),
    path("phones", phones.index, name="phones"),
    path("phones/<str:ident>", phones.one, name="phone"),
    path("messages", tools.messages_page, name="messages"),
    path("history", tools.history_page, name="history"),
    path("knobs", tools.knobs_page, name="knobs"),
    path("scenarios", tools.scenarios_page, name="scenarios"),
    path("exports/clients.csv", exports.clients_csv, name="export-clients"),
    path("exports/appointments.csv", exports.appointments_csv, name="export-appointments"),
    path("exports/waitlist.csv", exports.waitlist_csv, name="export-waitlist"),
    path("healthz", control.door(get=control.health)),
    path("static/<str:name>", files.static, name="static"),
]

urlpatterns = [
    *PAGES,
    path("v1/", include(API)),
    path("sandbox/", include(CONTROL)),
]
handler404 = "integrations.sandbox.pages.files.missing"
