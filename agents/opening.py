"""From an Event to an AgentRun, and the placeholder that appears at once."""

from datetime import datetime
from typing import Any

from agents.base import Agent, Opening, Skip
from agents.config import Effective
from agents.models import AgentRun
from agents.scope import opening_of
from approvals.models import ApprovalItem
from approvals.services.items import item_open
from core import clock
from core.audit import Actor
from core.doorbell import ring_on_commit
from core.work import WorkRow
from integrations.events import AppointmentEvent, AppointmentMoved, Event, SlotFree
from integrations.models import Location

DRAIN = "agents.runs_drain"
MOVED_AGAIN = "The booking was moved again."


def run_open(*, config: Effective, location: Location, event: Event) -> AgentRun | None:
    """Write the run of one agent for one event, once, and open its placeholder.

    None when there is one already. Call inside the transaction that brought the event.
    """
    agent, now = config.instance(), clock.now()
    run = _insert(agent, location, event)
    if run is None:
        return None
    if agent.listens_to and not is_single(event):
        ring_on_commit(DRAIN)
        return run
    opening = opening_of(config, agent, event, now)
    if isinstance(opening, Skip):
        return _close(run, opening, now)
    if opening.not_before is not None and opening.not_before > now:
        _supersede_waiting(agent, run, event)
        run.not_before = opening.not_before
        run.save(update_fields=["not_before"])
        return run
    run.item = placeholder_open(agent, config.stage, location, opening, event)
    run.save(update_fields=["item"])
    ring_on_commit(DRAIN)
    return run


def placeholder_open(
    agent: Agent, stage: str, location: Location, opening: Opening, event: Event
) -> ApprovalItem:
    return item_open(
        actor=Actor.agent(agent.name),
        connection_id=location.connection_id,
        location_id=location.pk,
        agent=agent.name,
        subject=opening.subject,
        occasion=opening.occasion,
        stage=stage,
        title=opening.title,
        tag=opening.tag,
        group=agent.group,
        right=agent.right,
        due_at=opening.due_at,
        client_id=opening.client_id,
        appointment_id=opening.appointment_id,
        staff_id=opening.staff_id,
        event_at=event.at,
    )


def _insert(agent: Agent, location: Location, event: Event) -> AgentRun | None:
    """ON CONFLICT DO NOTHING: of two workers that heard the same event one writes the run."""
    fields: dict[str, Any] = {
        "connection_id": location.connection_id,
        "location": location,
        "agent": agent.name,
        "event_key": event.key[:200],
        "event": event.to_json(),
    }
    identity = {name: fields[name] for name in ("agent", "location", "event_key")}
    run, created = AgentRun.objects.get_or_create(**identity, defaults=fields)
    return run if created else None


def is_single(event: Event) -> bool:
    """An event of a whole location (a batch) has no placeholder: it is spread by the run."""
    return isinstance(event, AppointmentEvent | SlotFree) or event.client_id is not None


def _close(run: AgentRun, skip: Skip, now: datetime) -> AgentRun:
    """Kept, so that admin can see why an event led to no draft."""
    run.state, run.done_at = WorkRow.State.DONE, now
    run.outcome = AgentRun.Outcome.MISSED if skip.missed else AgentRun.Outcome.SKIPPED
    run.why_nothing = skip.why[:200]
    run.save(update_fields=["state", "done_at", "outcome", "why_nothing"])
    return run


def _supersede_waiting(agent: Agent, run: AgentRun, event: Event) -> None:
    """A booking that is still being moved about starts its quiet minutes anew."""
    if isinstance(event, AppointmentMoved):
        AgentRun.objects.filter(
            agent=agent.name,
            location_id=run.location_id,
            state=WorkRow.State.WAITING,
            event__appointment_id=event.appointment_id,
        ).exclude(pk=run.pk).filter(item__isnull=True).update(
            state=WorkRow.State.DONE,
            outcome=AgentRun.Outcome.SKIPPED,
            why_nothing=MOVED_AGAIN,
            done_at=clock.now(),
        )
