"""What matching knows of a slot and of those waiting, as plain data that a run can keep.

No names, numbers or notes: a ranking can be tried again later on these facts without holding
anything that says who somebody is. Times are UTC.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import Field

from agents.context import Part


class Slot(Part):
    """A free slot. ``minutes`` is its length, ``opening_id`` 0 while it is not recorded yet.

    ``given_up_phone_of`` is the oldest client on the phone of whoever gave it up.
    """

    opening_id: int = 0
    location_id: int
    timezone: str
    starts_at: datetime
    ends_at: datetime
    service_id: int | None = None
    service: str = ""
    staff_id: int | None = None
    staff_external_id: str = ""
    staff: str = ""
    skills: list[str] = Field(default_factory=list)
    room_kind: str = ""
    postal_code: str = ""
    given_up_by: int | None = None
    given_up_phone_of: int = 0
    appointment_id: int | None = None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def minutes(self) -> int:
        return round((self.ends_at - self.starts_at).total_seconds() / 60)


class Asked(Part):
    """An earlier or waiting offer to the same client. ``state`` as on Offer."""

    opening_id: int
    state: str
    sent_at: datetime | None = None
    answered_at: datetime | None = None
    starts_at: datetime
    ends_at: datetime


class Ahead(Part):
    """An upcoming appointment of the same client."""

    id: int
    service_id: int | None = None
    service: str = ""
    starts_at: datetime
    ends_at: datetime | None = None


class Said(Part):
    """One row of consent."""

    channel: str
    purpose: str
    origin: str
    granted: bool
    at: datetime | None = None


class Waiting(Part):
    """One waitlist entry with what is known of its client.

    ``phone_of`` is the oldest client on the same phone (0 without a phone); ``forms`` are names of
    those filled in and not expired; ``with_staff`` counts visits with the slot's therapist.
    """

    entry_id: int
    client_id: int
    phone_of: int = 0
    has_email: bool = False
    service_id: int | None = None
    service: str = ""
    minutes: int | None = None
    skill: str = ""
    form_required: str = ""
    resource_kind: str = ""
    staff_ids: list[str] = Field(default_factory=list)
    windows: list[dict[str, Any]] = Field(default_factory=list)
    priority: str = ""
    waiting_since: datetime | None = None
    note: str = Field(default="", exclude=True)
    postal_code: str = ""
    tags: list[str] = Field(default_factory=list)
    visits: int = 0
    missed: int = 0
    spend: Decimal = Decimal(0)
    no_drafts: bool = False
    consent: list[Said] = Field(default_factory=list)
    forms: list[str] = Field(default_factory=list)
    ahead: list[Ahead] = Field(default_factory=list)
    with_staff: int = 0
    asked: list[Asked] = Field(default_factory=list)


class Ranked(Part):
    """Somebody to ask: place by ``score`` (0 to 100), why, and what speaks against it."""

    entry_id: int
    client_id: int
    score: float
    reasons: list[str]
    doubts: list[str]
    instead_of: int | None = None
    parts: dict[str, float] = Field(default_factory=dict)


class LeftOut(Part):
    """Somebody who is not asked, and why."""

    entry_id: int
    client_id: int
    reason: str


class Ranking(Part):
    """The whole list for one slot, best first."""

    ranked: list[Ranked] = Field(default_factory=list)
    left_out: list[LeftOut] = Field(default_factory=list)

    def place_of(self, client_id: int) -> int:
        """From 1; 0 when they are not on the list."""
        found = (n for n, one in enumerate(self.ranked, 1) if one.client_id == client_id)
        return next(found, 0)
