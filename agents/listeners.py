"""What agents hear: Events become AgentRuns of the agents that are switched on at that location.

Runs inside the transaction that finishes the InboundEvent and only writes rows.
"""

from agents.base import Agent
from agents.config import configs_for
from agents.erasing import corrections_empty_for, runs_empty_for, scores_empty_for
from agents.here import drafting_at
from agents.learning.keeping import correction_keep
from agents.models import AgentRun
from agents.opening import DRAIN, run_open
from agents.registry import agents
from approvals.models import ApprovalItem
from approvals.news import ClientErased, EditedSent, RegenerateAsked
from approvals.services.items import item_drop
from core.announce import listen
from core.audit import Actor
from core.doorbell import ring_on_commit
from integrations.events import AppointmentSoon, Event
from integrations.models import Appointment, Location

NOT_AGAIN = "what it was written from is not kept any more."


@listen("agents")
def hear(event: Event) -> None:
    """Every Event passes here; most mean nothing to any agent and cost no query."""
    if isinstance(event, RegenerateAsked):
        regenerate_hear(event)
        return
    if isinstance(event, ClientErased) and event.client_id is not None:
        runs_empty_for(connection_id=event.connection_id, client_id=event.client_id)
        corrections_empty_for(client_id=event.client_id)
        scores_empty_for(client_id=event.client_id)
        return
    if isinstance(event, EditedSent):
        correction_keep(event.item_id, event.offer_id)
        return
    if event.history or event.location_id is None:
        return
    wanted = [agent for agent in agents if concerns(agent, event)]
    if not wanted:
        return
    location = Location.objects.select_related("connection").get(pk=event.location_id)
    configs = configs_for(location, [agent.name for agent in wanted])
    with drafting_at(location):
        for agent in wanted:
            config = configs[agent.name]
            if config.hears(event):
                run_open(config=config, location=location, event=event)


def concerns(agent: type[Agent], event: Event) -> bool:
    """Whether an agent listens to this kind of event; of the clock's, to its own moments only."""
    if not isinstance(event, agent.listens_to):
        return False
    if isinstance(event, AppointmentSoon):
        return event.offset in {offset.name for offset in agent.offsets}
    return True


def regenerate_hear(event: RegenerateAsked) -> None:
    """A person asked for another draft: the same event once more, with their instruction."""
    item = ApprovalItem.objects.filter(pk=event.item_id).first()
    last = AgentRun.objects.filter(item_id=event.item_id).order_by("-pk").first()
    if item is None:
        return
    if last is None or item.agent not in agents:
        item_drop(actor=Actor.agent(item.agent), item_id=item.pk, reason=NOT_AGAIN)
        return
    AgentRun.objects.get_or_create(
        agent=item.agent,
        location_id=item.location_id,
        event_key=event.key[:200],
        defaults={
            "connection_id": item.connection_id,
            "event": _still_true(last.event, item),
            "item": item,
            "instruction": event.instruction[:500],
        },
    )
    ring_on_commit(DRAIN)


def _still_true(event: dict[str, object], item: ApprovalItem) -> dict[str, object]:
    """The event of the draft; where its own appointment is gone, of another one it speaks of."""
    covered = [int(pk) for pk, _ in item.covers]
    ahead = Appointment.objects.filter(
        pk__in=covered, status__in=Appointment.UPCOMING, deleted_at=None
    )
    left = list(ahead.order_by("starts_at").values_list("pk", flat=True))
    if left and event.get("appointment_id") not in left:
        return event | {"appointment_id": left[0]}
    return event
