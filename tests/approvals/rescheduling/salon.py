"""A small salon in the working copy: people with skills and shifts, rooms, appointments."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from core import clock
from integrations.models import Appointment, Client, Location, Service, Shift, StaffMember
from tests.support.desks import Desk, desk_make

NOON = datetime(2026, 6, 15, 19, tzinfo=clock.now().tzinfo)
"""Monday noon at the salon (Los Angeles)."""
ROOMS = [{"id": f"res_{n}", "kind": "room", "name": f"Room {n}"} for n in (1, 2, 3)]


@dataclass
class Salon:
    """``at(14)`` is two in the afternoon of the day; everybody works nine to six unless told."""

    desk: Desk
    staff: dict[str, StaffMember] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)

    @property
    def place(self) -> Location:
        return self.desk.location

    def at(self, hour: float, days: int = 0) -> datetime:
        local = NOON.astimezone(self.place.zone).replace(hour=0, minute=0)
        return local + timedelta(days=days, hours=hour)

    def worker(
        self, name: str, *skills: str, hours: tuple[float, float] = (9, 18), days: int = 1
    ) -> StaffMember:
        person = self.desk.staff(name)
        person.skills = list(skills)
        person.roles = [{"location": self.place.external_id, "role": "provider"}]
        person.save()
        for day in range(days):
            self.shift(person, *hours, day=day)
        self.staff[name.split()[0]] = person
        return person

    def shift(self, person: StaffMember, start: float, end: float, *, day: int = 0) -> Shift:
        self.desk.made += 1
        return Shift.objects.create(
            connection=self.desk.connection,
            external_id=f"shf_{self.desk.made}",
            staff=person,
            location=self.place,
            starts_at=self.at(start, day),
            ends_at=self.at(end, day),
        )

    def service(self, name: str, skill: str, minutes: int = 60, **fields: Any) -> Service:
        self.desk.made += 1
        made = Service.objects.create(
            connection=self.desk.connection,
            external_id=f"svc_{self.desk.made}",
            name=name,
            skill=skill,
            minutes=minutes,
            **{"resource_kind": "room"} | fields,
        )
        self.services[name] = made
        return made

    def book(
        self, client: Client | str, staff: str, hour: float, service: str = "", **fields: Any
    ) -> Appointment:
        """An appointment with somebody by first name; the room is the first unless told."""
        if isinstance(client, str):
            client = self.desk.client(*client.split(" ", 1))
        what = self.services[service] if service else next(iter(self.services.values()))
        day = int(fields.pop("days", 0))
        starts = self.at(hour, day)
        person = self.staff[staff]
        return self.desk.appointment(
            client,
            **{
                "service": what,
                "service_name": what.name,
                "staff": person,
                "staff_name": person.name,
                "starts_at": starts,
                "ends_at": starts + timedelta(minutes=what.minutes or 60),
                "resource_id": "",
            }
            | fields,
        )


def salon_make(**fields: Any) -> Salon:
    """Maple Street with three rooms; one massage and one facial; nobody works there yet."""
    desk = desk_make(**fields)
    desk.location.resources = ROOMS
    desk.location.timezone = "America/Los_Angeles"
    desk.location.save()
    salon = Salon(desk)
    salon.service("Deep massage", "massage")
    salon.service("Facial", "facial", 45)
    return salon
