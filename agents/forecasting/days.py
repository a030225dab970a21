"""A forecast of days from the same weekdays before: newer ones count more, and a weekday seen
rarely is drawn towards what the others say."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import fmean, pstdev

# A day so many days ago counts half.
HALF_LIFE = 42.0
# A weekday's own mean counts against so many days of the mean of all.
SHRINK = 2.0
# Fewer open days behind than this foretell nothing.
LEAST_DAYS = 10
# So many standard deviations off, a day was unusual (about one in fifty is by chance).
UNUSUAL = 2.3
# ... and at least by a quarter: a salon whose Fridays are all alike has no news in twenty dollars.
LEAST_OFF = 0.25
# A weekday seen less often has no usual.
LEAST_SAME = 4


@dataclass(frozen=True)
class Unusual:
    """A day that took much more or less than its weekday. ``expected``: the mean of the others."""

    day: date
    took: float
    expected: float

    @property
    def ratio(self) -> float:
        return self.took / self.expected if self.expected > 0 else 0.0


def days_forecast(past: Mapping[date, float], ahead: Sequence[date]) -> list[float] | None:
    """Takings of each day in ``ahead`` (open days only) from the open days behind; None where too
    few are. A day that is closed is in neither."""
    if len(past) < LEAST_DAYS:
        return None
    newest = max(past)
    weights = {day: 0.5 ** ((newest - day).days / HALF_LIFE) for day in past}
    level = _mean(past, weights, past)
    by_weekday: dict[int, list[date]] = defaultdict(list)
    for day in past:
        by_weekday[day.weekday()].append(day)
    found = []
    for day in ahead:
        own = by_weekday.get(day.weekday(), [])
        known = sum(weights[one] for one in own)
        total = sum(weights[one] * past[one] for one in own) + SHRINK * level
        found.append(total / (known + SHRINK))
    return found


def unusual_days(past: Mapping[date, float], since: date) -> list[Unusual]:
    """Days from ``since`` on that were far from what their weekday usually takes."""
    found = []
    for day in sorted(one for one in past if one >= since):
        others = {one: took for one, took in past.items() if one != day}
        same = [took for one, took in others.items() if one.weekday() == day.weekday()]
        if len(same) < LEAST_SAME or len(others) < LEAST_DAYS:
            continue
        usual = fmean(same)
        off = abs(past[day] - usual)
        if off > UNUSUAL * pstdev(same) and off > LEAST_OFF * usual:
            found.append(Unusual(day, past[day], usual))
    return found


def _mean(
    past: Mapping[date, float], weights: Mapping[date, float], days: Mapping[date, float]
) -> float:
    total = sum(weights[day] for day in days)
    return sum(weights[day] * past[day] for day in days) / total if total else fmean(past.values())
