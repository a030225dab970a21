"""What one delivery may cost: its statements, counted, so that a machine's speed plays no part.

Whatever hears an Event does so in the transaction that finishes the delivery. One listener that
reads a day instead of writing a row makes every draft come half a second later at a busy hour.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from agents.models import AgentConfig, AgentRun
from agents.registry import agents
from approvals.models import CalendarLook
from core import clock
from integrations.inbox import inbox_drain
from integrations.models import Appointment, Connection
from integrations.sandbox.remote import Remote
from tests.integrations.test_inbox import created, deliver
from tests.integrations.test_mangomint import NORA, booking, free_slot

# BEGIN, COMMIT and savepoints count too.
BOOKED = 50


def book(remote: Remote, client: str) -> dict[str, Any]:
    said = booking(client, free_slot(remote))
    return remote.act(
        "book",
        clientId=client,
        serviceId=said["service"],
        staffId=said["staff"],
        locationId=said["location"],
        startTime=said["starts_at"],
    )


def test_a_booking_of_a_known_client_takes_few_statements_with_every_listener_on(
    platform: Connection, remote: Remote
) -> None:
    since = clock.now() - timedelta(days=1)
    for agent in agents.names():
        AgentConfig.objects.create(connection=platform, agent=agent, enabled=True, enabled_at=since)
    nora = remote.act("add_client", **NORA)["id"]
    deliver(platform, created(book(remote, nora)), "first")
    inbox_drain()
    CalendarLook.objects.all().delete()
    deliver(platform, created(book(remote, nora)), "second")
    with CaptureQueriesContext(database) as captured:
        assert inbox_drain() == 1
    assert Appointment.objects.count() == 2
    assert AgentRun.objects.filter(agent="confirmation").count() == 2
    assert CalendarLook.objects.count() == 1
    assert len(captured) <= BOOKED, len(captured)
