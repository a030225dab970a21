"""Fitting a scorer on a salon's own past, and knowing how far to believe it.

A logistic regression on the columns of ``columns.py``. On much data its numbers may bend and the
penalty is chosen on the latest fifth; on little data it stays plain, for choosing among few rows
chooses noise. Probabilities are calibrated on the latest fifth of the rows, which the scorer that
is calibrated there has not seen: cancellations drift with the season, and a manager reads
the number as it stands (Platt, "Probabilistic outputs for support vector machines", 1999).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from agents.scoring.columns import Columns, Encoder, Floats, encoder_fit

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression

# From here on a bend or a penalty can be told from chance.
MANY = 3_000
# What a penalty is chosen on: the latest rows, at most so many (a night has an hour at most).
CHOOSE_ON = 20_000
# A row this many rows back weighs half: what made people cancel two years ago has changed since.
HALF_LIFE = 20_000
PENALTIES = (0.1, 0.03, 0.01)
PLAIN_PENALTY = 1.0
LATEST = 0.2
FEWEST = 60
CERTAIN = 0.002


@dataclass(frozen=True)
class Scorer:
    """A fitted scorer. ``slope`` and ``level`` calibrate the sum of the weights (log-odds)."""

    encoder: Encoder
    weights: tuple[float, ...]
    intercept: float
    slope: float = 1.0
    level: float = 0.0

    def chances(self, columns: Columns) -> Floats:
        """One calibrated probability a row, each between 0 and 1."""
        return _chance(self.slope * self._sums(columns) + self.level)

    def parts(self, columns: Columns) -> dict[str, Floats]:
        """What each column adds to a row's log-odds, calibrated: for the reasons on a card."""
        added = self.encoder.matrix(columns) * np.asarray(self.weights) * self.slope
        names = np.asarray(self.encoder.names())
        return {name: added[:, names == name].sum(axis=1) for name in dict.fromkeys(names.tolist())}

    def _sums(self, columns: Columns) -> Floats:
        sums: Floats = self.encoder.matrix(columns) @ np.asarray(self.weights) + self.intercept
        bound = float(np.log((1 - CERTAIN) / CERTAIN))
        return np.clip(sums, -bound, bound)

    def as_json(self) -> dict[str, Any]:
        return {**vars(self), "encoder": self.encoder.as_json()}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Scorer":
        fields = {name: kept[name] for name in ("intercept", "slope", "level")}
        return cls(Encoder.from_json(kept["encoder"]), tuple(kept["weights"]), **fields)


def scorer_fit(columns: Columns, lost: NDArray[np.bool_]) -> Scorer | None:
    """Fit on rows in the order of time. None where there is too little to learn from.

    ``lost``: one bool a row. Columns hold what was known when each row would have been scored.
    """
    rows = len(columns)
    early, late = _split(rows)
    if rows < FEWEST or min(_counts(lost[early]) + _counts(lost[late])) < 3:
        return None
    bent, penalty = _choice(columns, lost) if rows >= MANY else (False, PLAIN_PENALTY)
    witness = _fitted(columns.rows(early), lost[early], bent=bent, penalty=penalty)
    slope, level = _calibration(witness._sums(columns.rows(late)), lost[late])
    whole = _fitted(columns, lost, bent=bent, penalty=penalty)
    return Scorer(whole.encoder, whole.weights, whole.intercept, slope, level)


def _split(rows: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    places = np.arange(rows)
    cut = int(rows * (1 - LATEST))
    return places[:cut], places[cut:]


def _counts(lost: NDArray[np.bool_]) -> tuple[int, int]:
    return int(lost.sum()), int((~lost).sum())


def _choice(columns: Columns, lost: NDArray[np.bool_]) -> tuple[bool, float]:
    """The form and penalty that speak best of the latest rows, judged by log loss."""
    latest = np.arange(max(0, len(columns) - CHOOSE_ON), len(columns))
    some, those = columns.rows(latest), lost[latest]
    early, late = _split(len(latest))
    forms = [(False, PLAIN_PENALTY), *((True, penalty) for penalty in PENALTIES)]

    def badness(form: tuple[bool, float]) -> float:
        scorer = _fitted(some.rows(early), those[early], bent=form[0], penalty=form[1])
        return log_loss(scorer.chances(some.rows(late)), those[late])

    return min(forms, key=badness)


def _fitted(columns: Columns, lost: NDArray[np.bool_], *, bent: bool, penalty: float) -> Scorer:
    encoder = encoder_fit(columns, bent=bent)
    model = _regression(penalty)
    ages = np.arange(len(lost))[::-1]
    model.fit(encoder.matrix(columns), lost, sample_weight=0.5 ** (ages / HALF_LIFE))
    return Scorer(encoder, tuple(model.coef_[0].tolist()), float(model.intercept_[0]))


def _regression(penalty: float) -> "LogisticRegression":
    """Taken in here: every process that scores reads this file, and only the nightly one fits."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=penalty, max_iter=300)


def _calibration(sums: Floats, lost: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and level by a lightly held logistic fit; never a slope that turns the order round."""
    model = _regression(10.0).fit(sums[:, None], lost)
    slope = max(float(model.coef_[0][0]), 0.05)
    return slope, float(model.intercept_[0])


def log_loss(chances: Floats, lost: NDArray[np.bool_]) -> float:
    """Mean negative log-likelihood (nats)."""
    right = np.where(lost, chances, 1 - chances)
    return float(-np.log(np.clip(right, 1e-6, 1)).mean())


def brier(chances: Floats, lost: NDArray[np.bool_]) -> float:
    """Mean squared difference between the chance and what happened (Brier, 1950)."""
    return float(((chances - lost) ** 2).mean())


def _chance(log_odds: Floats) -> Floats:
    chances: Floats = 1 / (1 + np.exp(-log_odds))
    return chances
