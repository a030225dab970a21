"""A forecast of weeks from last year's same weeks: per open day, with what is known ahead.

Last year's week is the best single guess of a season. It is taken per open day (a closed day moves
the total, not the demand), moved half the way of this year's growth (growth fades), and corrected
for a push that ran then and not now, or now and not then, by as much as pushes did in the past.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log
from statistics import fmean

SEASON = 52
# Growth is read off the last quarter against the same weeks a year before, and half believed.
RECENT = 13
GROWTH_SHARE = 0.5
GROWTH_AT_MOST = log(1.5)
# So much evidence of "a push does nothing" is mixed in: a salon's few pushes prove little.
PRIOR_PUSHES = 2.0


@dataclass(frozen=True)
class Weeks:
    """One location's weeks in order. ``takings`` ends where the future begins; ``open_days`` and
    ``pushes`` (0 to 1: the share of the week with an offer running) go on into it."""

    takings: Sequence[float]
    open_days: Sequence[float]
    pushes: Sequence[float]

    def rate(self, week: int) -> float | None:
        """Log takings per open day; None for a week that was closed or took nothing."""
        if self.open_days[week] <= 0 or self.takings[week] <= 0:
            return None
        return log(self.takings[week] / self.open_days[week])


def push_effect(everywhere: Sequence[Weeks]) -> float:
    """What a week-long push did to the log of a day's takings: from week to week, all locations
    together, so that level and season drop out."""
    together = pushed = 0.0
    for weeks in everywhere:
        for week in range(1, len(weeks.takings)):
            now, before = weeks.rate(week), weeks.rate(week - 1)
            change = weeks.pushes[week] - weeks.pushes[week - 1]
            if now is not None and before is not None and change:
                together += change * (now - before)
                pushed += change * change
    return together / (pushed + PRIOR_PUSHES)


def weeks_forecast(weeks: Weeks, ahead: int, effect: float) -> list[float]:
    """Takings of the next ``ahead`` weeks. With less than a year behind, the mean of the last four
    open weeks per open day; nothing is foretold of a location that never took anything."""
    count = len(weeks.takings)
    growth = _growth(weeks, effect)
    flat = _flat(weeks, effect)
    found = []
    for week in range(count, count + ahead):
        then = week - SEASON
        rate = weeks.rate(then) if 0 <= then < count else None
        base = flat if rate is None else rate - effect * weeks.pushes[then] + growth
        open_days = weeks.open_days[week]
        found.append(0.0 if base is None else exp(base + effect * weeks.pushes[week]) * open_days)
    return found


def _growth(weeks: Weeks, effect: float) -> float:
    """Half the growth of the last quarter over the same weeks a year before, in logs."""
    pairs = []
    for week in range(max(len(weeks.takings) - RECENT, SEASON), len(weeks.takings)):
        now, then = weeks.rate(week), weeks.rate(week - SEASON)
        if now is not None and then is not None:
            pairs.append(now - then - effect * (weeks.pushes[week] - weeks.pushes[week - SEASON]))
    found = fmean(pairs) if pairs else 0.0
    return GROWTH_SHARE * max(min(found, GROWTH_AT_MOST), -GROWTH_AT_MOST)


def _flat(weeks: Weeks, effect: float) -> float | None:
    rates = [
        rate - effect * weeks.pushes[week]
        for week in range(len(weeks.takings))
        if (rate := weeks.rate(week)) is not None
    ]
    return fmean(rates[-4:]) if rates else None
