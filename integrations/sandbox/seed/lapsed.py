"""Clients who used to come and stopped: a few regulars of last spring with nothing booked.

Drawn with dice of its own and added last, so that the rest of the salon is the same with it and
without it.
"""

import random
from datetime import datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from integrations.sandbox import clock
from integrations.sandbox.salon.checkout import service_line, total_of
from integrations.sandbox.salon.clients import OWN_HISTORY, dollars
from integrations.sandbox.store import Record

# One in so many clients at most; at their own rhythm in days, then silence for some of them.
_ONE_IN = 16
_RHYTHMS, _VISITS, _SILENT = (28, 49), (4, 7), (2.0, 3.6)
_ADULT = timedelta(days=365 * 20)


def add(seed: int, made: dict[str, list[Record]], now: datetime) -> None:
    """Appointments and sales of those who stopped, appended to the records."""
    dice = random.Random(seed * 31 + 7)
    here = {one["clientId"] for kind in ("appointment", "sale") for one in made[kind]}
    born = (now - _ADULT).date().isoformat()
    gone = [
        one for one in made["client"]
        if one["id"] not in here and one["phone"] and (one["birthday"] or "") < born
    ][: len(made["client"]) // _ONE_IN]  # fmt: skip
    taken: set[str] = set()
    for client in gone:
        _visits(dice, client, made, taken, now)


def _visits(
    dice: random.Random,
    client: Record,
    made: dict[str, list[Record]],
    taken: set[str],
    now: datetime,
) -> None:
    place = next(one for one in made["location"] if one["id"] == client["_home"])
    staff = [
        one for one in made["staff"]
        if one["skills"] and place["id"] in {role["locationId"] for role in one["roles"]}
    ]  # fmt: skip
    person = dice.choice(staff)
    service = dice.choice([one for one in made["service"] if one["skill"] in person["skills"]])
    rhythm = dice.uniform(*_RHYTHMS)
    ago = rhythm * dice.uniform(*_SILENT)
    client["services"], client["lastVisitDate"] = [], None
    for _ in range(dice.randint(*_VISITS)):
        at = _free_day(place, now - timedelta(days=ago), taken)
        _visit(client, person, service, place, at, made)
        ago += rhythm * dice.uniform(0.85, 1.2)
    made["appointment"].sort(key=lambda one: (one["startTime"], one["id"]))


def _free_day(place: Record, at: datetime, taken: set[str]) -> datetime:
    """Eleven in the morning of the next day back that is open and has no such visit yet."""
    zone = ZoneInfo(place["timezone"])
    day = at.astimezone(zone).date()
    opened = {one["day"] for one in place["openingHours"]}
    while f"{day:%A}".lower() not in opened or day.isoformat() in taken:
        day -= timedelta(days=1)
    taken.add(day.isoformat())
    return datetime.combine(day, time(11), zone)


def _visit(
    client: Record,
    person: Record,
    service: Record,
    place: Record,
    at: datetime,
    made: dict[str, list[Record]],
) -> None:
    end = at + timedelta(minutes=service["durationMinutes"])
    rooms = [one["id"] for one in place["resources"] if one["kind"] == service["resourceKind"]]
    number = len(made["appointment"])
    record: Record = {
        "id": f"apt_{1001 + number}",
        "clientId": client["id"],
        "serviceId": service["id"],
        "serviceName": service["name"],
        "staffId": person["id"],
        "staffName": person["name"],
        "locationId": place["id"],
        "resourceId": rooms[0] if rooms else None,
        "startTime": clock.seconds(at),
        "endTime": clock.seconds(end),
        "status": "completed",
        "price": service["price"],
        "source": "phone",
        "bookedAt": clock.seconds(at - timedelta(days=9)),
        "visitId": f"vis_{6000 + number}",
        "notes": "",
        "updatedAt": clock.micro(end),
    }
    made["appointment"].append(record)
    made["sale"].append(_sale(record, end, len(made["sale"])))
    record["_saleId"] = made["sale"][-1]["id"]
    day = at.date().isoformat()
    client["metrics"]["visitCount"] += 1
    client["lastVisitDate"] = max(client["lastVisitDate"] or "", day)
    kept = [*client["services"], {"name": service["name"], "date": day}]
    client["services"] = kept[:OWN_HISTORY]


def _sale(record: Record, end: datetime, number: int) -> Record:
    lines = [service_line(record)]
    return {
        "id": f"sal_{1001 + number}",
        "clientId": record["clientId"],
        "locationId": record["locationId"],
        "visitId": record["visitId"],
        "appointmentIds": [record["id"]],
        "lines": lines,
        "total": dollars(Decimal(total_of(lines))),
        "completedAt": clock.seconds(end + timedelta(minutes=5)),
        "updatedAt": clock.micro(end + timedelta(minutes=6)),
    }
