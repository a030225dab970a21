"""The chance that an appointment is lost: the fitted scorer beside simpler ones, later in time.

Every arm sees the same columns and the same rows; the held-out end lies after everything that was
fitted on. Calibration error is the mean distance between chance and share over ten equal groups.
"""

import resource
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks._lost_visits import Pasts, every_past
from benchmarks._offline import prepare_django
from benchmarks.figures import Figure, at_least, at_most

SEED = 20260701
RESAMPLES = 400


def run() -> Iterator[Figure]:
    prepare_django()
    for past in every_past():
        yield from figures_of(past)
    yield from speed()


def figures_of(past: Pasts) -> Iterator[Figure]:
    from sklearn.metrics import roc_auc_score

    early, late = np.arange(past.train), np.arange(past.train, len(past.lost))
    truth = past.lost[late]
    arms = {name: arm(past, early, late) for name, arm in ARMS.items()}
    areas = {name: float(roc_auc_score(truth, chances)) for name, chances in arms.items()}
    beside = ", ".join(f"{name} {area:.3f}" for name, area in areas.items() if name != "scorer")
    low, high = interval(truth, arms["scorer"], arms["plain"])
    said = f"{beside}; difference to plain {low:+.3f} to {high:+.3f} in 95%, n={len(late)}"
    yield at_least(
        f"{past.name}: area under the curve less plain logistic regression's",
        areas["scorer"] - areas["plain"],
        -0.005,
        f"scorer {areas['scorer']:.3f}, {said}",
    )
    scores = {name: float(((chances - truth) ** 2).mean()) for name, chances in arms.items()}
    beside = ", ".join(f"{name} {score:.4f}" for name, score in scores.items() if name != "scorer")
    ratio = scores["scorer"] / scores["prior"]
    yield at_most(
        f"{past.name}: Brier of the scorer over the prior's",
        ratio,
        1.0,
        f"scorer {scores['scorer']:.4f}, {beside}",
    )
    if past.name != "salon":
        errors = {name: calibration_error(truth, chances) for name, chances in arms.items()}
        beside = ", ".join(f"{n} {error:.3f}" for n, error in errors.items() if n != "scorer")
        yield at_most(f"{past.name}: calibration error", errors["scorer"], 0.03, beside)


def scorer(past: Pasts, early: Any, late: Any) -> Any:
    from agents.scoring.fitting import scorer_fit

    fitted = scorer_fit(past.columns.rows(early), past.lost[early])
    assert fitted is not None
    return fitted.chances(past.columns.rows(late))


def plain(past: Pasts, early: Any, late: Any) -> Any:
    """Logistic regression as the library gives it, on standardised numbers and kinds."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    model = make_pipeline(_prepared(past), LogisticRegression(max_iter=500))
    table = _table(past)
    model.fit(table[early], past.lost[early])
    return model.predict_proba(table[late])[:, 1]


def boosting(past: Pasts, early: Any, late: Any) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    ready = _prepared(past)
    table = _table(past)
    model = HistGradientBoostingClassifier(
        max_iter=150, learning_rate=0.06, max_leaf_nodes=15, min_samples_leaf=40, random_state=1
    )
    model.fit(ready.fit_transform(table[early]), past.lost[early])
    return model.predict_proba(ready.transform(table[late]))[:, 1]


def prior(past: Pasts, early: Any, late: Any) -> Any:
    return np.full(len(late), past.lost[early].mean())


def client(past: Pasts, early: Any, late: Any) -> Any:
    """The client's own record, shrunk to the mean."""
    return past.shrunk[late]


ARMS = {"scorer": scorer, "plain": plain, "prior": prior, "client": client, "boosting": boosting}


def _table(past: Pasts) -> Any:
    columns = [*past.columns.numbers.values(), *map(np.asarray, past.columns.kinds.values())]
    table = np.empty((len(past.columns), len(columns)), dtype=object)
    for place, column in enumerate(columns):
        table[:, place] = column
    return table


def _prepared(past: Pasts) -> Any:
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = len(past.columns.numbers)
    width = numbers + len(past.columns.kinds)
    filled = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    kinds = OneHotEncoder(
        handle_unknown="infrequent_if_exist", min_frequency=20, sparse_output=False
    )
    parts = [("numbers", filled, slice(0, numbers)), ("kinds", kinds, slice(numbers, width))]
    return ColumnTransformer(parts, sparse_threshold=0)


def interval(truth: Any, ours: Any, theirs: Any) -> tuple[float, float]:
    """Paired bootstrap of the difference of the areas, 95 %."""
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(SEED)
    found = []
    for _ in range(RESAMPLES):
        some = rng.integers(0, len(truth), len(truth))
        if 0 < truth[some].sum() < len(some):
            ours_area = roc_auc_score(truth[some], ours[some])
            found.append(ours_area - roc_auc_score(truth[some], theirs[some]))
    return float(np.quantile(found, 0.025)), float(np.quantile(found, 0.975))


def calibration_error(truth: Any, chances: Any, groups: int = 10) -> float:
    order = np.argsort(chances, kind="stable")
    parts = np.array_split(order, groups)
    return float(
        sum(abs(truth[part].mean() - chances[part].mean()) * len(part) for part in parts)
        / len(truth)
    )


def speed() -> Iterator[Figure]:
    """Scoring 10,000 and fitting 100,000 made-up rows of the width a salon has."""
    from agents.scoring.columns import Columns
    from agents.scoring.fitting import scorer_fit

    rng = np.random.default_rng(SEED)
    n = 100_000
    numbers = {f"number{place}": rng.gamma(2.0, 3.0, n) for place in range(14)}
    kinds = {f"kind{place}": rng.integers(0, 30, n).astype(str).tolist() for place in range(4)}
    odds = -3 + 0.2 * numbers["number0"] + 0.1 * numbers["number1"]
    lost = rng.random(n) < 1 / (1 + np.exp(-odds))
    columns = Columns(numbers, kinds)
    before = time.perf_counter()
    fitted = scorer_fit(columns, lost)
    took = time.perf_counter() - before
    assert fitted is not None
    yield at_most("refit on 100,000 visits", took, 60, f"n={n}, 18 columns", " s")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    yield at_most("memory at its highest, every arm included", memory, 1.0, "1 GB allowed", " GB")
    some = columns.rows(np.arange(10_000))
    before = time.perf_counter()
    fitted.chances(some)
    took = time.perf_counter() - before
    before = time.perf_counter()
    for row in range(200):
        fitted.chances(some.rows(np.array([row])))
    single = (time.perf_counter() - before) / 200 * 10_000
    yield at_most(
        "scoring 10,000 visits from their columns", took, 1.0, f"one by one {single:.1f} s", " s"
    )
