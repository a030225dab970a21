"""The JSON way to do what the pages do, for tests and scripts. Local only, no token.

Only application/json is taken, so a web page elsewhere cannot post here without a preflight,
which is never answered.
"""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from integrations.sandbox import clock, history, knobs, start
from integrations.sandbox.errors import Refused
from integrations.sandbox.salon import replies
from integrations.sandbox.salon.acts import perform
from integrations.sandbox.salon.lookup import shown
from integrations.sandbox.salon.scenarios import FRIDAY, SCENARIOS, scenario_named
from integrations.sandbox.store import Record, store
from integrations.sandbox.wire import webhooks
from integrations.sandbox.wire.guard import answer, parsed, refusal

Do = Callable[[Record], Any]


def door(*, get: Do | None = None, post: Do | None = None) -> Callable[..., HttpResponse]:
    """A view from one function per method; what they return is the JSON answer."""

    @csrf_exempt
    def view(request: HttpRequest, **path: str) -> HttpResponse:
        try:
            if request.method == "GET" and get:
                return answer(200, get(request.GET.dict() | path))
            if request.method != "POST" or not post:
                raise Refused(405, "method_not_allowed", "Not offered here.")
            if request.content_type != "application/json":
                raise Refused(415, "not_json", "Send Content-Type: application/json.")
            return answer(200, post(parsed(request)))
        except Refused as no:
            return refusal(no)
        except (KeyError, TypeError, ValueError) as wrong:
            return refusal(Refused(400, "bad_order", f"{type(wrong).__name__}: {wrong}"))

    return view


def act(order: Record) -> Record:
    return shown(perform(str(order.pop("action", "")), order, "control"))


def read_history(params: Record) -> Record:
    rows = history.read(
        kind=params.get("kind", ""),
        subject=params.get("subject", ""),
        after=int(params.get("after", 0)),
        limit=int(params.get("limit", 1000)),
    )
    return {"data": rows}


def read_messages(params: Record) -> Record:
    where, args = ["1 = 1"], []
    for name, column in (("clientId", "client_id"), ("reference", "reference")):
        if params.get(name):
            where.append(f"{column} = ?")
            args.append(params[name])
    for name in ("channel", "direction", "to"):
        if params.get(name):
            where.append(f"json_extract(data, '$.{name}') = ?")
            args.append(params[name])
    rows = store().select(
        "message", " AND ".join(where), tuple(args), order="json_extract(data, '$.createdAt'), id"
    )
    return {"data": [shown(row) for row in rows]}


def record(params: Record) -> Record:
    """Any record by id, past knobs and tokens: what is really true at the platform."""
    found = store().find(params["ident"])
    if found is None:
        raise Refused(404, "not_found", "There is no such record.")
    return shown(found)


def records(params: Record) -> Record:
    return {"data": [shown(row) for row in store().select(params["kind"], order="id")]}


def read_webhooks(params: Record) -> Record:
    return {
        "subscriptions": [webhooks.shown(s) for s in webhooks.subscriptions()],
        "deliveries": webhooks.deliveries(int(params.get("limit", 200))),
        "counts": webhooks.counts(),
    }


def post_webhooks(order: Record) -> Record:
    if "remove" in order:
        webhooks.unsubscribe(order["remove"], "control")
        return {}
    return webhooks.subscribe(order, "control")


def read_knobs(params: Record) -> Record:
    return knobs.everything()


def turn_knobs(order: Record) -> Record:
    return knobs.turn(order, "control")


def read_clock(params: Record) -> Record:
    return clock.shown()


def move_clock(order: Record) -> Record:
    with store().write():
        state = clock.move(order)
        store().keep("clock", clock.stored())
        history.add("knob", "clock.moved", "control", now=state["now"], mode=state["mode"])
    return state


def reset(order: Record) -> Record:
    for playing in SCENARIOS.values():
        playing.stop()
    return start.reset(
        seed=order.get("seed"),
        small=order.get("small"),
        keep_webhooks=bool(order.get("keep_webhooks", True)),
    )


def read_scenario(params: Record) -> Record:
    return scenario_named(params.get("name", FRIDAY)).state()


def scenario(order: Record) -> Record:
    chosen = scenario_named(order.get("name", FRIDAY))
    if order.get("stop"):
        chosen.stop()
    elif "speed" in order and chosen.state()["running"] and not order.get("start"):
        chosen.set_speed(float(order["speed"]))
    else:
        chosen.begin(float(order.get("speed", 1)), steps=int(order.get("steps", 0)))
    return chosen.state()


def read_phones(params: Record) -> Record:
    return replies.scripts()


def tell_phones(order: Record) -> Record:
    return replies.set_script(order, "control")


def health(params: Record) -> Record:
    return {"ok": True, "now": clock.shown()["now"]}
