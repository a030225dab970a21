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
# Less of the copilot's own time than this is weekdays against other weekdays, whatever the count.
LEAST_COMPARED = timedelta(days=14)


@dataclass(frozen=True)
class Period:
    """``since`` to ``until``, of some locations.

    ``ours_since`` to ``until``: the part of it in which the copilot worked here. Only that part is
    compared: with the same weeks a year before, or, for a salon whose history is shorter, with as
    many days straight before the copilot began.
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
    def ours_since(self) -> datetime:
        return min(max(self.since, self.began), self.until)

    @property
    def length(self) -> timedelta:
        """Of what is compared."""
        return self.until - self.ours_since

    @property
    def too_short(self) -> bool:
        """Whether the copilot has not worked here long enough to be compared with anything."""
        return self.length < LEAST_COMPARED

    def params(self) -> dict[str, Any]:
        return {
            "places": [place.pk for place in self.places],
            "since": self.since,
            "until": self.until,
            "ours_since": self.ours_since,
            "year_since": self.ours_since - YEAR,
            "year_until": self.until - YEAR,
            "first_since": min(self.began, self.ours_since) - self.length,
            "first_until": min(self.began, self.ours_since),
            "within": RETURN_WITHIN,
            "zone": self.places[0].timezone if self.places else "UTC",
        }
