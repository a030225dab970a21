"""The demo's second connection: the platform as most salons have it.

The same sandbox salon, seen through a handful of unsigned webhooks and its CSV downloads alone.
Nothing can be read and nothing sent, so what is approved here becomes a step done by hand.
"""

import hashlib
import uuid

from django.conf import settings
from django.utils.crypto import salted_hmac

from agents.config import config_for
from agents.opening import run_open
from agents.services import agent_enable
from core import clock
from core.audit import Actor
from integrations.imports import file_keep, file_preview, import_ask
from integrations.inbox import inbox_drain
from integrations.models import Connection, Location, User
from integrations.roles import grant_by_hand
from integrations.sandbox.remote import Remote
from integrations.setup import hook_url, location_add

CONNECTION = uuid.uuid5(uuid.NAMESPACE_URL, "front-desk-copilot:demo:webhooks-only")
ACTOR = Actor.system("demo")
NAME = "Cedar Lane (webhooks only)"
PERSONA = "Front desk, webhooks only"
FILES = ("clients", "appointments", "waitlist")
AGENTS = ("confirmation", "reminder", "aftercare")
WEEK = {day: [["09:00", "19:00"]] for day in ("tue", "wed", "thu", "fri", "sat")}
FIRST_DRAFTS = 4
# The one of the sandbox's two locations that Cedar Lane plays: the other is in another time zone.
SALON = "loc_1"


def demo_webhooks_only() -> User:
    """Everything of the second connection; what is there already stays as it is."""
    connection = _connection()
    place = Location.objects.filter(connection=connection).first()
    if place is None:
        place = location_add(
            actor=ACTOR,
            connection=connection,
            name="Cedar Lane",
            timezone="America/Los_Angeles",
            opening_hours=WEEK,
        )
        Location.objects.filter(pk=place.pk).update(phone="+12135550140")
        _files_load(connection)
    person = _person(place)
    _admin_too(place)
    _agents(connection, place)
    Remote(settings.SANDBOX_URL).subscribe(
        hook_url(connection, hook_key()), style="plain", location=SALON
    )
    return person


def _connection() -> Connection:
    defaults = {
        "name": NAME,
        "platform": "mangomint",
        "mode": "hooks_only",
        "status": Connection.Status.OK,
        "hook_key_sha256": hashlib.sha256(hook_key().encode()).hexdigest(),
    }
    return Connection.objects.update_or_create(pk=CONNECTION, defaults=defaults)[0]


def hook_key() -> str:
    """The secret part of the address. The same at every start: the sandbox keeps the address."""
    return salted_hmac("demo webhooks", str(CONNECTION), algorithm="sha256").hexdigest()[:32]


def _files_load(connection: Connection) -> None:
    """Today's downloads of one location. Its column is left out: Cedar Lane has another name."""
    remote, today = Remote(settings.SANDBOX_URL), clock.now().date()
    for kind in FILES:
        kept = file_keep(actor=ACTOR, connection=connection, kind=kind, raw=remote.csv(kind, SALON))
        mapping = {
            name: place for name, place in file_preview(kept).mapping.items() if name != "location"
        }
        import_ask(actor=ACTOR, kept=kept, mapping=mapping, as_of=today)
    inbox_drain()


def _person(place: Location) -> User:
    """Roles are set by hand here: the platform tells us none."""
    email = "june.alder@example.com"
    user = User.objects.filter(email=email).first()
    if user is None:
        user = User.objects.create_user(email, name="June Alder")
    user.preferences = {**user.preferences, "persona": PERSONA}
    user.save(update_fields=["preferences"])
    grant_by_hand(actor=ACTOR, user=user, location=place, role="front_desk", ends_on=None)
    return user


def _admin_too(place: Location) -> None:
    """Who loads files sees clients' records, and only a role at the location lets them."""
    for admin in User.objects.filter(is_superuser=True, preferences__has_key="persona"):
        grant_by_hand(actor=ACTOR, user=admin, location=place, role="owner", ends_on=None)


def _agents(connection: Connection, place: Location) -> None:
    if connection.agentconfig_set.exists():
        return
    for agent in AGENTS:
        agent_enable(actor=ACTOR, connection=connection, location=None, agent=agent)
    config = config_for("confirmation", place)
    for event in config.instance().upcoming(place.pk, clock.now())[:FIRST_DRAFTS]:
        run_open(config=config, location=place, event=event)
