"""What the platform says is read when it is first heard, and again when it changes."""

from datetime import timedelta

import pytest

from agents.knowledge import fitting
from agents.models import FitWanted, KnowledgeSource
from core import clock
from integrations.events import OffersChanged
from integrations.inbox import events_announce
from integrations.ingest import records_store
from integrations.ingest.diff import calendar_read
from integrations.models import Product
from integrations.platforms.base import Record
from tests.agents.conftest import MORNING, Salon

pytestmark = pytest.mark.django_db
SERUM = {"name": "Rose serum", "price": "40.00", "stock": 4}


def told(salon: Salon, minutes: int, **data: object) -> list[type]:
    """A product as the platform tells it so many minutes after nine; the kinds of Events."""
    record = Record(
        kind="product", external_id="prd_1", updated_at=MORNING + timedelta(minutes=minutes),
        data={**SERUM, **data},
    )  # fmt: skip
    stored = records_store(
        connection=salon.connection, records=[record], source="webhook", history=False
    )
    events_announce(stored.events)
    return [type(event) for event in stored.events]


def test_the_menu_is_read_once_a_first_reading_has_ended(salon: Salon, at: clock.Frozen) -> None:
    assert fitting.fits_drain() == 0
    events_announce([calendar_read(salon.connection, "first:1")])
    at.move(fitting.TOGETHER)
    assert fitting.fits_drain() == 1
    titles = set(KnowledgeSource.objects.values_list("title", flat=True))
    assert {"Services and prices", "Opening hours of Maple Street Spa"} <= titles


def test_a_price_that_changes_is_read_within_seconds_and_stock_alone_is_not(
    salon: Salon, at: clock.Frozen
) -> None:
    assert told(salon, 1) == [OffersChanged]
    assert told(salon, 2, price="45.00") == [OffersChanged]
    assert FitWanted.objects.get().read
    at.move(fitting.TOGETHER)
    assert fitting.fits_drain() == 1
    version = KnowledgeSource.objects.get(title="Products").versions.get(current=True)
    assert "$45" in str(version.pieces)
    assert told(salon, 3, price="45.00", stock=3) == []
    assert Product.objects.get().stock == 3
    assert told(salon, 4, price="45.00", name="Rose oil") == [OffersChanged]
    at.move(fitting.TOGETHER)
    assert fitting.fits_drain() == 1
    assert KnowledgeSource.objects.get(title="Products").versions.count() == 2
