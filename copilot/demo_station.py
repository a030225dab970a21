"""The demo's shared device: a tablet at Harbor's counter, whose PINs its own page shows."""

from django.core import signing

from core import clock
from core.audit import Actor
from integrations.models import Connection, Location, Pin, StaffMember, Station, User
from integrations.pins import pin_set
from integrations.roles import roles_sync
from integrations.stations import digest_of, people_at

NAME, PLACE = "Front counter tablet", "Harbor"
PINS = ("4729", "5183", "8064", "3917", "6402")
SHOWN = "demo_pin"
ACTOR = Actor.system("demo")


def demo_secret() -> str:
    """What the tablet's browser keeps: the same at every start, for this installation alone."""
    return signing.Signer(salt="copilot.demo.station").sign("harbor").replace(":", "-")


def demo_station(connection: Connection) -> Station | None:
    """The tablet, and a PIN for everybody of Harbor's front desk."""
    place = Location.objects.filter(connection=connection, name=PLACE).first()
    if place is None:
        return None
    station, _ = Station.objects.get_or_create(
        secret_sha256=digest_of(demo_secret()),
        defaults={"location": place, "name": NAME, "created_by": "demo", "created_at": clock.now()},
    )
    _desk_accounts(connection, place)
    roles_sync(connection)
    desk = people_at(place).filter(groups__locationrole__role="front_desk")
    for person, pin in zip(desk, PINS, strict=False):
        if not Pin.objects.filter(user=person).exists():
            pin_set(actor=ACTOR, user=person, pin=pin)
            person.preferences[SHOWN] = pin
            person.save(update_fields=["preferences"])
    return station


def _desk_accounts(connection: Connection, place: Location) -> None:
    for member in StaffMember.objects.filter(connection=connection, active=True, user=None):
        wanted = {"location": place.external_id, "role": "front_desk"}
        if any(wanted.items() <= said.items() for said in member.roles):
            email = member.email or f"{member.external_id}@example.com"
            known = User.objects.filter(email=email).first()
            member.user = known or User.objects.create_user(email, name=member.name)
            member.save(update_fields=["user"])


def demo_pins(station: Station) -> list[tuple[str, str]]:
    """Names and PINs for the page that asks; of the demo's own people only."""
    people = people_at(station.location).filter(preferences__has_key=SHOWN)
    return [(person.name, str(person.preferences[SHOWN])) for person in people]
