"""What is read for a card: few statements, the shelf as it is now, nothing cut off that matters."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from agents.models import CheckoutSettings, RetailRule
from agents.retail.choosing import choose
from agents.retail.reading import seen_of, settings_of, visit_of
from core import clock
from integrations.models import Appointment, Product
from tests.agents.retail.test_cards import sold, suggested, visit
from tests.support.desks import Desk

pytestmark = pytest.mark.django_db


def test_what_the_client_bought_is_looked_at_however_long_the_shelf(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Product.objects.create(
        connection=desk.connection, external_id="own", name="Quiet Salt mask", brand="Quiet Salt",
        category="Hair", price=30, stock=5, ingredients="Water",
    )  # fmt: skip
    monkeypatch.setattr("agents.retail.reading.MOST_WARES", 1)
    row = visit(desk)
    sold(row, own, at=clock.now() - timedelta(days=200), visit="before")
    assert [one.product_id for one in suggested(row)] == [own.pk]


def test_what_a_rule_names_is_looked_at_however_long_the_shelf(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = [
        Product.objects.create(
            connection=desk.connection, external_id=f"late{number}", name=name, brand=brand,
            category="Body", price=30, stock=5, ingredients="Water",
        )
        for number, (name, brand) in enumerate(
            [("Champú morado", "Áurea"), ("Bath salt", "Quiet Salt"), ("Champú 100% seco", "Áurea")]
        )
    ]  # fmt: skip
    monkeypatch.setattr("agents.retail.reading.MOST_WARES", 1)
    rule = {"connection": desk.connection, "strength": "first"}
    for number, named in enumerate(
        [{"product_words": "champu", "brand": "aurea"}, {"product": late[1]},
         {"product_words": "100% champú"}]
    ):  # fmt: skip
        made = RetailRule.objects.create(**rule, **named)
        found = suggested(visit(desk, desk.client(f"C{number}")))
        assert [one.product_id for one in found] == [late[number].pk]
        made.delete()


def test_what_sold_out_a_moment_ago_is_not_mentioned(desk: Desk) -> None:
    first, second = suggested(visit(desk))
    Product.objects.filter(pk=first.product_id).update(stock=0)
    found = suggested(visit(desk, desk.client("Ada")))
    assert [one.product_id for one in found] == [second.product_id]
    Product.objects.filter(pk=first.product_id).update(stock=1)
    again = suggested(visit(desk, desk.client("Bo")))
    assert {one.product_id for one in again} == {first.product_id, second.product_id}


def test_a_ranking_costs_four_statements_and_one_more_for_a_visit_of_several_services(
    desk: Desk, django_assert_num_queries: Any
) -> None:
    client = desk.client("Ada", notes="Allergic to lavender.")
    row = visit(desk, client)
    sold(row, *Product.objects.all(), at=clock.now() - timedelta(days=200), visit="before")
    RetailRule.objects.create(connection=desk.connection, product_words="oil", strength="first")
    CheckoutSettings.objects.create(location=desk.location, most=1)
    other = visit(desk, client)

    def picked(most: int) -> tuple[list[int], list[str]]:
        with django_assert_num_queries(most):
            here = visit_of(row.pk)
            assert here is not None
            picks = choose(seen_of(here, settings_of(here.location), clock.now())).picks
        return [one.pk for one in here.appointments], [pick.ware.name for pick in picks]

    assert picked(4) == ([row.pk], ["Tamarack shampoo"])
    Appointment.objects.filter(pk__in=[row.pk, other.pk]).update(visit_id="together")
    visits, names = picked(5)
    assert (sorted(visits), names) == (sorted([row.pk, other.pk]), ["Tamarack shampoo"])
    Appointment.objects.filter(pk=other.pk).update(status="cancelled")
    assert picked(4) == ([row.pk], ["Tamarack shampoo"])
