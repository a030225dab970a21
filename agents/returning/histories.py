"""What is known of each client's visits on one day, as plain data and as columns."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from statistics import median

import numpy as np

from agents.returning.bgnbd import Floats

# The salon's own rhythm counts like so many gaps of the client: two visits say little.
SHRINK = 2
# A salon of which no client came twice yet: about how often people come (hair: five to eight
# weeks), only to have a number to begin with.
USUAL_DAYS = 42.0


@dataclass(frozen=True)
class History:
    """One client: the days on which they came, in order, and what each visit took."""

    client: int | str
    days: tuple[date, ...]
    spent: tuple[float, ...]

    def until(self, day: date) -> "History | None":
        """As it was known on ``day``, that day included; None where there was no visit yet."""
        count = sum(1 for one in self.days if one <= day)
        return History(self.client, self.days[:count], self.spent[:count]) if count else None

    def came(self, after: date, until: date) -> bool:
        return any(after < day <= until for day in self.days)

    @property
    def repeats(self) -> int:
        return len(self.days) - 1

    @property
    def mean_spent(self) -> float:
        return sum(self.spent) / len(self.spent)


def known_on(histories: Iterable[History], day: date) -> list[History]:
    return [known for one in histories if (known := one.until(day)) is not None]


def salon_rhythm(histories: Iterable[History]) -> float:
    """The middle of all clients' own mean gaps, in days."""
    gaps = [(one.days[-1] - one.days[0]).days / one.repeats for one in histories if one.repeats]
    return max(float(median(gaps)), 1.0) if gaps else USUAL_DAYS


def rhythm_of(history: History, usual: float) -> float:
    """Days between a client's visits, drawn towards the salon's while they are few."""
    gaps = [(later - sooner).days for sooner, later in pairwise(history.days)]
    return max((sum(gaps) + SHRINK * usual) / (len(gaps) + SHRINK), 1.0)


def summary(histories: Sequence[History], on: date) -> tuple[Floats, Floats, Floats]:
    """(visits after the first, days to the last visit, days known): what BG/NBD reads."""
    repeats = np.array([one.repeats for one in histories], dtype=float)
    last = np.array([(one.days[-1] - one.days[0]).days for one in histories], dtype=float)
    age = np.array([max((on - one.days[0]).days, 1) for one in histories], dtype=float)
    return repeats, last, np.maximum(age, last + 0.5)


def columns_on(histories: Sequence[History], on: date, expected: Floats) -> Mapping[str, Floats]:
    """Recency, frequency, money, and the expected visits, all on a scale of ratios."""
    since = np.array([(on - one.days[-1]).days for one in histories], dtype=float)
    spent = np.array([one.mean_spent for one in histories], dtype=float)
    repeats = np.array([one.repeats for one in histories], dtype=float)
    return {
        "since": np.log1p(np.maximum(since, 0)),
        "repeats": np.log1p(repeats),
        "spent": np.log1p(np.maximum(spent, 0)),
        "expected": np.log(expected + 1e-4),
    }


def labels_of(histories: Sequence[History], on: date, days: int) -> Floats:
    """1.0 for each client who came within ``days`` after ``on``."""
    end = on + timedelta(days=days)
    return np.array([float(one.came(on, end)) for one in histories])
