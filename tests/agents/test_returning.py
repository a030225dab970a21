"""Who comes back: expected visits, the learned ranking, and each client's outlook by night."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from agents.models import ClientOutlook, ReturnModel
from agents.returning.bgnbd import ExpectedVisits, expected_visits_fit
from agents.returning.fitting import Returning, returning_fit
from agents.returning.histories import History, known_on, salon_rhythm, summary
from agents.returning.nightly import (
    outlooks_drain,
    returning_first,
    returning_hear,
    returning_night,
)
from agents.returning.outlook import is_colour, tags_of, weeks_said
from core import clock
from integrations.events import ServiceCompleted
from integrations.models import Client, Connection, Product, Sale, SaleLine
from tests.agents.conftest import MORNING, Salon
from tests.agents.helpers import event_for

TODAY = date(2026, 6, 12)


def history(client: int, *ago: int, spent: float = 80.0) -> History:
    days = tuple(sorted(TODAY - timedelta(days=one) for one in ago))
    return History(client, days, (spent,) * len(days))


def many(n: int, seed: int = 5) -> list[History]:
    """Clients who come at rates of their own, of whom some stop after a visit."""
    rng = np.random.default_rng(seed)
    found = []
    for client in range(n):
        every = float(rng.gamma(4.0, 15.0)) + 8
        ago = [int(rng.integers(1, 400))]
        while rng.random() > 0.3 and (later := ago[-1] - rng.exponential(every)) > 0:
            ago.append(int(later))
        found.append(history(client, *set(ago), spent=float(rng.gamma(4, 20))))
    return found


def big_and_small(n: int, seed: int = 5) -> list[History]:
    """Half spend much and come every forty days; half come once or twice, cheaply, and stop."""
    rng = np.random.default_rng(seed)
    found = []
    for client in range(n):
        first = int(rng.integers(60, 240))
        if client % 2:
            found.append(history(client, *range(first, 0, -40), spent=200.0))
        else:
            found.append(history(client, *{first, first - int(rng.integers(0, 50))}, spent=40.0))
    return found


def test_the_papers_worked_example_comes_out() -> None:
    paper = ExpectedVisits(r=0.243, alpha=4.414, a=0.793, b=2.426)
    found = paper.visits(np.array([2.0]), np.array([30.43]), np.array([38.86]), 39)
    assert found[0] == pytest.approx(1.226, abs=0.001)


def test_a_fit_finds_clients_who_come_more_often() -> None:
    everyone = many(400)
    fitted = expected_visits_fit(*summary(everyone, TODAY))
    assert fitted is not None
    often, rare = history(1, 5, 25, 45, 65, 85), history(2, 300, 350)
    visits = fitted.visits(*summary([often, rare], TODAY), 56)
    assert visits[0] > 3 * visits[1] >= 0


def test_too_few_clients_or_no_second_visit_are_not_fitted() -> None:
    assert expected_visits_fit(*summary(many(10), TODAY)) is None
    once = [history(client, client + 1) for client in range(60)]
    assert expected_visits_fit(*summary(once, TODAY)) is None
    assert returning_fit([], TODAY, 56) is None


def test_nothing_after_the_day_of_the_fit_is_looked_at() -> None:
    everyone, on = many(300), TODAY - timedelta(days=60)
    later = [History(one.client, (*one.days, TODAY), (*one.spent, 9e6)) for one in everyone]
    first, second = returning_fit(everyone, on, 56), returning_fit(later, on, 56)
    assert first is not None and second is not None
    assert first.as_json() == second.as_json()
    assert all(day <= on for one in known_on(later, on) for day in one.days)


def test_a_ranking_is_learned_where_enough_was_watched_and_kept_as_json() -> None:
    everyone = big_and_small(300)
    fitted = returning_fit(everyone, TODAY, 56)
    assert fitted is not None and fitted.learned is not None
    assert fitted.figures["auc_learned"] >= fitted.figures["auc_expected"]
    again = Returning.from_json(fitted.as_json())
    assert np.allclose(again.chances(everyone, TODAY), fitted.chances(everyone, TODAY))
    few = returning_fit(everyone[:80], TODAY, 56)
    assert few is not None and few.learned is None
    chances = few.chances(everyone[:80], TODAY)
    assert ((chances >= 0) & (chances <= 1)).all()


def test_the_salons_rhythm_is_the_middle_one() -> None:
    assert salon_rhythm([history(1, 0, 20), history(2, 0, 30), history(3, 0, 90)]) == 30
    assert salon_rhythm([history(1, 3)]) == 42


def test_words_for_colour_and_stretches() -> None:
    assert is_colour("Balayage") and is_colour("Root touch-up") and is_colour("Tinte completo")
    assert not is_colour("Hot stone massage") and not is_colour("Women's haircut")
    assert [weeks_said(days) for days in (1, 9, 35, 300)] == [
        "1 day", "9 days", "5 weeks", "10 months",
    ]  # fmt: skip


def test_tags_of_others_stay_and_ours_are_brought_up_to_date() -> None:
    before = ["VIP", "slipping away", "due for colour"]
    assert tags_of(before, ["high_value"]) == ["VIP", "high-value"]


def come(salon: Salon, client: Client, *days: int, **fields: Any) -> None:
    for ago in days:
        salon.past(client, ago, **fields)


def sale(salon: Salon, client: Client, days_ago: int, *, product: str = "") -> Sale:
    row = Sale.objects.create(
        connection=salon.connection,
        external_id=f"sale_{Sale.objects.count()}",
        client=client,
        location=salon.location,
        total=Decimal(150),
        closed_at=clock.now() - timedelta(days=days_ago),
    )
    SaleLine.objects.create(sale=row, kind="service", amount=Decimal(120), name="Massage")
    if product:
        stock, _ = Product.objects.get_or_create(
            connection=salon.connection, external_id="prd_1", defaults={"name": product}
        )
        SaleLine.objects.create(
            sale=row, kind="product", product=stock, amount=Decimal(30), name=product
        )
    return row


def outlook(client: Client) -> ClientOutlook:
    return ClientOutlook.objects.get(client=client)


def test_by_night_everyone_who_came_has_an_outlook(salon: Salon) -> None:
    regular, late = salon.client("Regular"), salon.client("Late")
    booked = salon.client("Booked")
    salon.client("Never")
    come(salon, regular, 10, 40, 70, 100)
    come(salon, late, 100, 130, 160, 190)
    come(salon, booked, 100, 130, 160, 190)
    salon.book(booked, MORNING + timedelta(days=3))
    assert returning_night(connection=salon.connection) == 3
    assert ReturnModel.objects.get().kind == "rhythm"
    assert outlook(late).slipping and not outlook(regular).slipping
    assert not outlook(booked).slipping
    assert outlook(late).segments == ["slipping", "high_value"]
    assert outlook(late).chance < outlook(regular).chance
    assert (outlook(late).visits, outlook(late).rhythm_days) == (4, 30)
    assert outlook(late).worth == Decimal("1460.00")
    assert 0 < outlook(late).at_risk < outlook(late).worth


def test_segments_come_from_receipts_and_services(salon: Salon) -> None:
    shopper, coloured = salon.client("Shopper"), salon.client("Coloured")
    come(salon, shopper, 10, 40)
    for ago in (10, 40):
        sale(salon, shopper, ago, product="Clay mask")
    balayage = salon.new_service("Balayage")
    come(salon, coloured, 45, 90, service=balayage)
    returning_night(connection=salon.connection)
    assert outlook(shopper).segments == ["retail"]
    assert outlook(coloured).segments == ["colour"]
    salon.book(coloured, MORNING + timedelta(days=2), service=balayage)
    returning_night(connection=salon.connection)
    assert outlook(coloured).segments == []


def test_an_emptied_product_table_changes_nobodys_segment(salon: Salon) -> None:
    shopper = salon.client("Shopper")
    for ago in (10, 40):
        sale(salon, shopper, ago, product="Clay mask")
    Product.objects.all().delete()
    returning_night(connection=salon.connection)
    assert outlook(shopper).segments == ["retail"]


def test_a_merged_client_counts_as_who_they_are_now_and_a_deleted_one_not_at_all(
    salon: Salon,
) -> None:
    one, other, gone = salon.client("One"), salon.client("Other"), salon.client("Gone")
    come(salon, one, 20)
    come(salon, other, 50)
    come(salon, gone, 30)
    returning_night(connection=salon.connection)
    assert ClientOutlook.objects.count() == 3
    Client.objects.filter(pk=other.pk).update(merged_into=one, deleted_at=clock.now())
    Client.objects.filter(pk=gone.pk).update(deleted_at=clock.now())
    assert returning_night(connection=salon.connection) == 1
    assert ClientOutlook.objects.get().client_id == one.pk
    assert outlook(one).visits == 2


def test_a_night_without_any_past_keeps_what_was_learned(salon: Salon) -> None:
    assert returning_night(connection=salon.connection) == 0
    assert ReturnModel.objects.count() == 0


def test_a_salon_read_for_the_first_time_does_not_wait_for_the_night(
    salon: Salon, django_assert_num_queries: Any
) -> None:
    assert returning_first() == 0
    come(salon, salon.client(), 100, 130, 160)
    Connection.objects.update(status="setup")
    assert returning_first() == 0
    Connection.objects.update(status="ok")
    assert returning_first() == 1
    with django_assert_num_queries(1):
        assert returning_first() == 0


def test_a_visit_has_that_client_looked_at_again_with_one_statement(
    salon: Salon, django_assert_num_queries: Any
) -> None:
    dana = salon.client()
    come(salon, dana, 100, 130, 160)
    returning_night(connection=salon.connection)
    assert outlook(dana).slipping
    row = salon.past(dana, 0)
    event = event_for(ServiceCompleted, row)
    with django_assert_num_queries(1):
        returning_hear(event)
    assert outlooks_drain() == 1
    assert not outlook(dana).slipping
    assert outlook(dana).visits == 4
    assert outlook(dana).state == "done"


def test_the_first_visit_of_a_new_client_waits_for_the_night(salon: Salon) -> None:
    dana = salon.client()
    returning_hear(event_for(ServiceCompleted, salon.past(dana, 0)))
    assert outlooks_drain() == 1
    assert outlook(dana).scored_at is None
    assert returning_night(connection=salon.connection) == 1
    assert outlook(dana).scored_at is not None
