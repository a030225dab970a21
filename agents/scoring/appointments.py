"""Scoring one appointment of the working copy, for whoever needs to know its loss risk."""

from agents.context import Past, Risk
from agents.reading import Reader, client_of
from agents.scoring.loss_risk import HIGH_FROM, MEDIUM_FROM, Upcoming
from agents.scoring.lost import scorer_in_use, visit_risk
from agents.scoring.visits import Scorable
from integrations.models import Appointment


def appointment_risk(
    row: Appointment, reader: Reader, *, medium: float = MEDIUM_FROM, high: float = HIGH_FROM
) -> tuple[Past, Risk]:
    """The client's record and the loss risk, from what was known at ``reader.as_of``."""
    past = reader.past(client_of(row), row.connection, row.service_name)
    visit = reader.facts_of(row)
    lead = (visit.starts_at - visit.booked_at).total_seconds() / 86400 if visit.booked_at else None
    facts = Upcoming(lead, visit.price, visit.minutes, row.status == "confirmed")
    location = row.location
    scorable = Scorable(
        past,
        facts,
        row.starts_at.astimezone(location.zone),
        location.external_id,
        row.service_name,
        row.source,
    )
    if row.connection_id not in reader.scorers:
        reader.scorers[row.connection_id] = scorer_in_use(row.connection_id)
    scorer = reader.scorers[row.connection_id]
    return past, visit_risk(scorable, scorer, medium=medium, high=high)
