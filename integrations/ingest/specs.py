"""Which model each kind of record becomes, what it refers to, and what it cannot be without."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db import models

from integrations.models import (
    Appointment,
    Client,
    Feedback,
    FormResponse,
    Location,
    Message,
    Product,
    Sale,
    Service,
    Shift,
    StaffMember,
    WaitlistEntry,
)
from integrations.models.base import MirrorRecord
from integrations.platforms.base import RecordKind

BOOKKEEPING = frozenset(field.name for field in MirrorRecord._meta.get_fields()) | {"id"}


@dataclass(frozen=True)
class Spec:
    """``refs`` are foreign keys by kind; ``needed`` must be there; ``ours`` no platform writes."""

    model: type[Any]
    refs: Mapping[str, RecordKind] = field(default_factory=dict)
    needed: tuple[str, ...] = ()
    ours: tuple[str, ...] = ()

    @cached_property
    def columns(self) -> dict[str, models.Field[Any, Any]]:
        """The columns a record fills directly."""
        left_out = BOOKKEEPING | set(self.refs) | set(self.ours)
        return {
            column.name: column
            for column in self.model._meta.concrete_fields
            if column.name not in left_out
        }

    @cached_property
    def beside(self) -> list[str]:
        """What an update may change besides what the record says, the moment of reading apart."""
        said = {*self.columns, *self.refs, "deleted_at", "synced_at"}
        return [name for name in self.written if name not in said]

    @cached_property
    def written(self) -> list[str]:
        """What an update saves: never a column that only we write, it may have changed since."""
        derived = [name for name in self.ours if name in {"search_key", "phone_last4"}]
        kept = ["platform_updated_at", "synced_at", "deleted_at", "as_of"]
        return [*self.columns, *self.refs, *derived, *kept]


SPECS: dict[RecordKind, Spec] = {
    "location": Spec(
        Location,
        needed=("name",),
        ours=(
            "quiet_from",
            "quiet_until",
            "tomorrow_ready_at",
            "call_from",
            "sending_paused_at",
            "sending_paused_reason",
        ),
    ),
    "staff": Spec(StaffMember, ours=("user",)),
    "service": Spec(Service),
    "product": Spec(Product),
    "client": Spec(
        Client,
        ours=("search_key", "phone_last4", "no_drafts", "plain_texts", "merged_into"),
    ),
    "appointment": Spec(
        Appointment,
        {"client": "client", "location": "location", "service": "service", "staff": "staff"},
        needed=("location", "starts_at"),
    ),
    "waitlist": Spec(
        WaitlistEntry,
        {"client": "client", "location": "location", "service": "service"},
        needed=("client", "location"),
    ),
    "shift": Spec(
        Shift,
        {"staff": "staff", "location": "location"},
        needed=("staff", "location", "starts_at", "ends_at"),
    ),
    "sale": Spec(
        Sale,
        {"client": "client", "location": "location"},
        needed=("location", "closed_at"),
    ),
    "message": Spec(Message, {"client": "client", "location": "location"}, needed=("sent_at",)),
    "feedback": Spec(
        Feedback,
        {"client": "client", "location": "location", "appointment": "appointment"},
        needed=("given_at",),
    ),
    "form": Spec(FormResponse, {"client": "client"}, needed=("client",)),
}
# Locks are taken in this order, so that two workers never wait for each other in a circle.
ORDER: dict[RecordKind, int] = {kind: place for place, kind in enumerate(SPECS)}
