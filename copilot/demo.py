"""The demo's salon: a connection to the sandbox, people to be, agents switched on, a first queue.

Safe to run at every start: what is there already stays as it is.
"""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings

from agents.config import config_for
from agents.models import RetailRule
from agents.opening import run_open
from agents.registry import agents
from agents.retail.shelves import shelves_refit
from agents.returning.nightly import returning_first
from agents.scoring.rescoring import risks_look, visits_rescore
from agents.services import agent_enable
from approvals.answers.fixed import AGENT
from approvals.answers.texts import CONFIRM_VERSION
from approvals.models import StandingGrant
from approvals.permissions import rights_of
from approvals.services.standing import standing_give
from core import clock
from core.audit import Actor
from integrations.models import Connection, Location, StaffMember, User
from integrations.roles import roles_sync
from integrations.sandbox.remote import Remote
from integrations.sync import sync_run

CONNECTION = uuid.uuid5(uuid.NAMESPACE_URL, "front-desk-copilot:demo")
ACTOR = Actor.system("demo")
# Enough to clear in a first five minutes; the rest comes from what happens in the sandbox.
FIRST_DRAFTS = 14
# After which category of treatments, which product, and what the desk says of it.
RETAIL_RULES = (
    ("Color", "purple shampoo", "it keeps the tone cool."),
    ("Color", "conditioner", "color stays longer in soft hair."),
    ("Facial", "face cream", "it keeps the moisture in."),
    ("Massage", "bath salts", "a bath tonight keeps the muscles soft."),
)
Progress = Callable[[str, int], None]


@dataclass(frozen=True)
class Persona:
    """Somebody to be in the demo: the roles that a StaffMember of the sandbox must have."""

    label: str
    roles: frozenset[str]
    locations: int
    is_admin: bool = False


PERSONAS = (
    Persona("Front desk, one location", frozenset({"front_desk"}), 1),
    Persona("Front desk, both locations", frozenset({"front_desk"}), 2),
    Persona("Therapist", frozenset({"provider"}), 1),
    Persona("Manager", frozenset({"manager"}), 1),
    Persona("Admin", frozenset({"owner"}), 2, is_admin=True),
)


def demo_connection() -> Connection:
    """The connection to the sandbox; its secrets stay in the environment."""
    connection, _ = Connection.objects.update_or_create(
        pk=CONNECTION,
        defaults={
            "name": "Sandbox salon",
            "platform": "mangomint",
            "base_url": f"{settings.SANDBOX_URL}/v1",
            "token_ref": "env:SANDBOX_TOKEN",
            "webhook_secret_ref": "env:SANDBOX_WEBHOOK_SECRET",
            "poll_seconds": 60,
        },
    )
    return connection


def demo_sync(connection: Connection, progress: Progress) -> None:
    """Read the salon: everything the first time, what changed at later starts."""
    first = not Location.objects.filter(connection=connection).exists()
    sync_run(connection=connection, full=first, progress=progress)
    connection.refresh_from_db()
    roles_sync(connection)


def demo_subscribe(connection: Connection) -> None:
    """Have the sandbox ring at our door."""
    Remote(settings.SANDBOX_URL).subscribe(
        f"{settings.WEB_ORIGIN}/hooks/mangomint/{connection.pk}/"
    )


def demo_people(connection: Connection) -> list[User]:
    """One account per persona, signed in by a click and by nothing else."""
    staff = StaffMember.objects.filter(connection=connection, active=True).order_by("external_id")
    found = [(persona, _cast(persona, staff)) for persona in PERSONAS]
    people = [_account(persona, member) for persona, member in found if member is not None]
    roles_sync(connection)
    return people


def _cast(persona: Persona, staff: Iterable[StaffMember]) -> StaffMember | None:
    for member in staff:
        roles = {str(held["role"]) for held in member.roles}
        places = {str(held["location"]) for held in member.roles}
        if roles == persona.roles and len(places) == persona.locations:
            return member
    return None


def _account(persona: Persona, member: StaffMember) -> User:
    if member.user is None:
        email = member.email or f"{member.external_id}@example.com"
        user = User.objects.filter(email=email).first()
        member.user = user or User.objects.create_user(email, name=member.name)
        member.save(update_fields=["user"])
    user = member.user
    user.preferences = {**user.preferences, "persona": persona.label}
    user.is_superuser = user.is_staff = persona.is_admin
    user.save(update_fields=["preferences", "is_superuser", "is_staff"])
    return user


def demo_beforehand(connection: Connection) -> None:
    """At the manager's location a client's "1" confirms the visit by itself; elsewhere it is a
    draft. Given once: who ends it in the demo keeps it ended."""
    places = Location.objects.filter(connection=connection)
    manager = User.objects.filter(
        staff__connection=connection, preferences__persona="Manager"
    ).first()
    if manager is None or StandingGrant.objects.filter(location__in=places).exists():
        return
    rights = rights_of(manager)
    for place in places.filter(pk__in=rights.locations_with("review_changes")):
        standing_give(
            user=manager,
            location=place,
            agent=AGENT,
            action_types=["update_appointment"],
            template_version=CONFIRM_VERSION,
            daily_limit=50,
            expires_at=clock.now() + timedelta(days=90),
        )


def demo_retail(connection: Connection) -> None:
    """A few rules of what goes with what, and what the past year's sales teach. Written once: a
    rule that somebody takes away in the demo stays away."""
    if not RetailRule.objects.filter(connection=connection).exists():
        RetailRule.objects.bulk_create(
            RetailRule(
                connection=connection,
                service_category=category,
                product_words=words,
                because=because,
            )
            for category, words, because in RETAIL_RULES
        )
    shelves_refit(connection)


def demo_outlook() -> None:
    """What is else made by night or within minutes: who slips away, and which of the nearest visits
    may be lost. So the manager's first page has something on it."""
    returning_first()
    risks_look(clock.now())
    visits_rescore()


def demo_agents(connection: Connection) -> int:
    """Every agent on for the whole connection, and a first queue of what is booked already."""
    if connection.agentconfig_set.exists():
        return 0
    for agent in agents.names():
        agent_enable(actor=ACTOR, connection=connection, location=None, agent=agent)
    return sum(
        _first_drafts(place, FIRST_DRAFTS // 2)
        for place in Location.objects.filter(connection=connection).select_related("connection")
    )


def _first_drafts(place: Location, most: int) -> int:
    config = config_for("confirmation", place)
    upcoming = config.instance().upcoming(place.pk, clock.now())
    opened = (run_open(config=config, location=place, event=event) for event in upcoming[:most])
    return sum(run is not None for run in opened)
