"""A salon with a short shelf and one treatment."""

from __future__ import annotations

import pytest

from integrations.models import Product, Service
from tests.support.desks import Desk, desk_make


@pytest.fixture
def desk() -> Desk:
    desk = desk_make("Maple Street", "Harbor")
    for number, (name, stock) in enumerate(
        [("Tamarack shampoo", 9), ("Tamarack hair oil", 3), ("Northlight shampoo", 0)]
    ):
        Product.objects.create(
            connection=desk.connection, external_id=f"p{number}", name=name,
            brand=name.split()[0], category="Hair", price=24 + number, stock=stock,
            ingredients="Water, Lavender oil" if "oil" in name else "Water",
        )  # fmt: skip
    desk.services["color"] = Service.objects.create(
        connection=desk.connection, external_id="s1", name="Full color", category="Hair", minutes=60
    )
    return desk
