"""A connection's own past as visits with their outcome, each as it looked when it was booked."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from agents.scoring.columns import Columns
from agents.scoring.loss_risk import ORDINARY, Upcoming
from agents.scoring.record import outcome, record
from agents.scoring.visits import Scorable, columns_of
from integrations.models import Appointment, Connection

# Habits of three years ago are another salon's; more rows than this cost the night more than
# they teach.
YEARS_BACK = timedelta(days=3 * 365)
MOST = 100_000
# Where the platform does not say when it was booked: as if it were scored the day before.
DAY_BEFORE = timedelta(days=1)


@dataclass(frozen=True)
class PastVisits:
    """Rows in the order of their start; ``lost`` one bool each."""

    visits: list[Scorable]
    columns: Columns
    lost: NDArray[np.bool_]
    starts: list[datetime]

    def __len__(self) -> int:
        return len(self.visits)

    def part(self, first: int, end: int) -> "PastVisits":
        columns = self.columns.rows(np.arange(first, end))
        return PastVisits(
            self.visits[first:end], columns, self.lost[first:end], self.starts[first:end]
        )


def past_visits(connection: Connection, until: datetime) -> PastVisits:
    """Everything that was kept or lost before ``until``, one query."""
    rows = list(_rows(connection, until))
    known = [lost for row in rows if (lost := outcome(row)) is not None]
    ordinary = sum(known) / len(known) if known else ORDINARY
    rows.sort(key=lambda row: (row.client_id or 0, row.starts_at))
    found = [
        pair
        for _, own in groupby(rows, key=lambda row: row.client_id)
        for pair in _visits_of(list(own), ordinary, connection.history_complete)
    ]
    found.sort(key=lambda pair: pair[0].starts_at)
    visits = [visit for _, visit in found]
    losses = np.array([bool(outcome(row)) for row, _ in found], dtype=bool)
    return PastVisits(visits, columns_of(visits), losses, [row.starts_at for row, _ in found])


def _rows(connection: Connection, until: datetime) -> Iterable[Appointment]:
    fields = (
        "client_id", "starts_at", "ends_at", "booked_at", "cancelled_at", "status", "price",
        "service_name", "source", "location__timezone", "location__external_id",
    )  # fmt: skip
    rows = Appointment.objects.filter(
        connection=connection,
        client__isnull=False,
        deleted_at=None,
        starts_at__lt=until,
        starts_at__gte=until - YEARS_BACK,
    )
    return rows.select_related("location").only(*fields).order_by("-starts_at")[:MOST].iterator()


def _visits_of(
    own: list[Appointment], ordinary: float, complete: bool
) -> Iterator[tuple[Appointment, Scorable]]:
    for place, row in enumerate(own):
        if outcome(row) is None:
            continue
        scored_at = min(row.booked_at or row.starts_at - DAY_BEFORE, row.starts_at)
        before = [earlier for earlier in own[:place] if earlier.starts_at < scored_at]
        yield (
            row,
            Scorable(
                past=record(before, row.service_name, scored_at, complete),
                upcoming=Upcoming(_lead(row), row.price, _minutes(row)),
                starts=row.starts_at.astimezone(row.location.zone),
                location=row.location.external_id,
                service=row.service_name,
                source=row.source,
                ordinary=ordinary,
            ),
        )


def _lead(row: Appointment) -> float | None:
    if row.booked_at is None:
        return None
    return max((row.starts_at - row.booked_at).total_seconds() / 86400, 0.0)


def _minutes(row: Appointment) -> int | None:
    return round((row.ends_at - row.starts_at).total_seconds() / 60) if row.ends_at else None
