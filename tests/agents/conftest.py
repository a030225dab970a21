"""A small salon in the working copy, a frozen morning, and a model server of our own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

# The door imports it when it is first used; a test's budget should not pay for that.
import openai  # noqa: F401
import pytest

from agents.breaker import Breaker
from agents.models import AgentConfig
from core import clock
from integrations.models import (
    Appointment,
    Client,
    Connection,
    Consent,
    Location,
    Service,
    StaffMember,
)
from tests.agents.model_server import ModelServer, serving

# A Friday, ten in the morning in Portland.
MORNING = datetime(2026, 6, 12, 17, tzinfo=UTC)
WEEK = {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat")}


class Salon:
    """One location with a service, a therapist, and short ways to make the rest."""

    def __init__(self, **location: Any) -> None:
        self.connection = Connection.objects.create(
            name="Maple",
            platform="mangomint",
            status=Connection.Status.OK,
            capabilities=["read", "send"],
            history_complete=True,
            live_since=MORNING - timedelta(days=30),
        )
        fields = {
            "name": "Maple Street Spa",
            "timezone": "America/Los_Angeles",
            "phone": "+15035550100",
            "opening_hours": WEEK,
        }
        self.location = Location.objects.create(
            connection=self.connection, external_id="loc_1", **(fields | location)
        )
        self.location.refresh_from_db()
        self.staff = StaffMember.objects.create(
            connection=self.connection, external_id="sta_1", name="Sarah Lind"
        )
        self.service = self.new_service("Hot stone massage")
        self.made = 0

    def new_service(self, name: str, **fields: Any) -> Service:
        number = Service.objects.count() + 1
        values = {"minutes": 60, "price": Decimal(120)} | fields
        return Service.objects.create(
            connection=self.connection, external_id=f"svc_{number}", name=name, **values
        )

    def client(
        self, first_name: str = "Dana", *, allows: str = "sms,email", **fields: Any
    ) -> Client:
        self.made += 1
        values = {
            "last_name": "Keller",
            "phone": f"+150355501{self.made:02d}",
            "email": f"client{self.made}@example.com",
            "platform_updated_at": MORNING - timedelta(days=1),
        }
        client = Client.objects.create(
            connection=self.connection,
            external_id=f"cli_{self.made}",
            first_name=first_name,
            **(values | fields),
        )
        Consent.objects.bulk_create(
            Consent(
                client=client, channel=channel, purpose=purpose, origin="platform", granted=True
            )
            for channel in filter(None, allows.split(","))
            for purpose in ("transactional", "care")
        )
        return client

    def book(self, client: Client, starts_at: datetime, **fields: Any) -> Appointment:
        self.made += 1
        service = fields.pop("service", self.service)
        values = {
            "ends_at": starts_at + timedelta(minutes=60),
            "booked_at": clock.now(),
            "price": service.price,
            "source": "online",
            "staff": self.staff,
            "staff_name": self.staff.name,
        }
        return Appointment.objects.create(
            connection=self.connection,
            external_id=f"apt_{self.made}",
            client=client,
            location=self.location,
            service=service,
            service_name=service.name,
            starts_at=starts_at,
            **(values | fields),
        )

    def past(self, client: Client, days_ago: int, status: str = "completed", **fields: Any) -> Any:
        at = clock.now() - timedelta(days=days_ago)
        return self.book(client, at, status=status, booked_at=at - timedelta(days=3), **fields)

    def switch_on(self, agent: str, **fields: Any) -> AgentConfig:
        return AgentConfig.objects.create(
            connection=self.connection,
            agent=agent,
            enabled=True,
            enabled_at=clock.now() - timedelta(days=1),
            **fields,
        )


@pytest.fixture
def at() -> Iterator[clock.Frozen]:
    """The clock stands at MORNING; ``at.move(timedelta)`` lets it go on."""
    with clock.frozen(MORNING) as frozen:
        yield frozen


@pytest.fixture
def salon(db: None, at: clock.Frozen) -> Salon:
    return Salon()


@pytest.fixture
def live_salon(transactional_db: None, at: clock.Frozen) -> Salon:
    """The same with real commits, for runs that give their connection back."""
    return Salon()


@pytest.fixture
def model_server() -> Iterator[ModelServer]:
    with serving() as server:
        yield server


@pytest.fixture
def use_model(settings: Any, model_server: ModelServer) -> Callable[[], ModelServer]:
    """Point the product at the model server, with a budget of six seconds."""

    def point() -> ModelServer:
        # What an earlier test's server did is no reason to rest now.
        Breaker("all").worked()
        settings.OPENAI_API_KEY = "sk-for-tests"
        settings.OPENAI_BASE_URL = f"http://127.0.0.1:{model_server.port}/v1"
        settings.OPENAI_MODEL = "gpt-5-mini"
        settings.MODEL_BUDGET_SECONDS = 6
        settings.OUTBOUND_ALLOW = [f"127.0.0.1:{model_server.port}"]
        return model_server

    return point
