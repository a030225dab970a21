"""*Out today* as a person meets it: a press, and the page with a proposal for each of nine clients.

Each run is another location with twelve people, two days of appointments before them and nine
clients of the one who is not in. The view is asked as the server asks it, its queries go to a real
database; what is left out is the way to the browser.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from benchmarks.stack import stack

RUNS = 15
AFFECTED = 9
PEOPLE = 12
ZONE = "America/Los_Angeles"
# A Monday, eight in the morning there.
MORNING = datetime(2026, 6, 15, 15, tzinfo=UTC)
SERVICES = (("Deep massage", "massage", 60), ("Facial", "facial", 45))


def seconds_to_the_page() -> list[float]:
    """How long from the press to the whole page, for each run."""
    with stack():
        from django.test.utils import setup_test_environment

        from approvals.rescheduling.choosing import warm_up

        setup_test_environment()
        # As the web process does when it starts.
        warm_up()
        return list(_runs())


def _runs() -> Iterator[float]:
    from django.test import Client as Visitor

    from core import clock

    with clock.frozen(MORNING):
        yield from _each(Visitor)


def _each(visitor: Any) -> Iterator[float]:
    for seed in range(RUNS):
        place, sarah, user = _salon(Random(seed), seed)
        browser = visitor()
        browser.force_login(user)
        began = time.perf_counter()
        answer = browser.post("/out-today/", {"staff": sarah.pk, "location": place.pk}, follow=True)
        took = time.perf_counter() - began
        said = answer.content.decode()
        if f"{AFFECTED} clients affected" not in said:
            raise RuntimeError(f"the page does not list the {AFFECTED} clients")
        yield took


def _salon(rng: Random, number: int) -> tuple[Any, Any, Any]:
    """One location, the therapist who is not in, and somebody at the desk who may decide."""
    from integrations.models import Service, StaffMember
    from tests.support.desks import desk_make

    desk = desk_make()
    place = desk.location
    place.timezone = ZONE
    place.resources = [{"id": f"r{n}", "kind": "room", "name": f"R{n}"} for n in range(PEOPLE)]
    place.save()
    services = [
        Service.objects.create(
            connection=desk.connection, external_id=f"svc_{skill}", name=name, skill=skill,
            minutes=minutes, resource_kind="room",
        )
        for name, skill, minutes in SERVICES
    ]  # fmt: skip
    staff = [
        StaffMember.objects.create(
            connection=desk.connection,
            external_id=f"stf_{n}",
            name=f"Person {n}",
            skills=["massage", "facial"] if n % 3 == 0 else [("massage", "facial")[n % 2]],
            roles=[{"location": place.external_id, "role": "provider"}],
        )
        for n in range(PEOPLE)
    ]
    _calendar(rng, place, staff, services)
    return place, staff[0], desk.person(f"Desk{number} Person")


def _calendar(rng: Random, place: Any, staff: list[Any], services: list[Any]) -> None:
    """From nine on nine for the first, and two thirds of the others' hours, for three days."""
    from core import clock
    from integrations.models import Appointment, Client, Shift

    begin = clock.now().astimezone(place.zone).replace(hour=9, minute=0, second=0, microsecond=0)
    shifts, booked = [], []
    for day in range(3):
        first = begin + timedelta(days=day)
        for n, person in enumerate(staff):
            last = first + timedelta(hours=11)
            shifts.append(
                Shift(
                    connection=place.connection, external_id=f"shf_{n}_{day}", staff=person,
                    location=place, starts_at=first, ends_at=last,
                )
            )  # fmt: skip
            full = 9 if n == 0 and day == 0 else sum(rng.random() < 0.66 for _ in range(9))
            booked += [(person, first + timedelta(hours=hour), n) for hour in range(full)]
    Shift.objects.bulk_create(shifts)
    clients = Client.objects.bulk_create(
        [
            Client(
                connection=place.connection, external_id=f"cli_{n}", first_name=f"Client{n}",
                last_name="Bench", phone=f"+1213555{n:04d}",
            )
            for n in range(len(booked))
        ]
    )  # fmt: skip
    _consented(clients)
    Appointment.objects.bulk_create(
        [_appointment(place, services, one, clients[at], at) for at, one in enumerate(booked)]
    )


def _consented(clients: list[Any]) -> None:
    from core import clock
    from integrations.models import Consent

    Consent.objects.bulk_create(
        [
            Consent(
                client=one, channel="sms", purpose="transactional", granted=True, at=clock.now()
            )
            for one in clients
        ]
    )


def _appointment(
    place: Any, services: list[Any], one: tuple[Any, datetime, int], client: Any, at: int
) -> Any:
    from integrations.models import Appointment

    person, starts, n = one
    able = [service for service in services if service.skill in person.skills]
    service = able[at % len(able)]
    return Appointment(
        connection=place.connection,
        external_id=f"apt_{at}",
        location=place,
        client=client,
        staff=person,
        staff_name=person.name,
        service=service,
        service_name=service.name,
        starts_at=starts,
        ends_at=starts + timedelta(minutes=service.minutes),
        resource_id=f"r{n}",
        status="booked",
    )
