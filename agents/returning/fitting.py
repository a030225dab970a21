"""The chance that a client comes back within some weeks, fitted on the salon's own past.

Expected visits (BG/NBD) need nobody to have been watched coming back. Where enough was seen, a
logistic regression on recency, frequency, money and those expected visits is learned at a day in
the past and judged on clients it has not seen; it is used only where it ranks no worse.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from agents.returning.bgnbd import ExpectedVisits, Floats, expected_visits_fit
from agents.returning.histories import History, columns_on, known_on, labels_of, summary

PENALTY = 0.1
FOLDS = 5
# Fewer clients, or fewer of either kind, and a learned ranking is luck.
LEAST_CLIENTS = 150
LEAST_OF_EACH = 30
SEED = 20260701


@dataclass(frozen=True)
class Learned:
    """Standardised columns, their weights and the intercept of a logistic regression."""

    names: tuple[str, ...]
    centre: tuple[float, ...]
    spread: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float

    def chances(self, columns: Mapping[str, Floats]) -> Floats:
        table = np.column_stack([columns[name] for name in self.names])
        sums = ((table - self.centre) / self.spread) @ np.asarray(self.weights) + self.intercept
        found: Floats = 1 / (1 + np.exp(-sums))
        return found

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Learned":
        return cls(
            names=tuple(kept["names"]),
            centre=tuple(kept["centre"]),
            spread=tuple(kept["spread"]),
            weights=tuple(kept["weights"]),
            intercept=float(kept["intercept"]),
        )


@dataclass(frozen=True)
class Returning:
    """A fitted model. ``days``: how far ahead it looks; ``learned`` None: expected visits alone.

    ``figures`` hold what decided between the two: areas under the curve, clients and returns.
    """

    days: int
    expected: ExpectedVisits
    learned: Learned | None
    figures: Mapping[str, Any]

    def visits(self, histories: Sequence[History], on: date) -> Floats:
        """Expected visits of each in the next ``days``."""
        return self.expected.visits(*summary(histories, on), self.days)

    def chances(self, histories: Sequence[History], on: date) -> Floats:
        """The chance of at least one visit in the next ``days``, one a history known on ``on``."""
        if not histories:
            return np.array([])
        visits = self.visits(histories, on)
        if self.learned is None:
            # Of visits that come independently of each other (Poisson).
            coming: Floats = 1 - np.exp(-visits)
            return coming
        return self.learned.chances(columns_on(histories, on, visits))

    def as_json(self) -> dict[str, Any]:
        learned = vars(self.learned) if self.learned else None
        return {"days": self.days, "expected": self.expected.as_json(), "learned": learned}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Returning":
        held = kept["learned"]
        learned = Learned.from_json(held) if held else None
        return cls(int(kept["days"]), ExpectedVisits.from_json(kept["expected"]), learned, {})


def returning_fit(histories: Sequence[History], on: date, days: int) -> Returning | None:
    """Fit on what was known on ``on``; nothing later is looked at. None: too little is known."""
    known = known_on(histories, on)
    expected = expected_visits_fit(*summary(known, on)) if known else None
    if expected is None:
        return None
    learned, figures = _learn(known, on, days)
    return Returning(days, expected, learned, {"clients": len(known), **figures})


def learning_day(histories: Sequence[History], on: date, days: int) -> tuple[date, int]:
    """The day in the past on which to stand, and how far to look from there: as far as asked, but
    never over more than half of what is known."""
    first = min((one.days[0] for one in histories), default=on)
    ahead = min(days, (on - first).days // 2)
    return on - timedelta(days=ahead), ahead


def _learn(known: Sequence[History], on: date, days: int) -> tuple[Learned | None, dict[str, Any]]:
    stood, ahead = learning_day(known, on, days)
    then = known_on(known, stood)
    whole = {one.client: one for one in known}
    came = labels_of([whole[one.client] for one in then], stood, ahead)
    told: dict[str, Any] = {
        "learned_on": len(then),
        "returned": int(came.sum()),
        "watched_days": ahead,
    }
    if len(then) < LEAST_CLIENTS or min(came.sum(), len(came) - came.sum()) < LEAST_OF_EACH:
        return None, told | {"why": "too few clients were watched"}
    expected = expected_visits_fit(*summary(then, stood))
    if expected is None:
        return None, told | {"why": "nobody came twice"}
    visits = expected.visits(*summary(then, stood), ahead)
    columns = columns_on(then, stood, visits)
    unseen = _out_of_fold(columns, came)
    areas = {"auc_learned": _area(came, unseen), "auc_expected": _area(came, visits)}
    told |= {name: round(value, 4) for name, value in areas.items()}
    if areas["auc_learned"] < areas["auc_expected"]:
        return None, told | {"why": "expected visits ranked better"}
    return logistic_fit(columns, came), told


def _out_of_fold(columns: Mapping[str, Floats], came: Floats) -> Floats:
    """Each client's chance by a fit that has not seen them; every night the same folds."""
    folds = np.random.default_rng(SEED).permutation(len(came)) % FOLDS
    found = np.zeros(len(came))
    for fold in range(FOLDS):
        rest, own = folds != fold, folds == fold
        fitted = logistic_fit({name: part[rest] for name, part in columns.items()}, came[rest])
        found[own] = fitted.chances({name: part[own] for name, part in columns.items()})
    return found


def logistic_fit(columns: Mapping[str, Floats], came: Floats) -> Learned:
    from sklearn.linear_model import LogisticRegression

    table = np.column_stack(list(columns.values()))
    centre, spread = table.mean(axis=0), table.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    model = LogisticRegression(C=PENALTY, max_iter=500).fit((table - centre) / spread, came)
    return Learned(
        tuple(columns),
        tuple(centre.tolist()),
        tuple(spread.tolist()),
        tuple(model.coef_[0].tolist()),
        float(model.intercept_[0]),
    )


def _area(came: Floats, said: Floats) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(came, said))
