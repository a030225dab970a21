"""What became of a visit after its slot was filled: a page that is opened again tells the truth."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from approvals.models import Opening
from integrations.models import Appointment

Became = Literal["stands", "moved", "cancelled", "past"]
# Platforms keep whole minutes.
SAME = timedelta(minutes=1)
OFF = frozenset({Appointment.Status.CANCELLED, Appointment.Status.NO_SHOW})


@dataclass(frozen=True)
class Since:
    """``starts_at`` and ``ends_at``: when it is by now."""

    became: Became
    starts_at: datetime
    ends_at: datetime


def since_filled(opening: Opening, now: datetime) -> Since:
    """How the booked visit of a slot stands in the working copy; one query.

    A booking that has not been read back yet stands as it was made.
    """
    row = Appointment.objects.filter(
        connection_id=opening.connection_id, external_id=opening.filled_appointment_id or "-"
    ).first()
    if row is None:
        return Since(_by(opening.ends_at, now, "stands"), opening.starts_at, opening.ends_at)
    length = opening.ends_at - opening.starts_at
    ends_at = row.ends_at or row.starts_at + length
    if row.deleted_at is not None or row.status in OFF:
        return Since(_by(ends_at, now, "cancelled"), row.starts_at, ends_at)
    moved = abs(row.starts_at - opening.starts_at) >= SAME
    return Since(_by(ends_at, now, "moved" if moved else "stands"), row.starts_at, ends_at)


def _by(ends_at: datetime, now: datetime, became: Became) -> Became:
    return "past" if now >= ends_at else became
