"""Slots and entries for the pure parts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from agents.matching.facts import Ahead, Asked, Ranked, Said, Slot, Waiting
from agents.matching.rules import Asking, Terms, why_not
from agents.matching.scoring import ranked
from agents.matching.settings import OpenSlotSettings

# A Friday, ten in the morning in Los Angeles; the slot is that afternoon.
NOW = datetime(2026, 6, 12, 17, tzinfo=UTC)
START = NOW + timedelta(hours=4, minutes=30)


def slot(**fields: Any) -> Slot:
    values: dict[str, Any] = {
        "opening_id": 9,
        "location_id": 1,
        "timezone": "America/Los_Angeles",
        "starts_at": START,
        "ends_at": START + timedelta(minutes=60),
        "service_id": 5,
        "service": "Hot stone massage",
        "staff_id": 3,
        "staff_external_id": "sta_3",
        "staff": "Sarah Lind",
        "skills": ["massage"],
        "room_kind": "room",
        "postal_code": "90012",
    }
    return Slot(**values | fields)


def entry(client: int = 1, **fields: Any) -> Waiting:
    values: dict[str, Any] = {
        "entry_id": 100 + client,
        "client_id": client,
        "phone_of": client,
        "service_id": 5,
        "service": "Hot stone massage",
        "minutes": 60,
        "skill": "massage",
        "resource_kind": "room",
        "waiting_since": NOW - timedelta(days=5),
        "consent": [said()],
    }
    return Waiting(**values | fields)


def said(channel: str = "sms", granted: bool = True) -> Said:
    return Said(channel=channel, purpose="transactional", origin="platform", granted=granted)


def asked(state: str, hours_ago: float, minutes: float | None = None, **fields: Any) -> Asked:
    """An offer of a slot two days off, answered after so many minutes."""
    sent = NOW - timedelta(hours=hours_ago)
    values: dict[str, Any] = {
        "opening_id": 1000 + round(hours_ago * 10),
        "state": state,
        "sent_at": sent,
        "answered_at": sent + timedelta(minutes=minutes) if minutes is not None else None,
        "starts_at": START + timedelta(days=2),
        "ends_at": START + timedelta(days=2, hours=1),
    }
    return Asked(**values | fields)


def ahead(hours: float, service_id: int | None = 5) -> Ahead:
    """An appointment so many hours after the slot."""
    at = START + timedelta(hours=hours)
    return Ahead(
        id=70, service_id=service_id, service="Hot stone massage", starts_at=at,
        ends_at=at + timedelta(hours=1),
    )  # fmt: skip


def against(waiting: Waiting, free: Slot | None = None, **settings: Any) -> Asking:
    return Asking(waiting, Terms(free or slot(), OpenSlotSettings(**settings), NOW))


def reason(waiting: Waiting, free: Slot | None = None, **settings: Any) -> str:
    return why_not(against(waiting, free, **settings))


def score(waiting: Waiting, free: Slot | None = None, **settings: Any) -> Ranked:
    return ranked(against(waiting, free, **settings))
