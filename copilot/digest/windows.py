"""Local days of several locations as conditions of one query."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q

from integrations.models import Location


@dataclass(frozen=True)
class Days:
    """The digest's stretch at each of some locations: from ``since`` to the end of ``day``."""

    places: Sequence[Location]
    since: date
    day: date

    def before(self, field: str, place: str = "location_id") -> Q:
        """``field`` lies between the start of ``since`` and the start of ``day``, local time."""
        return self._within(field, place, self.since, self.day)

    def today(self, field: str, place: str = "location_id") -> Q:
        """``field`` lies on ``day``, local time."""
        return self._within(field, place, self.day, self.day + timedelta(days=1))

    def coming(self, field: str, days: int, place: str = "location_id") -> Q:
        return self._within(field, place, self.day, self.day + timedelta(days=days))

    def lately(self, field: str, back: timedelta, place: str = "location_id") -> Q:
        """The same as ``before``, begun so much earlier."""
        return self._within(field, place, self.since - back, self.day)

    def start_of_day(self, place: Location) -> datetime:
        return midnight(self.day, place.zone)

    def start(self, place: Location) -> datetime:
        return midnight(self.since, place.zone)

    def _within(self, field: str, place: str, first: date, end: date) -> Q:
        """One condition per time zone, not one per location."""
        zones: dict[str, list[int]] = defaultdict(list)
        for one in self.places:
            zones[one.timezone].append(one.pk)
        found = Q(pk__in=[])
        for name, ids in zones.items():
            zone = ZoneInfo(name)
            found |= Q(
                **{
                    f"{place}__in": ids,
                    f"{field}__gte": midnight(first, zone),
                    f"{field}__lt": midnight(end, zone),
                }
            )
        return found


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The start of a local day, aware. Where the clocks skip it, the first moment after."""
    return datetime.combine(day, time(), zone)
