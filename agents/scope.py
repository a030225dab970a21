"""Whom an agent is for at a location, and who gets the standard text so that it can be measured."""

import hashlib
from collections.abc import Collection
from datetime import datetime

from agents.base import Agent, Opening, Skip
from agents.config import Effective
from agents.context import Context
from agents.reading import Reader
from integrations.events import Event
from integrations.models import Appointment, Client

NOT_FOR = "This agent is not for this service."
NOT_NEW = "This agent is for new clients only."


def opening_of(config: Effective, agent: Agent, event: Event, as_of: datetime) -> Opening | Skip:
    """The agent's opening, or why the location's own scope leaves this event out."""
    opening = agent.opening(event, as_of)
    if isinstance(opening, Skip) or not (config.services or config.new_clients_only):
        return opening
    return _left_out(config, agent, opening, as_of) or opening


def _left_out(config: Effective, agent: Agent, opening: Opening, as_of: datetime) -> Skip | None:
    row = Appointment.objects.filter(pk=opening.appointment_id or 0).first()
    if config.services and row is not None and row.service_id not in config.services:
        return Skip(NOT_FOR)
    if config.new_clients_only and opening.client_id is not None and config.location is not None:
        reader = Reader(type(agent), as_of)
        client = Client.objects.get(pk=opening.client_id)
        past = reader.past(client, config.location.connection, row.service_name if row else "")
        if not past.first_visit:
            return Skip(NOT_NEW)
    return None


def in_scope(context: Context, services: Collection[str], new_clients_only: bool) -> bool:
    """The same for a context that was kept; ``services`` by name, none: all."""
    if new_clients_only and not context.past.first_visit:
        return False
    named = {visit.service for visit in context.appointments}
    return not services or not named or bool(named & set(services))


def could_hold_out(config: Effective, context: Context) -> bool:
    """Whether this client could draw the standard text: never who may not come, and never a first
    visit. Those who could are compared with those who drew it, and nobody else is."""
    if not config.holdout_percent or context.risk.level in ("medium", "high"):
        return False
    return _came_before(config, context)


def drawn_out(config: Effective, context: Context) -> bool:
    """Whether this client's drafts stay the standard text. Always the same clients, so that nobody
    gets now one voice and now another."""
    said = f"{config.agent.name}:{context.contact.client_id}".encode()
    return int(hashlib.sha256(said).hexdigest(), 16) % 100 < config.holdout_percent


def _came_before(config: Effective, context: Context) -> bool:
    """Whether there was a visit before those the text is about. Most agents gather no record."""
    visits = context.past.visits
    if not visits and config.location is not None:
        client = Client.objects.filter(pk=context.contact.client_id).first()
        if client is not None:
            reader = Reader(config.agent, context.as_of)
            visits = reader.past(client, config.location.connection, "").visits
        visits -= sum(1 for visit in context.appointments if visit.starts_at <= context.as_of)
    return visits > 0
