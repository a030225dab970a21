"""How many visits to expect of a client, by the BG/NBD model (Fader, Hardie and Lee,
"Counting your customers the easy way", Marketing Science 24, 2005).

A client comes at a rate of their own (gamma among clients) and may stop after any visit (beta).
Four numbers are fitted on three facts of each client. The chance that somebody is "alive" ranks
nobody: it is 1 for everyone who came once. Expected visits do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# Held lightly towards one: without it a small salon's beta runs away to infinity.
HELD = 1e-4
STARTS = ((0.0, 0.0, 0.0, 1.0), (-1.0, 0.0, -1.0, 1.0))
FEWEST = 30


@dataclass(frozen=True)
class ExpectedVisits:
    """The four fitted numbers; ``alpha`` is in days."""

    r: float
    alpha: float
    a: float
    b: float

    def visits(self, repeats: Floats, last: Floats, age: Floats, days: float) -> Floats:
        """Expected visits of each client in the next ``days`` (equation 10 of the paper).

        ``repeats``: visits after the first; ``last``: days from first to last visit; ``age``: days
        from the first visit until now.
        """
        from scipy.special import hyp2f1

        r, alpha, a, b = self.r, self.alpha, self.a, self.b
        later = alpha + age + days
        series = hyp2f1(r + repeats, b + repeats, a + b + repeats - 1, days / later)
        coming = 1 - ((alpha + age) / later) ** (r + repeats) * series
        before = (a + b + repeats - 1) / (a - 1) * coming
        stopped = a / (b + np.maximum(repeats, 1) - 1)
        stopped = stopped * ((alpha + age) / (alpha + last)) ** (r + repeats)
        found: Floats = before / (1 + np.where(repeats > 0, stopped, 0))
        return np.clip(np.nan_to_num(found), 0, None)

    def as_json(self) -> dict[str, Any]:
        return dict(vars(self))

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "ExpectedVisits":
        return cls(**{name: float(kept[name]) for name in ("r", "alpha", "a", "b")})


def expected_visits_fit(repeats: Floats, last: Floats, age: Floats) -> ExpectedVisits | None:
    """Fit by greatest likelihood. None where too few clients or no second visit teach anything."""
    if len(repeats) < FEWEST or not repeats.any():
        return None
    from scipy.optimize import minimize

    scale = float(np.mean(age)) or 1.0
    args = (repeats, last / scale, age / scale)
    runs = [
        minimize(_unlikelihood, start, args=args, method="L-BFGS-B", bounds=[(-7, 7)] * 4)
        for start in STARTS
    ]
    r, alpha, a, b = np.exp(min(runs, key=lambda run: float(run.fun)).x)
    # Where a is 1 the expectation's closed form divides by zero; beside it the limit is the same.
    a = a if abs(a - 1) > 1e-3 else 1.001
    return ExpectedVisits(float(r), float(alpha) * scale, float(a), float(b))


def _unlikelihood(logs: Floats, repeats: Floats, last: Floats, age: Floats) -> float:
    """Negative mean log-likelihood (equation 6), in logs throughout so that nothing overflows."""
    from scipy.special import betaln, gammaln

    r, alpha, a, b = np.exp(logs)
    rate = gammaln(r + repeats) - gammaln(r) + r * np.log(alpha)
    staying = betaln(a, b + repeats) - betaln(a, b)
    alive = -(r + repeats) * np.log(alpha + age)
    gone = np.log(a) - np.log(b + np.maximum(repeats, 1) - 1)
    gone = np.where(repeats > 0, gone - (r + repeats) * np.log(alpha + last), -np.inf)
    said = rate + staying + np.logaddexp(alive, gone)
    return float(-said.mean() + HELD * np.sum(np.square(logs)))
