"""Puts the salon together and writes it down."""

import random
from datetime import timedelta

from integrations.sandbox import clock
from integrations.sandbox.seed import catalogue, extras, house, lapsed, people, retail
from integrations.sandbox.seed.diary import Diary
from integrations.sandbox.store import Record, store

_COUNTED = {
    "appointment": "apt",
    "client": "cli",
    "form": "frm",
    "message": "msg",
    "sale": "sal",
    "feedback": "fbk",
    "shift": "shf",
    "waitlist": "wl",
}


def plant(seed: int, *, small: bool) -> Record:
    """Fills an empty store inside the caller's transaction; answers how many of each kind."""
    made = salon(seed, small=small)
    counts: Record = {}
    for kind, records in made.items():
        store().put_many(kind, records)
        counts[kind] = len(records)
    for kind, prefix in _COUNTED.items():
        store().db.execute("INSERT INTO counters VALUES (?, ?)", (prefix, 1000 + counts[kind]))
    store().db.execute("INSERT INTO counters VALUES ('vis', 9000)")
    return counts


def salon(seed: int, *, small: bool) -> dict[str, list[Record]]:
    """All records by kind, the same for the same seed and moment."""
    dice, now = random.Random(seed), clock.now()
    stamp = clock.micro(now - timedelta(days=60))
    staff = house.staff(stamp)
    services = catalogue.services(staff, stamp)
    made: dict[str, list[Record]] = {
        "location": house.locations(stamp),
        "staff": staff,
        "service": services,
        "product": catalogue.products(dice, stamp),
        "client": people.clients(dice, 30 if small else 400, staff, services, now),
    }
    diary = Diary(dice, now, made)
    diary.fill()
    by_id = {service["id"]: service for service in services}
    clients = {client["id"]: client for client in made["client"]}
    made |= {
        "shift": diary.shifts,
        "appointment": diary.appointments,
        "sale": diary.sales,
        "waitlist": extras.waitlist(dice, 8 if small else 25, made["client"], services, staff, now),
        "form": extras.forms(dice, diary.appointments, by_id),
        "feedback": extras.feedback(dice, diary.appointments, now),
        "message": extras.messages(dice, clients, diary.sales, now),
    }
    retail.costs(seed, made["product"])
    first = 1001 + len(diary.sales)
    made["sale"] = [*diary.sales, *retail.past_sales(seed, made, first, now)]
    lapsed.add(seed, made, now)
    for client in made["client"]:
        client.pop("_busy", None)
    return made
