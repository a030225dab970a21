"""A Saturday's salon for one story: nine clients in a row with one therapist, and who else comes.

Everything is booked at one location on one day, two days ahead or more, wherever the salon has room
for it; so the story is told at any hour of any day.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from agents.models import AgentConfig
from approvals.models import AbsenceLine, ApprovalItem
from core import clock
from integrations.models import Appointment, Client, Location, Service, WaitlistEntry
from tests.support.played import Played

NINE = ("Ada", "Bea", "Cleo", "Dora", "Edda", "Fay", "Gwen", "Hope", "Ines")
HALF = timedelta(minutes=30)
ANY_TIME = [{"days": "MTWTFSS", "from": "00:00", "to": "23:59"}]
# Free starts of one day, by therapist and service.
Slots = dict[tuple[str, str], set[datetime]]


@dataclass
class Saturday:
    """The day as the salon has it; people by first name."""

    salon: Played
    place: Location
    massage: str
    sarah: dict[str, Any]
    starts: datetime
    free: Slots
    people: dict[str, str] = field(default_factory=dict)
    visits: dict[str, dict[str, Any]] = field(default_factory=dict)

    def somebody(self, name: str) -> str:
        phone = f"+12135550{201 + len(self.people)}"
        self.people[name] = self.salon.client(name, "Story", phone)
        return self.people[name]

    def book(self, name: str, staff: str, service: str, at: datetime) -> None:
        """At the salon's own front desk; whoever is not known yet becomes a client."""
        client = self.people.get(name) or self.somebody(name)
        for (person, _), starts in self.free.items():
            if person == staff:
                starts.discard(at)
        self.visits[name] = self.salon.remote.act(
            "book", clientId=client, serviceId=service, locationId=self.place.external_id,
            staffId=staff, startTime=f"{at:%Y-%m-%dT%H:%M:%SZ}",
        )  # fmt: skip

    def another(self, how_many: int) -> tuple[str, str, datetime]:
        """Another therapist than Sarah, with so many free half hours in a row."""
        found = a_row(self.free, how_many, but=self.sarah["id"])
        assert found is not None, "no other therapist has room"
        return found

    def visit(self, name: str) -> dict[str, Any]:
        """The appointment as the salon's own calendar has it now."""
        return dict(self.salon.remote.get(f"record/{self.visits[name]['id']}"))

    def moved(self, name: str) -> bool:
        keys = ("startTime", "staffId", "status")
        now, was = self.visit(name), self.visits[name]
        return [now[key] for key in keys] != [was[key] for key in keys]

    def line(self, name: str) -> AbsenceLine:
        return AbsenceLine.objects.get(client__external_id=self.people[name])

    def sent(self, name: str) -> list[str]:
        """What really went to this client's phone, by the salon's own record."""
        return [one["body"] for one in self.salon.texts(self.people[name])]

    def everything_sent(self) -> list[tuple[str, str]]:
        """Every text and e-mail the salon sent to anybody of the story, in order: (who, text)."""
        names = {client: name for name, client in self.people.items()}
        rows = self.salon.remote.get("messages", direction="outbound")["data"]
        return [(names[one["clientId"]], one["body"]) for one in rows if one["clientId"] in names]

    def client(self, name: str) -> Client:
        return Client.objects.get(external_id=self.people[name])

    def draft(self, name: str, **more: Any) -> ApprovalItem:
        """The draft that waits for one client, once it is written."""
        waits = {"client__external_id": self.people[name], "state": "pending"}
        rows = ApprovalItem.objects.filter(**waits, **more)
        found = self.salon.until(lambda: rows.order_by("-pk").first(), f"no draft for {name}")
        assert isinstance(found, ApprovalItem)
        return found


def saturday(salon: Played) -> Saturday:
    """Everybody is booked, and the copilot has heard of it."""
    Location.objects.update(quiet_from="00:00", quiet_until="00:00")
    day = a_day_with_a_row_of_nine(salon)
    for n, name in enumerate(NINE):
        day.book(name, day.sarah["id"], day.massage, day.starts + n * HALF)
    # Two more stay free after them: there is a later hour for whoever comes late.
    staff, service, first = day.another(4)
    day.book("Lena", staff, service, first)
    day.book("Otto", staff, service, first + HALF)
    for n, name in enumerate(("Dana", "Vera", "Cora")):
        staff, service, first = day.another(5 - n)
        day.book(name, staff, service, first + (4 - n) * HALF)
    known = Appointment.objects.filter(
        client__external_id__in=day.people.values(), staff__isnull=False
    )
    salon.until(lambda: known.count() == len(day.people), "the bookings never came")
    return day


def a_day_with_a_row_of_nine(salon: Played) -> Saturday:
    """A day on which one therapist has nine free half hours in a row, and another has room, too."""
    short = [
        one for one in salon.remote.get("records/service")["data"] if one["durationMinutes"] == 30
    ]
    massage = next(one for one in short if one["skill"] == "massage")
    staff = {one["id"]: one for one in salon.remote.get("records/staff")["data"]}
    for place in massage["locationIds"]:
        for ahead in range(2, 9):
            begin = clock.now() + timedelta(days=ahead)
            free = free_slots(salon, [massage], place, begin)
            row = a_row(free, len(NINE))
            if row is None:
                continue
            others = [one for one in short if one["skill"] != "massage"]
            free |= free_slots(salon, others, place, begin)
            if a_row(free, 10, but=row[0]):
                found = Location.objects.get(external_id=place)
                return Saturday(salon, found, massage["id"], staff[row[0]], row[2], free)
    raise AssertionError("nobody has nine free half hours in a row")


def a_row(free: Slots, how_many: int, but: str = "") -> tuple[str, str, datetime] | None:
    """(therapist, service, first start) of so many free half hours in a row."""
    for (staff, service), starts in sorted(free.items()):
        for first in sorted(starts):
            if staff != but and all(first + n * HALF in starts for n in range(how_many)):
                return staff, service, first
    return None


def free_slots(salon: Played, services: list[dict[str, Any]], place: str, begin: datetime) -> Slots:
    """What is free on one day of the salon."""
    free: Slots = {}
    for service in services:
        answer = salon.remote.http.get(
            "/v1/availability",
            headers={"Authorization": f"Bearer {salon.token}"},
            params={
                "locationId": place,
                "serviceId": service["id"],
                "from": f"{begin:%Y-%m-%dT08:00:00Z}",
                "to": f"{begin + timedelta(days=1):%Y-%m-%dT07:59:59Z}",
            },
        )
        for slot in answer.raise_for_status().json()["data"]:
            at = datetime.fromisoformat(slot["startTime"])
            free.setdefault((slot["staffId"], service["id"]), set()).add(at)
    return free


def gives_up(day: Saturday, name: str, waits: str) -> None:
    """One cancels, and one other waits for exactly that: only they are asked, at once."""
    agents = AgentConfig.objects.filter(agent="open_slot")
    assert agents.update(settings={"mode": "waves", "wave_size": 1})
    WaitlistEntry.objects.update(status="removed")
    # Who has not filled in a form yet is skipped; that is told elsewhere.
    Service.objects.update(form_required="")
    day.salon.remote.act(
        "waitlist_add", clientId=day.somebody(waits), serviceId=day.visits[name]["serviceId"],
        locationId=day.place.external_id, windows=ANY_TIME,
    )  # fmt: skip
    known = WaitlistEntry.objects.filter(client__external_id=day.people[waits], status="waiting")
    day.salon.until(known.exists, "the waitlist never came")
    day.salon.remote.act("cancel", id=day.visits[name]["id"], reason="sick")
