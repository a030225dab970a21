"""One salon for one stretch of a storm: six therapists, six services, two hundred waiting."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from agents.models import AgentConfig
from benchmarks._storm import NAME
from core import clock
from integrations.models import (
    Client,
    Connection,
    Consent,
    FormResponse,
    Location,
    Service,
    StaffMember,
    User,
    WaitlistEntry,
)
from tests.approvals.desk import person_make

THERAPISTS = 6
HOURS = {day: [["08:00", "20:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
WINDOWS = (
    [],
    [{"days": "MTWTF", "from": "12:00", "to": "20:00"}],
    [{"days": "MTWTFSS", "from": "08:00", "to": "14:00"}],
    [{"days": "-T-TFS", "from": "09:00", "to": "19:00"}],
    [{"days": "M-W-F", "from": "08:00", "to": "20:00"}],
)
SKILLS = ("massage", "facial", "hair")


@dataclass
class Salon:
    connection: Connection
    location: Location
    staff: list[StaffMember]
    services: list[Service]
    clients: list[Client]
    desk: User


def salon_make(seed: int, rungs: int, clients: int) -> Salon:
    """A salon of its own for a seed, the same each time; nothing in it hangs on our own ids."""
    dice = Random(f"salon:{seed}")
    connection = Connection.objects.create(
        name=f"Storm {seed}", platform=NAME, status=Connection.Status.OK,
        capabilities=["read", "send", "book"], live_since=clock.now() - timedelta(days=30),
    )  # fmt: skip
    location = Location.objects.create(
        connection=connection, external_id="loc_1", name="Maple Street",
        timezone="America/Los_Angeles", opening_hours=HOURS, postal_code="90012",
        quiet_from="21:00", quiet_until="07:00",
    )  # fmt: skip
    location.refresh_from_db()
    staff, services = _staff(connection), _services(connection)
    desk = person_make(f"Maria{connection.pk.hex[:8]}", location, "front_desk")
    made = Salon(connection, location, staff, services, _clients(connection, dice, clients), desk)
    _entries(made, dice)
    AgentConfig.objects.create(
        connection=connection, agent="open_slot", enabled=True, daily_limit=100_000,
        enabled_at=clock.now() - timedelta(days=1), settings={"most_rungs": rungs},
    )  # fmt: skip
    return made


def _staff(connection: Connection) -> list[StaffMember]:
    return StaffMember.objects.bulk_create(
        StaffMember(
            connection=connection, external_id=f"sta_{n}", name=f"Therapist {n}",
            skills=[SKILLS[n % 3]],
        )
        for n in range(THERAPISTS)
    )  # fmt: skip


def _services(connection: Connection) -> list[Service]:
    return Service.objects.bulk_create(
        Service(
            connection=connection, external_id=f"svc_{n}", name=f"{SKILLS[n % 3]} {n}",
            minutes=60 if n < 3 else 45, price=90 + n, skill=SKILLS[n % 3],
            form_required="Patch test" if n == 2 else "",
        )
        for n in range(6)
    )  # fmt: skip


def _clients(connection: Connection, dice: Random, number: int) -> list[Client]:
    """Some families share a phone; some never allowed texts."""
    clients = Client.objects.bulk_create(
        Client(
            connection=connection, external_id=f"cli_{n}", first_name=f"Client{n}",
            phone=f"+1213555{(n - 1 if n % 20 == 1 else n):04d}", visit_count=dice.randint(0, 20),
            total_spend=dice.randint(0, 2000), locale=dice.choice(("en", "en", "es")),
            postal_code=dice.choice(("90012", "90045", "94110")),
        )
        for n in range(number)
    )  # fmt: skip
    Consent.objects.bulk_create(
        Consent(
            client=client, channel="sms", purpose="transactional", origin="platform",
            granted=dice.random() > 0.04, at=clock.now() - timedelta(days=90),
        )
        for client in clients
    )  # fmt: skip
    FormResponse.objects.bulk_create(
        FormResponse(
            connection=connection, external_id=f"frm_{client.external_id}", client=client,
            name="Patch test", complete=True, submitted_at=clock.now() - timedelta(days=20),
        )
        for client in clients
        if dice.random() < 0.7
    )  # fmt: skip
    return clients


def _entries(made: Salon, dice: Random) -> None:
    WaitlistEntry.objects.bulk_create(
        WaitlistEntry(
            connection=made.connection, external_id=f"wl_{client.external_id}", client=client,
            location=made.location, service=dice.choice(made.services),
            staff_ids=[dice.choice(made.staff).external_id] if dice.random() < 0.15 else [],
            windows=dice.choice(WINDOWS),
            waiting_since=clock.now() - timedelta(days=dice.randint(0, 30)),
        )
        for client in made.clients
    )  # fmt: skip


def waits_again(entry: str, connection: Connection, at: datetime) -> None:
    """Somebody joins the list in the place of who was booked: the storm never runs dry."""
    WaitlistEntry.objects.filter(connection=connection, external_id=entry).update(
        status="waiting", waiting_since=at
    )
