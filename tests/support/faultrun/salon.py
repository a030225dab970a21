"""What happens at the salon during a run: bookings, moves and cancellations that are possible."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import httpx

from integrations.sandbox.remote import Remote

DAYS = 9
SHARES = (("book", 0.6), ("move", 0.22), ("cancel", 0.18))


@dataclass
class Diary:
    """Makes one thing happen at a time; ``touched`` are the appointments it happened to."""

    salon: Remote
    dice: Random
    clients: list[str]
    free: list[dict[str, str]]
    touched: set[str] = field(default_factory=set)
    booked: dict[str, dict[str, str]] = field(default_factory=dict)

    def happen(self) -> None:
        """One event. What the salon refuses (a slot taken by another) did not happen."""
        kinds, shares = zip(*SHARES, strict=True)
        while True:
            kind = self.dice.choices(kinds, shares)[0] if self.booked else "book"
            try:
                getattr(self, kind)()
            except httpx.HTTPStatusError as refused:
                if refused.response.status_code >= 500:
                    raise
                continue
            return

    def book(self) -> None:
        slot = self.free.pop()
        made = self.salon.act("book", clientId=self.dice.choice(self.clients), **slot)
        self.touched.add(made["id"])
        self.booked[made["id"]] = slot

    def move(self) -> None:
        """To a time nobody had before, so that no two texts are rightly the same."""
        ident = self.dice.choice(sorted(self.booked))
        was = self.booked[ident]
        same = ("serviceId", "locationId")
        fits = [slot for slot in self.free if all(slot[key] == was[key] for key in same)]
        if not fits:
            self.cancel()
            return
        slot = self.dice.choice(fits)
        self.free.remove(slot)
        self.salon.act("move", id=ident, startTime=slot["startTime"], staffId=slot["staffId"])
        self.booked[ident] = slot

    def cancel(self) -> None:
        ident = self.dice.choice(sorted(self.booked))
        del self.booked[ident]
        self.salon.act("cancel", id=ident)


def diary(salon: Remote, token: str, dice: Random, services: int) -> Diary:
    """Clients who may be written to, and free times of some services at every location."""
    clients = [
        one["id"]
        for one in salon.get("records/client")["data"]
        if one.get("phone") and (one["consent"].get("sms") or {}).get("transactional")
    ]
    offered = dice.sample(salon.get("records/service")["data"], services)
    places = salon.get("records/location")["data"]
    free = [
        slot
        for place in places
        for service in offered
        for slot in _free(salon, token, place["id"], service["id"])
    ]
    dice.shuffle(free)
    return Diary(salon, dice, clients, free)


def _free(salon: Remote, token: str, place: str, service: str) -> list[dict[str, Any]]:
    begin = datetime.now(UTC) + timedelta(days=2)
    params = {
        "locationId": place,
        "serviceId": service,
        "from": f"{begin:%Y-%m-%dT%H:%M:%SZ}",
        "to": f"{begin + timedelta(days=DAYS):%Y-%m-%dT%H:%M:%SZ}",
    }
    headers = {"Authorization": f"Bearer {token}"}
    found = salon.http.get("/v1/availability", params=params, headers=headers).json()
    return [
        {
            "serviceId": service,
            "locationId": place,
            "staffId": slot["staffId"],
            "startTime": slot["startTime"],
        }
        for slot in found.get("data", [])
    ]
