"""Drafts with their runs and what became of them, as bare rows, for the quality page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from agents.models import AgentRun
from approvals.models import ApprovalItem, Decision, Revision
from core import clock
from integrations.models import Appointment, Client, Sale, User
from tests.support.desks import Desk


def made(desk: Desk, state: str, user: User | None, **fields: Any) -> ApprovalItem:
    """A draft with its run and what a person said of it, as bare rows."""
    number, agent = ApprovalItem.objects.count(), fields.pop("agent", "confirmation")
    place = fields.pop("location", desk.location)
    at = clock.now() - timedelta(days=fields.pop("days_ago", 3))
    run, kinds = fields.pop("run", {}), fields.pop("said", ())
    text = {"writer": "model", "body": "Hi"} | fields.pop("text", {})
    seconds = fields.pop("seconds", 5.0)
    item = ApprovalItem.objects.create(
        connection=desk.connection, location=place, agent=agent,
        subject=f"visit:{number}", state=state, pending_at=at, **fields,
    )  # fmt: skip
    item.revision = Revision.objects.create(item=item, number=1, **text)
    item.save()
    AgentRun.objects.create(
        connection=desk.connection, location=place, agent=agent, item=item,
        event_key=f"event:{number}", event={}, outcome="drafted", state="done", created_at=at,
        **{"writer": "model", "model": "gpt-5-mini", "cost": Decimal("0.002"),
           "latency_ms": 900, "facts_missing": 0} | run,
    )  # fmt: skip
    for kind in kinds:
        Decision.objects.create(
            item=item, kind=kind, actor=user, actor_name="x", at=at, revision=item.revision,
            scope="item" if kind == "approve" else "", seconds=seconds,
            reason="wrong_fact" if kind == "reject" else "",
        )  # fmt: skip
    return item


def month(desk: Desk, users: Iterable[User], unedited: int = 24) -> None:
    people = list(users)
    for number in range(unedited):
        made(desk, "sent", people[number % len(people)], said=["approve"], seconds=4 + number)
    for _ in range(4):
        made(desk, "sent", people[0], said=["edit", "approve"], run={"facts_missing": 1})
    for _ in range(2):
        made(desk, "rejected", people[0], said=["reject"])


def drawn(desk: Desk, number: int, *, holdout: bool, came: bool, again: bool = False) -> None:
    """A client drawn for one of the two texts, and what came of their visit."""
    client = Client.objects.create(connection=desk.connection, external_id=f"ab_{holdout}_{number}")
    starts = clock.now() - timedelta(days=40)
    visit = Appointment.objects.create(
        connection=desk.connection, external_id=f"v_{holdout}_{number}", client=client,
        location=desk.location, starts_at=starts, visit_id=f"vis_{holdout}_{number}",
        status="completed" if came else "no_show",
    )  # fmt: skip
    if again:
        Appointment.objects.create(
            connection=desk.connection, external_id=f"n_{holdout}_{number}", client=client,
            location=desk.location, starts_at=clock.now() + timedelta(days=5),
            booked_at=starts + timedelta(hours=1),
        )  # fmt: skip
    if came:
        Sale.objects.create(
            connection=desk.connection, external_id=f"s_{holdout}_{number}", client=client,
            location=desk.location, visit_id=visit.visit_id, closed_at=starts,
            total=Decimal(100 + number % 7 + (0 if holdout else 30)),
        )  # fmt: skip
    for _ in range(2):
        made(
            desk, "sent", None, client=client, appointment=visit, days_ago=42,
            run={"compared": True, "holdout": holdout},
        )  # fmt: skip
