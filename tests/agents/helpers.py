"""Short ways to let an event happen and to see what was drafted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from agents import runs
from agents.base import Setup
from agents.context import Context
from agents.listeners import hear
from agents.models import AgentRun
from agents.registry import agents
from agents.writer import TemplateWriter
from approvals.models import ApprovalItem
from core import clock
from core.work import WorkRow
from integrations.events import (
    AppointmentBooked,
    AppointmentMoved,
    AppointmentSoon,
    Event,
    ServiceCompleted,
)
from integrations.models import Appointment, Message


def event_for(kind: type[Event], row: Appointment, **more: Any) -> Any:
    at = more.pop("at", clock.now())
    return kind(
        key=f"{kind.__name__}:{row.external_id}:{row.starts_at.isoformat()}:{at.isoformat()}",
        connection_id=str(row.connection_id),
        at=at,
        location_id=row.location_id,
        client_id=row.client_id,
        **({"appointment_id": row.pk} | more),
    )


def booked(row: Appointment, **more: Any) -> AppointmentBooked:
    found: AppointmentBooked = event_for(AppointmentBooked, row, **more)
    return found


def moved(row: Appointment, **more: Any) -> AppointmentMoved:
    found: AppointmentMoved = event_for(AppointmentMoved, row, **more)
    return found


def soon(row: Appointment, **more: Any) -> AppointmentSoon:
    found: AppointmentSoon = event_for(AppointmentSoon, row, offset="reminder-24h", **more)
    return found


def completed(row: Appointment, **more: Any) -> ServiceCompleted:
    found: ServiceCompleted = event_for(ServiceCompleted, row, **more)
    return found


def gather(agent: str, event: Event, as_of: datetime | None = None, **settings: Any) -> Any:
    """What an agent gathers for an event: a Context, or a Skip."""
    cls = agents.get(agent)
    setup = Setup(settings=cls.Settings(**settings), writer=TemplateWriter())
    return cls(setup).gather(event, as_of or clock.now())


def text_of(agent: str, context: Context) -> str:
    cls = agents.get(agent)
    made = cls(Setup(settings=cls.Settings(), writer=TemplateWriter()))
    return made.draft(context).text.body


def happen(*events: Event) -> None:
    """The events are heard, and what they asked for is written."""
    for event in events:
        hear(event)
    runs.runs_drain()


def pending(agent: str = "confirmation") -> list[ApprovalItem]:
    rows = ApprovalItem.objects.filter(agent=agent, state=ApprovalItem.State.PENDING)
    return list(rows.select_related("revision").order_by("pk"))


def settle(item: ApprovalItem) -> None:
    """As if a person had approved it and it went out a moment ago."""
    for state in ("approved", "sending", "sent"):
        ApprovalItem.objects.filter(pk=item.pk).update(state=state, closed_at=clock.now())


def message(client: Any, body: str, *, incoming: bool, **more: Any) -> Message:
    number = Message.objects.count() + 1
    values = {"channel": "sms", "sent_at": clock.now(), "source": "" if incoming else "api"}
    return Message.objects.create(
        connection_id=client.connection_id,
        external_id=f"msg_{number}",
        client=client,
        incoming=incoming,
        body=body,
        **(values | more),
    )


def why_nothing(agent: str = "confirmation") -> str:
    run = AgentRun.objects.filter(agent=agent).order_by("-pk").first()
    assert run is not None
    assert run.state == WorkRow.State.DONE
    return run.why_nothing
