"""A manager's morning: locations with visits of known loss risk, and what happened before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from agents.models import VisitRisk
from approvals.models import ApprovalItem
from integrations.models import Appointment, Client, Location, User
from tests.support.desks import Desk, desk_make

# A Tuesday, half past seven in the morning in Los Angeles.
HALF_PAST = datetime(2026, 6, 16, 14, 30, tzinfo=UTC)


@dataclass
class Morning:
    desk: Desk
    manager: User

    @property
    def place(self) -> Location:
        return self.desk.location

    def visit(self, client: Client | None = None, hours: float = 5, **fields: Any) -> Appointment:
        """A visit so many hours from half past seven, with the risk given."""
        risk = fields.pop("risk", "high")
        chance = fields.pop("chance", 0.4)
        at = HALF_PAST + timedelta(hours=hours)
        defaults: dict[str, Any] = {
            "starts_at": at,
            "ends_at": at + timedelta(hours=1),
            "price": Decimal(120),
        }
        made = self.desk.appointment(client or self.desk.client(), **defaults | fields)
        VisitRisk.objects.create(
            appointment=made,
            state="done",
            level=risk,
            was_high=risk == "high",
            chance=chance,
            reasons=["Missed twice out of 6 bookings."],
            starts_at=made.starts_at,
            scored_at=HALF_PAST,
        )
        return made

    def rescue(self, visit: Appointment, **fields: Any) -> ApprovalItem:
        """A rescue draft about a visit that waits for a yes."""
        assert visit.client is not None
        return self.desk.draft(
            visit.client,
            agent="rescue",
            appointment_id=visit.pk,
            location=visit.location,
            loss_risk="high",
            due_at=visit.starts_at,
            **fields,
        )


def morning_make(*names: str, **person: Any) -> Morning:
    desk = desk_make(*names)
    return Morning(desk, desk.person("Ines Marlow", "manager", **person))
