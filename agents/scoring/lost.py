"""The chance that a visit is lost: by what was learned from this salon's past, else as shipped."""

from dataclasses import replace
from uuid import UUID

from agents.context import Risk
from agents.models import RiskModel
from agents.scoring.fitting import Scorer
from agents.scoring.loss_risk import confirmed_chance, loss_risk, risk_level
from agents.scoring.visits import Scorable, columns_of


def scorer_in_use(connection_id: UUID) -> Scorer | None:
    """What was learned from this salon's past; None where the rules as shipped score better."""
    model = (
        RiskModel.objects.filter(connection=connection_id, state=RiskModel.State.IN_USE)
        .only("scorer")
        .first()
    )
    return None if model is None else Scorer.from_json(model.scorer)


def visit_risk(visit: Scorable, scorer: Scorer | None, *, medium: float, high: float) -> Risk:
    """Level, chance and reasons of one visit. The reasons are facts of the client's record, in the
    order of the rules; the chance is the learned one where a model is in use here."""
    shipped = loss_risk(visit.past, visit.upcoming, medium=medium, high=high)
    if scorer is None:
        return shipped
    # Whether an old booking was confirmed by then is not known, so it is not learned from; the
    # shipped rule for it is applied on top.
    unconfirmed = replace(visit, upcoming=replace(visit.upcoming, confirmed=False))
    chance = float(scorer.chances(columns_of([unconfirmed]))[0])
    if visit.upcoming.confirmed:
        chance = confirmed_chance(chance)
    level = risk_level(chance, visit.upcoming, medium, high)
    return Risk(level=level, chance=round(chance, 3), reasons=shipped.reasons)
