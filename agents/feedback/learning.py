"""Which words go with few stars at one salon, learned from its own reviews.

A logistic regression on words, pairs of words and pieces of words. Only the weights that matter are
kept, so that reading a review needs no library and the row stays small.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, log, sqrt
from typing import Any

import numpy as np

WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")
PIECES = (3, 4, 5)
PENALTY = 10.0
KEPT = 12_000
# So few reviews, or so few bad ones, teach one client's way of writing.
LEAST_REVIEWS = 200
LEAST_LOW = 25
FOLDS = 5
SEED = 20260701


def grams(text: str) -> Iterator[str]:
    """Words, pairs of neighbours, and pieces of each word with its edges."""
    words = [word.casefold() for word in WORD.findall(text)]
    yield from words
    yield from (f"{one} {other}" for one, other in pairwise(words))
    for word in words:
        edged = f"<{word}>"
        for size in PIECES:
            yield from (f"~{edged[at : at + size]}" for at in range(len(edged) - size + 1))


@dataclass(frozen=True)
class LowStars:
    """Weights of grams. ``alert_from``: the chance at which four of five low ones were found."""

    weights: Mapping[str, float]
    intercept: float
    alert_from: float = 0.5

    def chance(self, text: str) -> float:
        """The chance that few stars come with this text."""
        counted = Counter(grams(text))
        known = sum(
            (1 + log(often)) * self.weights[gram]
            for gram, often in counted.items()
            if gram in self.weights
        )
        scaled = known / sqrt(max(sum(counted.values()), 1)) + self.intercept
        return 1 / (1 + exp(-max(min(scaled, 50.0), -50.0)))

    def as_json(self) -> dict[str, Any]:
        return {
            "weights": dict(self.weights),
            "intercept": self.intercept,
            "alert_from": self.alert_from,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "LowStars":
        return cls(kept["weights"], float(kept["intercept"]), float(kept["alert_from"]))


def low_stars_fit(texts: Sequence[str], low: Sequence[bool]) -> LowStars:
    """Fit on reviews and whether each had few stars; both kinds have to occur."""
    from scipy.sparse import diags
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    vectors = TfidfVectorizer(analyzer=lambda text: list(grams(text)), sublinear_tf=True,
                              min_df=2, norm=None)  # fmt: skip
    table = vectors.fit_transform(texts)
    lengths = [max(sum(1 for _ in grams(text)), 1) for text in texts]
    scale = diags(1 / np.sqrt(lengths))
    spread = float(np.sqrt((scale @ table).power(2).sum(axis=1).mean())) or 1.0
    model = LogisticRegression(C=PENALTY / spread**2, max_iter=1000)
    model.fit(scale @ table, list(low))
    weights = model.coef_[0] * vectors.idf_
    names = vectors.get_feature_names_out()
    strongest = np.argsort(-np.abs(weights))[:KEPT]
    kept = {str(names[at]): round(float(weights[at]), 5) for at in strongest}
    return LowStars(kept, float(model.intercept_[0]))


def low_stars_judged(
    texts: Sequence[str], low: Sequence[bool]
) -> tuple[LowStars, dict[str, float]] | None:
    """The fit on everything, with an alert level chosen on reviews it had not seen and its area
    under the curve there. None where there is too little to learn from."""
    from sklearn.metrics import roc_auc_score

    truth = np.array(low, dtype=bool)
    if len(texts) < LEAST_REVIEWS or truth.sum() < LEAST_LOW or truth.all():
        return None
    folds = np.random.default_rng(SEED).permutation(len(texts)) % FOLDS
    said = np.zeros(len(texts))
    for fold in range(FOLDS):
        rest = [at for at in range(len(texts)) if folds[at] != fold]
        fitted = low_stars_fit([texts[at] for at in rest], truth[rest].tolist())
        for at in map(int, np.flatnonzero(folds == fold)):
            said[at] = fitted.chance(texts[at])
    whole = low_stars_fit(texts, low)
    level = float(np.quantile(said[truth], 0.2))
    area = float(roc_auc_score(truth, said))
    return LowStars(whole.weights, whole.intercept, level), {"auc": round(area, 4)}
