"""Switching agents on and off."""

from dataclasses import dataclass

from django.db import transaction

from agents.config import config_for
from agents.configuring import own_row
from agents.models import AgentConfig
from agents.opening import run_open
from agents.registry import agents
from core import clock
from core.audit import Actor, audit_record
from integrations.events import Event
from integrations.models import Connection, Location


@dataclass(frozen=True)
class Enabled:
    """What switching on did: the row, and how many drafts of upcoming ones are being written."""

    config: AgentConfig
    drafts: int


def agent_upcoming_count(*, connection: Connection, location: Location | None, agent: str) -> int:
    """For the question "also the n upcoming ones?": how many contacts that would reach."""
    return sum(
        len({event.client_id for event in _upcoming(agent, place)})
        for place in _places(connection, location)
    )


@transaction.atomic
def agent_enable(
    *,
    actor: Actor,
    connection: Connection,
    location: Location | None,
    agent: str,
    also_upcoming: bool = False,
    stage: str = AgentConfig.Stage.REVIEW,
) -> Enabled:
    """Switch an agent on from now on, at one location or (None) at all of the connection.

    ``also_upcoming`` drafts for what is booked already. KeyError for an unknown agent.
    """
    agents.get(agent)
    row = own_row(connection=connection, location=location, agent=agent, lock=True)
    row.enabled, row.enabled_at, row.stage = True, clock.now(), stage
    _save(row, actor, "agent.enabled", {"also_upcoming": also_upcoming, "stage": stage})
    return Enabled(row, _draft_upcoming(connection, location, agent) if also_upcoming else 0)


@transaction.atomic
def agent_disable(
    *, actor: Actor, connection: Connection, location: Location | None, agent: str
) -> AgentConfig:
    """Switch an agent off. What it drafted already stays for a person to decide."""
    agents.get(agent)
    row = own_row(connection=connection, location=location, agent=agent, lock=True)
    row.enabled = False
    _save(row, actor, "agent.disabled", {})
    return row


def _save(row: AgentConfig, actor: Actor, action: str, facts: dict[str, object]) -> None:
    row.changed_by, row.changed_at = actor.name[:160], clock.now()
    row.save()
    audit_record(
        action=action,
        actor=actor,
        connection=row.connection_id,
        location=row.location_id or "",
        subject=f"agent:{row.agent}",
        facts={"agent": row.agent, **facts},
    )


def _draft_upcoming(connection: Connection, location: Location | None, agent: str) -> int:
    contacts = set()
    for place in _places(connection, location):
        config = config_for(agent, place)
        for event in _upcoming(agent, place):
            if run_open(config=config, location=place, event=event) is not None:
                contacts.add(event.client_id)
    return len(contacts)


def _upcoming(agent: str, place: Location) -> list[Event]:
    return config_for(agent, place).instance().upcoming(place.pk, clock.now())


def _places(connection: Connection, location: Location | None) -> list[Location]:
    if location is not None:
        return [location]
    rows = Location.objects.select_related("connection").filter(connection=connection)
    return list(rows.filter(deleted_at=None))
