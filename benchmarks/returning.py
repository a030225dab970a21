"""Who comes back: the product's ranking beside simpler ones, on clients of two public logs.

Everything is fitted on the first stretch alone; the label is a visit in the stretch after it.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np

from benchmarks._offline import prepare_django
from benchmarks._shared_data import rows_of
from benchmarks.figures import Figure

SEED = 20260701
RESAMPLES = 200


def run() -> Iterator[Figure]:
    prepare_django()
    on = date(1997, 9, 30)
    yield from figures_of("music shop, 39 weeks after 39", music_shop(), on, 39 * 7)
    salon, last = salon_log()
    yield from figures_of("salon, 4 weeks", salon, last - timedelta(days=28), 28)


def figures_of(name: str, everyone: Sequence[Any], on: date, days: int) -> Iterator[Figure]:
    from sklearn.metrics import roc_auc_score

    from agents.returning.fitting import returning_fit
    from agents.returning.histories import known_on, labels_of

    known = known_on(everyone, on)
    whole = {one.client: one for one in everyone}
    came = labels_of([whole[one.client] for one in known], on, days)
    fitted = returning_fit(known, on, days)
    assert fitted is not None
    arms = _simpler(known, on, days, fitted)
    ours = fitted.chances(known, on)
    areas = {arm: float(roc_auc_score(came, said)) for arm, said in arms.items()}
    best = max(areas, key=lambda arm: areas[arm])
    low, high = _interval(came, ours, arms[best])
    beside = ", ".join(f"{arm} {area:.4f}" for arm, area in areas.items())
    kind = "learned" if fitted.learned else "expected visits"
    said = (
        f"the best of {beside}; {kind}, difference to {best} {low:+.3f} to {high:+.3f} in 95%, "
        f"n={len(known)}, returned {came.mean():.1%}"
    )
    area = float(roc_auc_score(came, ours))
    yield Figure(
        f"{name}: area under the curve", f"{area:.4f}", f"at least {areas[best]:.4f}", said,
        area >= areas[best],
    )  # fmt: skip
    error = calibration_error(came, ours)
    yield Figure(f"{name}: calibration error", f"{error:.3f}", "printed", "0 is perfect", True)


def _simpler(known: Sequence[Any], on: date, days: int, fitted: Any) -> dict[str, Any]:
    """Recency, frequency, logistic on RFM (plain and on logs) and BG/NBD's expected visits."""
    now = _rfm(known, on)
    return {
        "recency": -now[:, 0],
        "frequency": now[:, 1],
        "logistic on RFM": _logistic(known, on, days, now, lambda table: table),
        "logistic on log RFM": _logistic(known, on, days, now, np.log1p),
        "BG/NBD expected visits": fitted.visits(known, on),
    }


def _rfm(known: Sequence[Any], on: date) -> Any:
    rows = [((on - one.days[-1]).days, one.repeats, max(one.mean_spent, 0)) for one in known]
    return np.array(rows, dtype=float)


def _logistic(known: Sequence[Any], on: date, days: int, now: Any, shape: Any) -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from agents.returning.fitting import learning_day
    from agents.returning.histories import known_on, labels_of

    stood, ahead = learning_day(known, on, days)
    then = known_on(known, stood)
    whole = {one.client: one for one in known}
    came = labels_of([whole[one.client] for one in then], stood, ahead)
    model = make_pipeline(StandardScaler(), LogisticRegression())
    return model.fit(shape(_rfm(then, stood)), came).predict_proba(shape(now))[:, 1]


def _interval(came: Any, ours: Any, theirs: Any) -> tuple[float, float]:
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(SEED)
    found = []
    for _ in range(RESAMPLES):
        some = rng.integers(0, len(came), len(came))
        if 0 < came[some].sum() < len(some):
            area = roc_auc_score(came[some], ours[some])
            found.append(area - roc_auc_score(came[some], theirs[some]))
    return float(np.quantile(found, 0.025)), float(np.quantile(found, 0.975))


def calibration_error(came: Any, chances: Any, groups: int = 10) -> float:
    parts = np.array_split(np.argsort(chances, kind="stable"), groups)
    gaps = (abs(came[part].mean() - chances[part].mean()) * len(part) for part in parts)
    return float(sum(gaps) / len(came))


def music_shop() -> list[Any]:
    found: dict[str, dict[date, float]] = defaultdict(lambda: defaultdict(float))
    for row in rows_of("cdnow_transactions"):
        found[row["customer"]][date.fromisoformat(row["date"])] += float(row["dollars"])
    return _histories(found)


def salon_log() -> tuple[list[Any], date]:
    """Visits that took place, with what the receipts of the same day say they took."""
    found: dict[str, dict[date, float]] = defaultdict(lambda: defaultdict(float))
    for row in rows_of("salon_appointments"):
        if row["outcome"] == "attended":
            found[row["client"]][date.fromisoformat(row["date"])] += 0.0
    for row in rows_of("salon_receipts"):
        if row["client"] != "WALK_IN":
            found[row["client"]][date.fromisoformat(row["date"])] += float(row["amount"])
    last = max(day for visits in found.values() for day in visits)
    return _histories(found), last


def _histories(found: dict[str, dict[date, float]]) -> list[Any]:
    from agents.returning.histories import History

    return [
        History(client, tuple(sorted(visits)), tuple(visits[day] for day in sorted(visits)))
        for client, visits in sorted(found.items())
    ]
