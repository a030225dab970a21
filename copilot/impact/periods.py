"""Which weeks are looked at, and which ones before they are compared with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from integrations.models import Location

DAYS = (30, 90, 365)
USUAL = 90
# Whole weeks, so that Mondays meet Mondays.
YEAR = timedelta(weeks=52)
RETURN_WITHIN = timedelta(days=60)


@dataclass(frozen=True)
class Period:
    """``since`` to ``until``, of some locations.

    ``year_since``/``year_until``: the same weeks a year before. ``first_since``/``first_until``: as
    many days straight before the copilot began to work here, for a salon whose history is shorter;
    they end where the period begins if that is earlier, so that nothing is compared with itself.
    """

    places: Sequence[Location]
    since: datetime
    until: datetime
    began: datetime

    @classmethod
    def of(cls, places: Sequence[Location], until: datetime, days: int) -> "Period":
        began = min((place.connection.live_since for place in places), default=until)
        return cls(places, until - timedelta(days=days), until, began)

    @property
    def length(self) -> timedelta:
        return self.until - self.since

    @property
    def first_until(self) -> datetime:
        return min(self.began, self.since)

    def params(self) -> dict[str, Any]:
        return {
            "places": [place.pk for place in self.places],
            "since": self.since,
            "until": self.until,
            "year_since": self.since - YEAR,
            "year_until": self.until - YEAR,
            "first_since": self.first_until - self.length,
            "first_until": self.first_until,
            "within": RETURN_WITHIN,
            "zone": self.places[0].timezone if self.places else "UTC",
        }
