"""Messages, history, knobs and scenarios."""

import json

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from integrations.sandbox import history, knobs
from integrations.sandbox.errors import Refused
from integrations.sandbox.salon.lookup import home_zone, name
from integrations.sandbox.salon.scenarios import FRIDAY, SCENARIOS, scenario_named
from integrations.sandbox.store import Record, store
from integrations.sandbox.wire import webhooks

_KINDS = ("", "effect", "call", "webhook", "knob")
SPEEDS = (0.5, 1, 2, 5, 10, 60)
SHOWN: dict[str, Record] = {
    "friday": {
        "title": "A busy Friday",
        "start": "Start the day",
        "over": "The day is over.",
        "about": "A day at the desk: appointments are made, moved and cancelled, clients arrive, "
        "leave and text. At normal speed something happens every six seconds.",
    },
    "storm": {
        "title": "A cancellation storm",
        "start": "Start the storm",
        "over": "The storm is over.",
        "about": "Thirty cancellations in an hour, two hundred clients waiting, and phones that "
        "answer by themselves: late, twice, with yes and then no, most of them never. The time "
        "that an offer gives stays as it is, whatever the speed.",
    },
    "rush": {
        "title": "A checkout rush",
        "start": "Start the rush",
        "over": "The rush is over.",
        "about": "Saturday at five: clients in chairs are finished and pay one after the other, "
        "some take their shampoo along, the next ones check in. At normal speed something happens "
        "every five seconds; the desk has a sentence for each.",
    },
}


def messages_page(request: HttpRequest) -> HttpResponse:
    rows = store().select(
        "message", order="json_extract(data, '$.createdAt') DESC, id DESC", limit=100
    )
    for row in rows:
        client = store().find(row["clientId"], "client")
        row["who"], row["zone"] = name(client), home_zone(client)
    return render(request, "sandbox/messages.html", {"rows": rows})


def history_page(request: HttpRequest) -> HttpResponse:
    kind = request.GET.get("kind", "")
    rows = history.read(kind=kind, newest=True, limit=200)
    for row in rows:
        row["detail"] = json.dumps(row["data"], ensure_ascii=False)
    return render(
        request,
        "sandbox/history.html",
        {"rows": rows, "kinds": _KINDS, "kind": kind, "counts": webhooks.counts()},
    )


def knobs_page(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        try:
            if "reset" in request.POST:
                knobs.turn({"reset": True}, "page")
            else:
                knobs.turn({k.name: request.POST.get(k.name, False) for k in knobs.ALL}, "page")
            notices.success(request, "Set.")
        except Refused as no:
            notices.error(request, no.message)
        return redirect("knobs")
    rows = [
        {
            "knob": k,
            "value": f"{knobs.get(k.name):g}",
            "on": knobs.get(k.name),
            "flag": isinstance(k.default, bool),
            "whole": isinstance(k.default, int),
            "changed": knobs.get(k.name) != k.default,
        }
        for k in knobs.ALL
    ]
    return render(
        request,
        "sandbox/knobs.html",
        {"rows": rows, "subscriptions": webhooks.subscriptions(), "counts": webhooks.counts()},
    )


def scenarios_page(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        try:
            _order(request)
        except (Refused, ValueError) as no:
            notices.error(request, getattr(no, "message", "Choose a speed."))
        return redirect("scenarios")
    return render(
        request,
        "sandbox/scenarios.html",
        {"scenarios": [_shown(name) for name in SCENARIOS], "speeds": SPEEDS},
    )


def _shown(name: str) -> Record:
    return SHOWN[name] | {"state": SCENARIOS[name].state(), "name": name}


def _order(request: HttpRequest) -> None:
    speed = float(request.POST.get("speed", 1))
    chosen = scenario_named(request.POST.get("name", FRIDAY))
    if "stop" in request.POST:
        chosen.stop()
    elif chosen.state()["running"]:
        chosen.set_speed(speed)
    else:
        chosen.begin(speed)
