"""People at the counter: checkout cards with suggestions, as the engine leaves them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from agents.models import CheckoutCard, CheckoutIdea
from core import clock
from integrations.models import Product
from tests.support.desks import Desk

DUE = {"kind": "due", "on": "2026-03-12T18:00:00+00:00", "weeks": 10, "times": 3}
FACTS: dict[str, dict[str, Any]] = {
    "due": DUE,
    "brand": {"kind": "brand", "brand": "Tamarack", "other": "Oil", "on": DUE["on"]},
    "rule": {"kind": "rule", "service": "Full color", "because": "it keeps the color"},
    "together": {"kind": "together", "share": 12, "service": "Full color"},
    "field": {"kind": "field", "service": "Full color", "category": "Hair"},
    "stock": {"kind": "stock", "left": 4},
    "with": {
        "kind": "with", "share": 30, "service": "Full color", "staff": "Sarah",
        "until": "2026-06-15T21:30:00+00:00",
    },
    "rhythm": {
        "kind": "rhythm", "weeks": 6, "times": 4, "service": "Cut", "week": "2026-07-27",
    },
    "followed": {
        "kind": "followed", "share": 40, "weeks": 6, "service": "Cut", "week": "2026-07-27",
    },
}  # fmt: skip


def card_for(desk: Desk, name: str = "Dana", **more: Any) -> CheckoutCard:
    row = desk.appointment(desk.client(name))
    return CheckoutCard.objects.create(
        connection=desk.connection, location=desk.location, client=row.client, appointment=row,
        key=f"visit:{row.pk}", until=clock.now() + timedelta(minutes=30), ready_at=clock.now(),
        state="done", **more,
    )  # fmt: skip


def idea_on(card: CheckoutCard, name: str = "Tamarack shampoo", **more: Any) -> CheckoutIdea:
    product = Product.objects.create(
        connection=card.connection, external_id=f"p{Product.objects.count()}", name=name
    )
    fields = {"kind": "product", "product": product, "price": 24, "reasons": [DUE]} | more
    return CheckoutIdea.objects.create(
        card=card, location=card.location, client=card.client, name=name, **fields
    )
