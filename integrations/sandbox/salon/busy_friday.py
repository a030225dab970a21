"""The scenario *a busy Friday*: a whole day at the desk, played at adjustable speed.

It decides what to do at each step from the salon as it is then, so it works on any day and goes
on sensibly when somebody else changes things in between.
"""

import random
from collections.abc import Callable
from datetime import timedelta

from integrations.sandbox import clock
from integrations.sandbox.errors import Refused
from integrations.sandbox.salon import availability, messages
from integrations.sandbox.salon.acts import perform
from integrations.sandbox.salon.lookup import day_bounds, today
from integrations.sandbox.salon.scenario import Scenario
from integrations.sandbox.store import Record, store

STEPS = 90
STEP_S = 6.0
_ACTOR = "scenario"

# What happens how often, from morning to evening: (share of the day, {what: weight}).
_DAY: tuple[tuple[float, dict[str, int]], ...] = (
    (0.2, {"book": 6, "walk_in": 5, "check_in": 6, "cancel": 2, "text": 4, "confirm": 3}),
    (
        0.6,
        {
            "book": 7,
            "walk_in": 4,
            "check_in": 7,
            "complete": 7,
            "check_out": 7,
            "move": 3,
            "cancel": 2,
            "text": 5,
            "no_show": 1,
            "waitlist": 1,
            "form": 1,
        },
    ),
    (
        1.0,
        {
            "book": 3,
            "walk_in": 1,
            "check_in": 4,
            "complete": 7,
            "check_out": 8,
            "cancel": 2,
            "text": 5,
            "no_show": 1,
            "feedback": 2,
            "form": 2,
        },
    ),
)
_TEXTS = (
    "1",
    "1",
    "yes thank you",
    "Running 10 minutes late, sorry!",
    "ok see you then",
    "Can we make it a bit later?",
    "2",
    "Is parking free?",
    "👍",
    "¿Puedo llevar a mi hija?",
)
_REASONS = ("sick", "schedule", "car trouble", "other")


def open_late(dice: random.Random) -> None:
    """Adds shifts where nobody works any more today: a demo may be given on a Sunday night."""
    start = clock.now().replace(minute=0, second=0, microsecond=0)
    for place in store().select("location", order="id"):
        later = clock.now() + timedelta(hours=3)
        working = store().select(
            "shift",
            "location_id = ? AND starts_at <= ? AND ends_at >= ?",
            (place["id"], clock.seconds(clock.now()), clock.seconds(later)),
            limit=1,
        )
        if working:
            continue
        here = [
            s
            for s in store().select("staff", order="id")
            if s["active"]
            and s["skills"]
            and any(role["locationId"] == place["id"] for role in s["roles"])
        ]
        for person in here:
            store().put(
                "shift",
                {
                    "id": store().next_id("shf"),
                    "staffId": person["id"],
                    "locationId": place["id"],
                    "startTime": clock.seconds(start),
                    "endTime": clock.seconds(start + timedelta(hours=6)),
                },
            )


def _step(dice: random.Random, progress: float) -> str:
    """Does one thing, the first that is possible in an order drawn by weight."""
    weights = next(w for until, w in _DAY if progress < until)
    left = dict(weights)
    while left:
        what = dice.choices(list(left), list(left.values()))[0]
        del left[what]
        try:
            if _DOINGS[what](dice):
                return what.replace("_", " ")
        except Refused:
            continue
    return "a quiet moment"


def todays(*states: str) -> list[Record]:
    found: list[Record] = []
    for place in store().select("location", order="id"):
        first, last = day_bounds(today(place["id"]), place["id"])
        marks = ", ".join("?" for _ in states)
        found += store().select(
            "appointment",
            f"location_id = ? AND starts_at >= ? AND starts_at < ? AND status IN ({marks})",
            (place["id"], first, last, *states),
            order="starts_at, id",
        )
    return found


def _walk(action: str, *states: str) -> Callable[[random.Random], bool]:
    def doing(dice: random.Random) -> bool:
        found = [a for a in todays(*states) if action != "check_out" or not a.get("_saleId")]
        if not found:
            return False
        chosen = found[0] if action != "no_show" else dice.choice(found)
        order: Record = {"id": chosen["id"]}
        if action == "check_out":
            order |= _basket(dice)
        perform(action, order, _ACTOR)
        return True

    return doing


def _basket(dice: random.Random) -> Record:
    shelf = store().select("product", "json_extract(data, '$.stock') > 0", order="id")
    wished = [dice.choice(shelf)] if shelf and dice.random() < 0.35 else []
    return {
        "tip": str(dice.choice((0, 8, 12, 20))),
        "products": [{"productId": p["id"], "quantity": 1} for p in wished],
    }


def _ahead(dice: random.Random) -> Record | None:
    start = clock.now() + timedelta(hours=2)
    found = store().select(
        "appointment",
        "status IN ('booked', 'confirmed') AND starts_at BETWEEN ? AND ?",
        (clock.seconds(start), clock.seconds(start + timedelta(days=6))),
        order="starts_at, id",
    )
    return dice.choice(found) if found else None


def _slots(
    dice: random.Random, place: Record, service: Record, *, soon: bool = False
) -> list[availability.Slot]:
    start = clock.now() if soon else clock.now() + timedelta(hours=1)
    span = timedelta(hours=3) if soon else timedelta(days=dice.choice((1, 2, 4, 8)))
    staff = store().select("staff", order="id")
    return availability.free_slots(place, service, staff, start, start + span)


def _walk_in(dice: random.Random) -> bool:
    return _book(dice, soon=True)


def _book(dice: random.Random, *, soon: bool = False) -> bool:
    place = dice.choice(store().select("location", order="id"))
    services = store().select("service", order="id")
    service = dice.choice([s for s in services if place["id"] in s["locationIds"]])
    people = store().select(
        "client",
        "json_extract(data, '$.deletedAt') IS NULL AND json_extract(data, '$._home') = ?",
        (place["id"],),
        order="id",
    )
    slots = _slots(dice, place, service, soon=soon)
    if not slots or not people:
        return False
    slot = slots[0] if soon else dice.choice(slots)
    source = "front_desk" if soon else dice.choice(("online", "front_desk"))
    perform(
        "book",
        {
            "clientId": dice.choice(people)["id"],
            "serviceId": service["id"],
            "staffId": slot.staff_id,
            "locationId": place["id"],
            "startTime": clock.seconds(slot.start),
            "source": source,
        },
        _ACTOR,
    )
    return True


def _move(dice: random.Random) -> bool:
    chosen = _ahead(dice)
    place = store().find(chosen["locationId"]) if chosen else None
    service = store().find(chosen["serviceId"]) if chosen else None
    if chosen is None or place is None or service is None:
        return False
    slots = _slots(dice, place, service)
    if not slots:
        return False
    slot = dice.choice(slots)
    perform(
        "move",
        {"id": chosen["id"], "startTime": clock.seconds(slot.start), "staffId": slot.staff_id},
        _ACTOR,
    )
    return True


def _cancel(dice: random.Random) -> bool:
    chosen = _ahead(dice)
    if chosen is None:
        return False
    perform("cancel", {"id": chosen["id"], "reason": dice.choice(_REASONS)}, _ACTOR)
    return True


def _text(dice: random.Random) -> bool:
    """Answers one of the last texts that nobody answered yet; else somebody writes unasked."""
    last = store().select(
        "message",
        "json_extract(data, '$.channel') = 'sms'",
        order="json_extract(data, '$.createdAt') DESC, id DESC",
        limit=40,
    )
    answered = {m["inReplyTo"] for m in last}
    open_ones = [m for m in last if m["status"] == "delivered" and m["id"] not in answered]
    if open_ones:
        who = dice.choice(open_ones)["clientId"]
    else:
        chosen = _ahead(dice)
        if chosen is None:
            return False
        who = chosen["clientId"]
    with store().write():
        messages.receive(who, dice.choice(_TEXTS), "scenario")
    return True


def _waitlist(dice: random.Random) -> bool:
    chosen = _ahead(dice)
    if chosen is None:
        return False
    perform(
        "waitlist_add",
        {
            "clientId": chosen["clientId"],
            "serviceId": chosen["serviceId"],
            "locationId": chosen["locationId"],
            "windows": [{"days": "MTWTFSS", "from": "09:00", "to": "19:00"}],
        },
        _ACTOR,
    )
    return True


def _feedback(dice: random.Random) -> bool:
    told = {f["appointmentId"] for f in store().select("feedback")}
    found = [a for a in todays("completed") if a["id"] not in told]
    if not found:
        return False
    perform(
        "feedback",
        {
            "appointmentId": dice.choice(found)["id"],
            "rating": dice.choice((5, 5, 5, 4, 2)),
            "comment": "Thank you!",
        },
        _ACTOR,
    )
    return True


def _form(dice: random.Random) -> bool:
    found = store().select("form", "status = 'pending'", order="id", limit=20)
    if not found:
        return False
    perform("submit_form", {"id": dice.choice(found)["id"]}, _ACTOR)
    return True


_DOINGS: dict[str, Callable[[random.Random], bool]] = {
    "book": _book,
    "walk_in": _walk_in,
    "move": _move,
    "cancel": _cancel,
    "text": _text,
    "waitlist": _waitlist,
    "feedback": _feedback,
    "form": _form,
    "confirm": _walk("confirm", "booked"),
    "check_in": _walk("check_in", "booked", "confirmed"),
    "complete": _walk("complete", "checked_in"),
    "check_out": _walk("check_out", "completed"),
    "no_show": _walk("no_show", "booked", "confirmed"),
}

busy_friday = Scenario("friday", steps=STEPS, seconds=STEP_S, prepare=open_late, step=_step)
