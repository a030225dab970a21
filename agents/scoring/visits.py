"""A visit as the scorer reads it: only what is known at the moment it is scored.

The same columns are made for a booking of today and for the past it is learned from, in one place,
so that nothing is learned that will not be known.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from agents.context import Past
from agents.scoring.columns import Columns
from agents.scoring.loss_risk import LATE_CANCEL_WEIGHT, ORDINARY, ORDINARY_WEIGHT, Upcoming


@dataclass(frozen=True)
class Scorable:
    """``starts``: in the location's own time. ``ordinary``: the share lost here, to shrink to."""

    past: Past
    upcoming: Upcoming
    starts: datetime
    location: str
    service: str = ""
    source: str = ""
    ordinary: float = ORDINARY


def columns_of(visits: Sequence[Scorable]) -> Columns:
    """Columns of these visits, one row each."""
    rows = [_numbers(visit) for visit in visits]
    names = list(rows[0]) if rows else []
    numbers = {name: np.array([row[name] for row in rows], dtype=float) for name in names}
    kinds = {
        "service": [visit.service for visit in visits],
        "source": [visit.source for visit in visits],
        "location": [visit.location for visit in visits],
        "weekday": [str(visit.starts.weekday()) for visit in visits],
    }
    return Columns(numbers, kinds)


def _numbers(visit: Scorable) -> dict[str, float]:
    past, upcoming = visit.past, visit.upcoming
    known = past.visits + past.no_shows + past.late_cancels
    lost = past.no_shows + LATE_CANCEL_WEIGHT * past.late_cancels
    price = None if upcoming.price is None else float(upcoming.price)
    return {
        "record": (lost + visit.ordinary * ORDINARY_WEIGHT) / (known + ORDINARY_WEIGHT),
        "known": float(np.log1p(known)),
        "last_lost": float(past.last_lost),
        "new": float(past.first_visit),
        "same_service": float(np.log1p(past.same_service)),
        "days_since": _or_nan(past.days_since_last),
        "lead_days": _or_nan(upcoming.lead_days),
        "price": _or_nan(price),
        "minutes": _or_nan(upcoming.minutes),
        "hour": visit.starts.hour + visit.starts.minute / 60,
    }


def _or_nan(value: Any) -> float:
    return float("nan") if value is None else float(value)
