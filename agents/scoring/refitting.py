"""Learning by night which visits are lost, and using it only where it is better.

A new scorer is fitted without the latest rows and judged on them beside the one in use, which has
not seen them either. It is promoted when its Brier score is lower and its ranking no worse; then
it is fitted once more on everything.
"""

from bisect import bisect_right
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import transaction
from sklearn.metrics import roc_auc_score

from agents.models import RiskModel
from agents.scoring.columns import Floats
from agents.scoring.fitting import LATEST, Scorer, brier, scorer_fit
from agents.scoring.loss_risk import loss_risk
from agents.scoring.past_visits import PastVisits, past_visits
from core import clock
from core.audit import Actor, audit_record
from integrations.models import Connection

# Fewer visits than this cannot tell a better scorer from a lucky one.
NEW_VISITS = 200
JUDGED_ON = 100
RANKING_NO_WORSE = 0.005
# What is looked at for drift, and how much worse than guessing the mean is worth a word.
DRIFT_WINDOW = timedelta(days=60)
BY = Actor.system("nightly learning")
State = RiskModel.State


def risk_refit(*, connection: Connection, now: datetime | None = None) -> RiskModel | None:
    """Learn from everything up to now. Returns the new row, in use or not; None where there is too
    little that is new. Fits outside any transaction: a large past takes most of a minute."""
    at = now or clock.now()
    past = past_visits(connection, at)
    in_use = RiskModel.objects.filter(connection=connection, state=State.IN_USE).first()
    if in_use is not None:
        _drift_keep(in_use, past)
    cut = _cut(past, in_use)
    if cut is None:
        return None
    early, late = past.part(0, cut), past.part(cut, len(past))
    candidate = scorer_fit(early.columns, early.lost)
    if candidate is None or not 0 < late.lost.sum() < len(late):
        return None
    figures = _figures(candidate, in_use, late, float(early.lost.mean()))
    better = promotable(figures)
    scorer = (scorer_fit(past.columns, past.lost) if better else None) or candidate
    return _keep(connection, past, scorer, figures, in_use=better, at=at)


def promotable(figures: dict[str, Any]) -> bool:
    """Better by Brier than the one in use and than guessing the mean, and ranking no worse."""
    return bool(
        figures["brier"] < min(figures["brier_in_use"], figures["brier_mean"])
        and figures["auc"] >= figures["auc_in_use"] - RANKING_NO_WORSE
    )


def risk_refit_all(now: datetime | None = None) -> int:
    """Every live connection, one after the other; returns how many rows were written."""
    live = Connection.objects.filter(status=Connection.Status.OK).order_by("pk")
    return sum(risk_refit(connection=connection, now=now) is not None for connection in live)


def chances_in_use(model: RiskModel | None, past: PastVisits) -> Floats:
    """What the card said, or would have said: by the model in use, else by the shipped rules."""
    if model is not None:
        return Scorer.from_json(model.scorer).chances(past.columns)
    said = [loss_risk(visit.past, visit.upcoming).chance for visit in past.visits]
    return np.array(said, dtype=float)


def _cut(past: PastVisits, in_use: RiskModel | None) -> int | None:
    """Where the rows begin that neither scorer has seen; None where they are too few."""
    if in_use is None:
        cut = int(len(past) * (1 - LATEST))
        return cut if len(past) - cut >= JUDGED_ON else None
    seen = bisect_right(past.starts, in_use.data_to)
    new = len(past) - seen
    return seen + new // 2 if new >= NEW_VISITS else None


def _figures(
    candidate: Scorer, in_use: RiskModel | None, late: PastVisits, mean: float
) -> dict[str, Any]:
    ours, theirs = candidate.chances(late.columns), chances_in_use(in_use, late)
    return {
        "judged_on": len(late),
        "brier": round(brier(ours, late.lost), 5),
        "brier_in_use": round(brier(theirs, late.lost), 5),
        "brier_mean": round(brier(np.full(len(late), mean), late.lost), 5),
        "auc": round(float(roc_auc_score(late.lost, ours)), 4),
        "auc_in_use": round(float(roc_auc_score(late.lost, theirs)), 4),
        "against": f"model {in_use.pk}" if in_use else "shipped rules",
    }


def _drift_keep(in_use: RiskModel, past: PastVisits) -> None:
    """How the one in use did on the visits since it was fitted, at most sixty days back."""
    since = max(in_use.data_to, past.starts[-1] - DRIFT_WINDOW) if past.starts else in_use.data_to
    new = past.part(bisect_right(past.starts, since), len(past))
    if not len(new):
        return
    said = chances_in_use(in_use, new)
    in_use.drift = {
        "visits": len(new),
        "said": round(float(said.mean()), 4),
        "happened": round(float(new.lost.mean()), 4),
        "brier": round(brier(said, new.lost), 5),
        "brier_mean": round(brier(np.full(len(new), new.lost.mean()), new.lost), 5),
    }
    in_use.save(update_fields=["drift"])


@transaction.atomic
def _keep(
    connection: Connection,
    past: PastVisits,
    scorer: Scorer,
    figures: dict[str, Any],
    *,
    in_use: bool,
    at: datetime,
) -> RiskModel:
    if in_use:
        before = RiskModel.objects.filter(connection=connection, state=State.IN_USE)
        before.update(state=State.REPLACED)
    row = RiskModel.objects.create(
        connection=connection,
        state=State.IN_USE if in_use else State.NOT_BETTER,
        fitted_at=at,
        data_from=past.starts[0],
        data_to=past.starts[-1],
        rows=len(past),
        lost=int(past.lost.sum()),
        figures=figures,
        scorer=scorer.as_json(),
    )
    audit_record(
        action="risk_model.promoted" if in_use else "risk_model.not_better",
        actor=BY,
        connection=connection.pk,
        subject=f"risk_model:{row.pk}",
        facts=figures | {"rows": row.rows},
    )
    return row
