"""Reviews: the alert of few stars by the text alone, on the two fifths of public reviews held out.

The learned form is what a salon's own reviews would be fitted with; the hand-written words are what
ships for the first day, and were fitted on nothing.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks._offline import prepare_django
from benchmarks._shared_data import rows_of
from benchmarks.figures import Figure, at_least

SEED = 20260701
HELD_OUT = 0.4
LOW = 2


def run() -> Iterator[Figure]:
    prepare_django()
    from agents.feedback.learning import low_stars_fit
    from agents.feedback.words import displeasure, sounds_angry

    rows = rows_of("sephora_reviews")
    texts = [f"{row['title']}. {row['review_text']}" for row in rows]
    low = np.array([int(row["rating"]) <= LOW for row in rows])
    order = np.random.default_rng(SEED).permutation(len(rows))
    cut = int(len(rows) * (1 - HELD_OUT))
    seen, held = order[:cut], order[cut:]
    fitted = low_stars_fit([texts[at] for at in seen], low[seen].tolist())
    learned = [fitted.chance(texts[at]) for at in held]
    words = [displeasure(texts[at]) for at in held]
    truth = low[held]
    n = f"n={len(held)}, {int(truth.sum())} with {LOW} stars or fewer"
    base = f"hand-written words {_area(truth, words):.3f}; {n}"
    yield at_least("learned alert: area under the curve", _area(truth, learned), 0.95, base)
    base = f"hand-written words {_precision(truth, words):.3f}, by chance {truth.mean():.3f}; {n}"
    yield at_least("learned alert: precision at 80% recall", _precision(truth, learned), 0.5, base)
    angry = np.array([sounds_angry(texts[at]) for at in held])
    right = float(truth[angry].mean()) if angry.any() else 0.0
    said = f"precision {right:.2f}, {int(angry.sum())} alerts; no goal: fitted on nothing"
    found = float(angry[truth].mean())
    yield Figure("hand-written words: low ones found", f"{found:.2f}", "printed", said, True)


def _area(truth: Sequence[bool], said: Sequence[float]) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(truth, said))


def _precision(truth: Sequence[bool], said: Sequence[float]) -> float:
    """The best precision at which four of five are found."""
    from sklearn.metrics import precision_recall_curve

    precision, recall, _ = precision_recall_curve(truth, said)
    return float(precision[recall >= 0.8].max())
