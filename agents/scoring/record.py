"""A client's record: what became of each visit, and what that adds up to at one moment."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from agents.context import Past
from integrations.models import Appointment

Status = Appointment.Status
# A cancellation within a day of the visit leaves little chance to refill it; an earlier one is
# neither kept nor lost, and says nothing here.
LATE_CANCEL = timedelta(hours=24)
KEPT = (Status.COMPLETED, Status.CHECKED_IN)


def outcome(row: Appointment) -> bool | None:
    """Whether the visit was lost; None where it says nothing (cancelled in time, still open)."""
    if row.status in KEPT:
        return False
    if row.status == Status.NO_SHOW:
        return True
    if row.status == Status.CANCELLED and row.cancelled_at is not None:
        return True if row.starts_at - row.cancelled_at <= LATE_CANCEL else None
    return None


def record(before: Sequence[Appointment], service: str, at: datetime, complete: bool) -> Past:
    """A client's record from earlier visits in order, as it stood at ``at``."""
    kept = [row for row in before if row.status in KEPT]
    told = [row for row in before if outcome(row) is not None]
    missed = sum(row.status == Status.NO_SHOW for row in told)
    return Past(
        visits=len(kept),
        no_shows=missed,
        late_cancels=len(told) - len(kept) - missed,
        complete=complete,
        last_lost=bool(told) and bool(outcome(told[-1])),
        same_service=sum(row.service_name == service and bool(service) for row in kept),
        days_since_last=(at - kept[-1].starts_at).days if kept else None,
    )
