"""A salon with people who work there, and the tools as somebody may use them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from copilot.ask.asker import Asker, asker_of
from copilot.ask.tools.base import Found, Use, tool_use
from core import clock
from integrations.models import Location, Service, Shift, StaffMember, User
from tests.support.desks import Desk, desk_make

# A Friday, nine in the morning in Portland.
MORNING = datetime(2026, 6, 12, 16, tzinfo=UTC)


@dataclass
class Salon:
    """A desk with services, and two therapists whose shifts run from nine to five, ten days."""

    desk: Desk
    massage: Service
    facial: Service
    sarah: StaffMember
    kim: StaffMember

    @property
    def place(self) -> Location:
        return self.desk.location

    def asker(self, user: User, place: Location | None = None) -> Asker:
        return asker_of(user, place or self.place)

    def use(self, user: User, tool: str, /, place: Location | None = None, **said: Any) -> Found:
        return tool_use(self.asker(user, place), Use(), tool, said)


def salon_make() -> Salon:
    desk = desk_make("Maple Street", "Harbor")
    here = {"connection": desk.connection, "price": 120}
    massage = Service.objects.create(
        **here, external_id="svc_1", name="Hot stone massage", minutes=90, skill="massage"
    )
    facial = Service.objects.create(**here, external_id="svc_2", name="Rose facial", minutes=60)
    people = []
    for number, name in enumerate(("Sarah Lind", "Kim Sato"), 1):
        one = StaffMember.objects.create(
            connection=desk.connection, external_id=f"stf_{number}", name=name, skills=["massage"]
        )
        people.append(one)
        for day in range(10):
            begins = MORNING + timedelta(days=day)
            Shift.objects.create(
                connection=desk.connection, external_id=f"shf_{number}_{day}", staff=one,
                location=desk.location, starts_at=begins, ends_at=begins + timedelta(hours=8),
            )  # fmt: skip
    return Salon(desk, massage, facial, *people)


@pytest.fixture
def at() -> Iterator[clock.Frozen]:
    with clock.frozen(MORNING) as frozen:
        yield frozen


@pytest.fixture
def salon(db: None, at: clock.Frozen) -> Salon:
    return salon_make()


@pytest.fixture
def live(transactional_db: None, at: clock.Frozen) -> Salon:
    """The same with real commits: connections are given back while a model writes."""
    return salon_make()


@pytest.fixture
def maria(salon: Salon) -> User:
    """At the front desk of the first location."""
    return salon.desk.person("Maria Ruiz", "front_desk", salon.place)


@pytest.fixture
def tess(salon: Salon) -> User:
    """A provider: Sarah Lind's own sign-in, who may ask."""
    user = salon.desk.person("Tess Sarah", "provider", salon.place)
    StaffMember.objects.filter(pk=salon.sarah.pk).update(user=user)
    return user


Booked = Callable[..., Any]


@pytest.fixture
def booked(request: pytest.FixtureRequest) -> Booked:
    """`booked("Dana", salon.sarah, hours=5)`: a client with an appointment; returns the client."""
    name = "live" if "live" in request.fixturenames else "salon"
    salon: Salon = request.getfixturevalue(name)

    def make(first: str, staff: StaffMember, hours: float = 5, **more: Any) -> Any:
        client = more.pop("client", None) or salon.desk.client(first, "King")
        starts = MORNING + timedelta(hours=hours)
        salon.desk.appointment(
            client,
            staff=staff,
            staff_name=staff.name,
            service=salon.massage,
            service_name=salon.massage.name,
            starts_at=starts,
            ends_at=starts + timedelta(minutes=90),
            **more,
        )
        return client

    return make
