"""Two weeks of appointments behind and ahead, and the sales that came of them."""

import random
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from integrations.sandbox import clock
from integrations.sandbox.salon.checkout import (
    extra_line,
    product_line,
    service_line,
    total_of,
)
from integrations.sandbox.salon.clients import OWN_HISTORY, dollars
from integrations.sandbox.store import Record

DAYS = 14
_SOURCES = ("online", "online", "online", "phone", "front_desk")
_REASONS = ("sick", "schedule", "schedule", "weather", "other")


class Diary:
    """Fills shifts from morning to evening, one staff member after the other.

    clients, services, products, staff, locations: the records made before; their counters and
    stock are moved on as the past is played.
    """

    def __init__(
        self, dice: random.Random, now: datetime, records: dict[str, list[Record]]
    ) -> None:
        self.dice, self.now = dice, now
        self.services, self.products = records["service"], records["product"]
        self.staff, self.locations = records["staff"], records["location"]
        self.by_home = {
            place["id"]: [c for c in records["client"] if c["_home"] == place["id"]]
            for place in self.locations
        }
        self.clients = {c["id"]: c for c in records["client"]}
        self.shifts: list[Record] = []
        self.appointments: list[Record] = []
        self.sales: list[Record] = []
        self._rooms: dict[str, list[tuple[str, str]]] = {}
        self._visits = 0

    def fill(self) -> None:
        for place in self.locations:
            here = ZoneInfo(place["timezone"])
            today = self.now.astimezone(here).date()
            for ahead in range(-DAYS, DAYS + 1):
                self._day(place, today + timedelta(days=ahead), ahead, here)
        self.appointments.sort(key=lambda a: (a["startTime"], a["id"]))

    def _day(self, place: Record, day: date, ahead: int, here: ZoneInfo) -> None:
        hours = {h["day"]: h for h in place["openingHours"]}.get(f"{day:%A}".lower())
        if hours is None:
            return
        opens, closes = time.fromisoformat(hours["opens"]), time.fromisoformat(hours["closes"])
        for person in self.staff:
            roles = {r["locationId"] for r in person["roles"]}
            if not person["skills"] or place["id"] not in roles or day.weekday() in person["_off"]:
                continue
            start = datetime.combine(day, opens, here)
            end = datetime.combine(day, closes, here)
            self.shifts.append(
                {
                    "id": f"shf_{1001 + len(self.shifts)}",
                    "staffId": person["id"],
                    "locationId": place["id"],
                    "startTime": clock.seconds(start),
                    "endTime": clock.seconds(end),
                    "updatedAt": clock.micro(self.now - timedelta(days=20)),
                }
            )
            self._column(place, person, start, end, ahead)

    def _column(
        self, place: Record, person: Record, start: datetime, end: datetime, ahead: int
    ) -> None:
        full = 0.8 if ahead <= 0 else max(0.22, 0.8 - ahead * 0.045)
        full *= min(1.0, len(self.clients) / 120)
        able = [s for s in self.services if s["skill"] in person["skills"]]
        at = start
        while at < end:
            service = self.dice.choice(able)
            until = at + timedelta(minutes=service["durationMinutes"])
            if until > end or self.dice.random() > full:
                at += timedelta(minutes=self.dice.choice((15, 30, 45)))
                continue
            client = self._somebody(place["id"])
            made = self._appointment(place, person, client, service, at)
            if made and self.dice.random() < 0.08:
                until = self._second(made, able, end) or until
            at = until + timedelta(minutes=self.dice.choice((0, 0, 15, 15, 30)))

    def _second(self, first: Record, able: list[Record], end: datetime) -> datetime | None:
        """Another service of the same visit, right after the first."""
        service = self.dice.choice(able)
        place = next(p for p in self.locations if p["id"] == first["locationId"])
        person = next(s for s in self.staff if s["id"] == first["staffId"])
        start = clock.parse(first["endTime"]).astimezone(end.tzinfo)
        until = start + timedelta(minutes=service["durationMinutes"])
        if until > end or first["status"] == "cancelled":
            return None
        client = self.clients[first["clientId"]]
        made = self._appointment(place, person, client, service, start, first)
        return until if made else None

    def _somebody(self, where: str) -> Record:
        people = self.by_home[where]
        # The power makes regulars: the first of the list come more often.
        return people[int(self.dice.random() ** 1.2 * len(people))]

    def _resource(self, place: Record, kind: str | None, start: str, end: str) -> str | None:
        for resource in place["resources"]:
            used = self._rooms.setdefault(resource["id"], [])
            if resource["kind"] == kind and not any(s < end and e > start for s, e in used):
                used.append((start, end))
                return resource["id"]
        return None

    def _appointment(
        self,
        place: Record,
        person: Record,
        client: Record,
        service: Record,
        at: datetime,
        joined: Record | None = None,
    ) -> Record | None:
        until = at + timedelta(minutes=service["durationMinutes"])
        start, end = clock.seconds(at), clock.seconds(until)
        resource = self._resource(place, service["resourceKind"], start, end)
        if resource is None or self._elsewhere(client, start, end):
            return None
        booked = self._booked_at(at)
        if joined is None:
            self._visits += 1
        record: Record = {
            "id": f"apt_{1001 + len(self.appointments)}",
            "clientId": client["id"],
            "serviceId": service["id"],
            "serviceName": service["name"],
            "staffId": person["id"],
            "staffName": person["name"],
            "locationId": place["id"],
            "resourceId": resource,
            "startTime": start,
            "endTime": end,
            "status": "booked",
            "price": service["price"],
            "source": self.dice.choice(_SOURCES),
            "bookedAt": clock.seconds(booked),
            "visitId": joined["visitId"] if joined else f"vis_{1000 + self._visits}",
            "notes": "",
            "updatedAt": clock.micro(booked),
        }
        self._outcome(record, client, at, joined)
        self.appointments.append(record)
        client.setdefault("_busy", []).append((start, end))
        return record

    def _elsewhere(self, client: Record, start: str, end: str) -> bool:
        return any(s < end and e > start for s, e in client.get("_busy", []))

    def _booked_at(self, at: datetime) -> datetime:
        lead = timedelta(hours=min(24 * 40, 3 + self.dice.expovariate(1 / 200)))
        latest = self.now - timedelta(minutes=self.dice.randint(90, 4000))
        moment = min(at - lead, latest)
        return moment.replace(microsecond=self.dice.randint(1, 999_999))

    def _outcome(self, record: Record, client: Record, at: datetime, joined: Record | None) -> None:
        end = clock.parse(record["endTime"])
        if joined is not None and joined["status"] != "cancelled" and end <= self.now:
            status = joined["status"]
        elif self.dice.random() < 0.04 + client["_miss"] / 2:
            status = "cancelled"
        elif end <= self.now:
            status = "no_show" if self.dice.random() < client["_miss"] else "completed"
        elif at <= self.now:
            status = "checked_in"
        else:
            status = "confirmed" if self.dice.random() < 0.3 else "booked"
        record["status"] = status
        if status == "cancelled":
            self._cancelled(record, client, at)
        elif status == "no_show":
            client["metrics"]["noShowCount"] += 1
            record["updatedAt"] = clock.micro(min(at + timedelta(minutes=20), self.now))
        elif status == "completed":
            self._completed(record, client, end)

    def _cancelled(self, record: Record, client: Record, at: datetime) -> None:
        before = timedelta(hours=self.dice.choice((2, 5, 20, 30, 50, 90)))
        booked = clock.parse(record["bookedAt"])
        moment = min(max(at - before, booked + timedelta(minutes=5)), self.now)
        if at - moment < timedelta(hours=24):
            client["metrics"]["lateCancelCount"] += 1
        record.update(
            cancelledAt=clock.seconds(moment),
            updatedAt=clock.micro(moment),
            cancelReason=self.dice.choice(_REASONS),
        )
        # The room is free again for the rest of the day's filling.
        self._rooms[record["resourceId"]].remove((record["startTime"], record["endTime"]))

    def _completed(self, record: Record, client: Record, end: datetime) -> None:
        record["updatedAt"] = clock.micro(end)
        here = next(p for p in self.locations if p["id"] == record["locationId"])
        day = end.astimezone(ZoneInfo(here["timezone"])).date().isoformat()
        client["metrics"]["visitCount"] += 1
        client["lastVisitDate"] = max(client["lastVisitDate"] or "", day)
        client["services"] = [{"name": record["serviceName"], "date": day}, *client["services"]][
            :OWN_HISTORY
        ]
        client["updatedAt"] = max(client["updatedAt"], clock.micro(end))
        self._sold(record, client, end)

    def _sold(self, record: Record, client: Record, end: datetime) -> None:
        lines = [service_line(record)]
        if self.dice.random() < 0.28:
            lines.append(product_line(self.dice.choice(self.products), 1, record["staffId"]))
        if self.dice.random() < 0.05:
            lines.append(extra_line("discount", Decimal(10), record["staffId"]))
        if self.dice.random() < 0.8:
            share = Decimal(self.dice.choice((15, 18, 20, 20, 25))) / 100
            tip = (Decimal(record["price"]["amount"]) * share).quantize(Decimal("0.01"))
            lines.append(extra_line("tip", tip, record["staffId"]))
        paid = min(end + timedelta(minutes=self.dice.randint(2, 12)), self.now)
        sale: dict[str, Any] = {
            "id": f"sal_{1001 + len(self.sales)}",
            "clientId": client["id"],
            "locationId": record["locationId"],
            "visitId": record["visitId"],
            "appointmentIds": [record["id"]],
            "lines": lines,
            "total": dollars(total_of(lines)),
            "completedAt": clock.seconds(paid),
            "updatedAt": clock.micro(paid),
        }
        record["_saleId"] = sale["id"]
        self.sales.append(sale)
        spent = Decimal(client["metrics"]["totalSpend"]["amount"]) + total_of(lines)
        client["metrics"]["totalSpend"] = dollars(spent)
