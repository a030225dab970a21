"""Retail rules and limits in the admin: who may change which, and what a mistake is answered."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client as Browser

from agents.models import CheckoutSettings, RetailRule
from core.models import AuditEvent
from integrations.models import Service
from tests.support.desks import Desk, desk_make

pytestmark = pytest.mark.django_db
RULES = "/admin/agents/retailrule/"


@pytest.fixture
def desk() -> Desk:
    return desk_make("Maple Street", "Harbor")


def signed_in(person: Any) -> Browser:
    browser = Browser()
    browser.force_login(person)
    return browser


def form(desk: Desk, **more: Any) -> dict[str, Any]:
    said = {
        "connection": desk.connection.pk, "location": desk.location.pk, "strength": "prefer",
        "product_words": "shampoo", "active": "on",
    }  # fmt: skip
    return said | more


def test_a_manager_writes_a_rule_for_their_location_and_it_is_audited(desk: Desk) -> None:
    mona = signed_in(desk.person("Mona Manager", "manager", desk.location))
    page = mona.get(f"{RULES}add/").content.decode()
    assert "All of them must be in the name" in page and "Always first: before everything" in page
    assert mona.post(f"{RULES}add/", form(desk)).status_code == 302
    rule = RetailRule.objects.get()
    assert str(rule) == "After any treatment: prefer shampoo"
    assert AuditEvent.objects.get(action="retail_rule.added").location == str(desk.location.pk)


def test_what_is_missing_or_elsewhere_is_said_beside_the_field(desk: Desk) -> None:
    olga = signed_in(desk.person("Olga Owner", "owner"))
    empty = olga.post(f"{RULES}add/", form(desk, product_words="")).content.decode()
    assert "Choose a product, or give words of its name, or a brand." in empty
    other = desk_make("Elsewhere")
    foreign = Service.objects.create(connection=other.connection, external_id="x", name="Peel")
    answer = olga.post(f"{RULES}add/", form(desk, service=foreign.pk)).content.decode()
    assert "Select a valid choice" in answer and not RetailRule.objects.exists()


def test_a_rule_for_every_location_is_for_whoever_tunes_them_all(desk: Desk) -> None:
    everywhere = RetailRule.objects.create(connection=desk.connection, brand="Tamarack")
    harbor = RetailRule.objects.create(
        connection=desk.connection, location=desk.locations[1], brand="Northlight"
    )
    mona = signed_in(desk.person("Mona Manager", "manager", desk.location))
    assert mona.post(f"{RULES}add/", form(desk, location="")).status_code == 200
    assert mona.post(f"{RULES}{everywhere.pk}/change/", form(desk)).status_code == 403
    assert mona.get(f"{RULES}{harbor.pk}/change/").status_code == 302, "not hers to see"
    assert mona.post(f"{RULES}{everywhere.pk}/delete/", {"post": "yes"}).status_code == 403
    olga = signed_in(desk.person("Olga Owner", "owner"))
    assert olga.post(f"{RULES}{everywhere.pk}/delete/", {"post": "yes"}).status_code == 302
    assert list(RetailRule.objects.order_by("pk")) == [harbor]


def test_the_limits_of_a_location_explain_themselves_and_refuse_what_cannot_be(desk: Desk) -> None:
    mona = signed_in(desk.person("Mona Manager", "manager", desk.location))
    url = "/admin/agents/checkoutsettings/add/"
    assert "A desk that reads out a list sells nothing." in mona.get(url).content.decode()
    said = {
        "location": desk.location.pk, "products": "on", "most": 3, "margin_percent": 40,
        "keep_in_stock": 1, "rest_days": 30,
    }  # fmt: skip
    assert "less than or equal to 2" in mona.post(url, said).content.decode()
    assert mona.post(url, said | {"most": 1}).status_code == 302
    row = CheckoutSettings.objects.get()
    assert (row.most, row.add_ons, row.margin_percent) == (1, False, 40)
    elsewhere = said | {"most": 1, "location": desk.locations[1].pk}
    assert "Select a valid choice" in mona.post(url, elsewhere).content.decode()
    maria = signed_in(desk.person())
    assert maria.get(url).status_code in {302, 403}
