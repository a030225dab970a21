"""Learning from a salon's own past which visits are lost, and using it only where it is better."""

from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest

from agents.context import Past
from agents.models import RiskModel
from agents.scoring.loss_risk import Upcoming
from agents.scoring.lost import scorer_in_use, visit_risk
from agents.scoring.past_visits import past_visits
from agents.scoring.refitting import promotable, risk_refit
from agents.scoring.visits import Scorable
from core import clock
from core.models import AuditEvent
from integrations.models import Appointment, Client
from tests.agents.conftest import MORNING, Salon

pytestmark = pytest.mark.django_db
State = RiskModel.State


def a_past(salon: Salon, n: int, *, days_ago: int, share: float, seed: int = 3) -> None:
    """Visits at which evening bookings are lost at ``share`` and morning ones hardly ever."""
    rng = np.random.default_rng(seed)
    clients = Client.objects.bulk_create(
        Client(connection=salon.connection, external_id=f"old_{seed}_{place}", first_name="Old")
        for place in range(n)
    )
    rows = []
    for place, client in enumerate(clients):
        evening = bool(place % 2)
        # Ten in the morning or seven in the evening there.
        start = (MORNING + timedelta(hours=9 if evening else 0)) - timedelta(days=days_ago)
        start -= timedelta(days=place // 50, minutes=place % 50)
        lost = rng.random() < (share if evening else 0.02)
        rows.append(
            Appointment(
                connection=salon.connection,
                location=salon.location,
                client=client,
                external_id=f"past_{seed}_{place}",
                starts_at=start,
                ends_at=start + timedelta(hours=1),
                booked_at=start - timedelta(days=4),
                status="no_show" if lost else "completed",
                service_name="Facial",
                price=Decimal(90),
            )
        )
    Appointment.objects.bulk_create(rows)


def a_visit(salon: Salon, hour: int, *, confirmed: bool = False) -> Scorable:
    starts = MORNING.astimezone(salon.location.zone).replace(hour=hour) + timedelta(days=3)
    upcoming = Upcoming(4.0, Decimal(90), 60, confirmed)
    return Scorable(Past(complete=True), upcoming, starts, "loc_1", "Facial")


def risk_of(salon: Salon, visit: Scorable) -> float:
    risk = visit_risk(visit, scorer_in_use(salon.connection.pk), medium=0.12, high=0.22)
    return risk.chance


def test_what_a_salons_past_shows_takes_the_place_of_the_shipped_rules(salon: Salon) -> None:
    evening, morning = a_visit(salon, 19), a_visit(salon, 10)
    assert risk_of(salon, evening) == risk_of(salon, morning)
    a_past(salon, 700, days_ago=40, share=0.5)
    row = risk_refit(connection=salon.connection)
    assert row is not None and row.state == State.IN_USE
    assert row.rows == 700 and row.figures["brier"] < row.figures["brier_in_use"]
    assert risk_of(salon, evening) > 0.35 > 0.08 > risk_of(salon, morning)
    assert risk_of(salon, a_visit(salon, 19, confirmed=True)) < risk_of(salon, evening)
    assert AuditEvent.objects.filter(action="risk_model.promoted").count() == 1


def test_a_past_without_a_pattern_teaches_at_most_how_much_is_lost_here(salon: Salon) -> None:
    a_past(salon, 700, days_ago=40, share=0.02)
    risk_refit(connection=salon.connection)
    evening, morning = risk_of(salon, a_visit(salon, 19)), risk_of(salon, a_visit(salon, 10))
    assert abs(evening - morning) < 0.04


def test_too_small_a_past_changes_nothing(salon: Salon) -> None:
    a_past(salon, 80, days_ago=40, share=0.5)
    assert risk_refit(connection=salon.connection) is None
    assert not RiskModel.objects.exists()


def test_a_better_one_replaces_it_only_after_enough_new_visits(salon: Salon) -> None:
    a_past(salon, 700, days_ago=60, share=0.5)
    first = risk_refit(connection=salon.connection)
    assert first is not None
    assert risk_refit(connection=salon.connection) is None
    a_past(salon, 500, days_ago=5, share=0.02, seed=4)
    second = risk_refit(connection=salon.connection)
    assert second is not None and second.state == State.IN_USE
    first.refresh_from_db()
    assert first.state == State.REPLACED
    assert first.drift["happened"] < first.drift["said"]
    assert second.figures["against"] == f"model {first.pk}"


def test_nothing_later_than_the_booking_is_learned_from(salon: Salon) -> None:
    """A client books two visits on one day and misses the first: the second was booked before
    anybody knew."""
    client = salon.client()
    booked = clock.now() - timedelta(days=30)
    salon.book(client, booked + timedelta(days=5), booked_at=booked, status="no_show")
    salon.book(client, booked + timedelta(days=10), booked_at=booked, status="completed")
    salon.book(
        client,
        booked + timedelta(days=20),
        booked_at=booked + timedelta(days=12),
        status="completed",
    )
    past = past_visits(salon.connection, clock.now())
    assert [visit.past.no_shows for visit in past.visits] == [0, 0, 1]
    assert [visit.past.visits for visit in past.visits] == [0, 0, 1]
    assert past.lost.tolist() == [True, False, False]


def test_a_visit_cancelled_in_time_is_neither_kept_nor_lost(salon: Salon) -> None:
    client = salon.client()
    start = clock.now() - timedelta(days=3)
    for hours in (2, 48):
        salon.book(
            client,
            start + timedelta(minutes=hours),
            status="cancelled",
            cancelled_at=start - timedelta(hours=hours),
        )
    assert past_visits(salon.connection, clock.now()).lost.tolist() == [True]


@pytest.mark.parametrize(
    ("changed", "yes"),
    [
        ({}, True),
        ({"brier": 0.101}, False),
        ({"brier_mean": 0.08}, False),
        ({"auc": 0.68}, False),
    ],
)
def test_promotion_asks_for_a_lower_brier_and_a_ranking_no_worse(
    changed: dict[str, float], yes: bool
) -> None:
    figures = {
        "brier": 0.09,
        "brier_in_use": 0.10,
        "brier_mean": 0.11,
        "auc": 0.70,
        "auc_in_use": 0.70,
    }
    assert promotable(figures | changed) is yes
