"""What a location allows its texts to say comes from its own rows, on its own days."""

from datetime import date, timedelta

import pytest

from agents.base import Setup, Text
from agents.checking import problems
from agents.context import Context
from agents.definitions.confirmation import Confirmation
from agents.models import LocationRules, PriceOffer
from agents.place import place_of
from agents.writer import TemplateWriter
from core import clock
from tests.agents.conftest import MORNING, Salon
from tests.agents.helpers import booked, gather
from tests.agents.test_door import asker_of

FRIDAY = MORNING + timedelta(days=7)
OFFER = "20% off your second visit in June"


def found(salon: Salon, body: str) -> list[str]:
    """What is wrong with this text in a confirmation of this salon, as a run would see it."""
    context = gather("confirmation", booked(salon.book(salon.client(), FRIDAY)))
    assert isinstance(context, Context)
    place = place_of(context, asker_of(salon))
    agent = Confirmation(Setup(settings=Confirmation.Settings(), writer=TemplateWriter()))
    return problems(
        agent, context, Text(f"{body} Reply 1."), banned=place.banned, longest=place.longest_text,
        catalogue=place.catalogue,
    )  # fmt: skip


def test_money_off_is_named_only_while_its_offer_lasts(salon: Salon, at: clock.Frozen) -> None:
    text = f"Hi Dana, {OFFER}."
    assert found(salon, text) != []
    PriceOffer.objects.create(
        location=salon.location, words=OFFER,
        starts_on=date(2026, 6, 13), ends_on=date(2026, 6, 14),
    )  # fmt: skip
    # The day before, both days of the offer, and the day after: by the salon's own calendar.
    for wrong in (True, False, False, True):
        assert bool(found(salon, text)) is wrong
        at.move(timedelta(days=1))


def test_an_offer_of_another_location_counts_for_nothing(salon: Salon) -> None:
    from integrations.models import Location

    other = Location.objects.create(connection=salon.connection, external_id="loc_2", name="Two")
    PriceOffer.objects.create(location=other, words=OFFER)
    assert found(salon, f"Hi Dana, {OFFER}.") != []


def test_a_link_is_allowed_by_the_locations_own_list(salon: Salon) -> None:
    text = "Hi Dana, the way: https://maple.example/map."
    assert any("maple.example/map" in one for one in found(salon, text))
    LocationRules.objects.create(location=salon.location, links="https://maple.example/map\n")
    assert found(salon, text) == []
    assert found(salon, "Hi Dana, the way: https://maple.example/map/evil.") != []


def test_length_and_words_are_the_locations_own(salon: Salon) -> None:
    text = (
        "Hi Dana, sweetie, we are so glad to have you here. Come in, sit down and have a cup "
        "of tea with us before we begin."
    )
    assert found(salon, text) == []
    LocationRules.objects.create(
        location=salon.location, longest_text=80, never_say="sweetie\nhoneybun"
    )
    wrong = found(salon, text)
    assert "the model's text was too long" in wrong
    assert "“sweetie” is among the words this location never uses" in wrong


@pytest.mark.parametrize("body", ["Hi Dana, we will call you.", "Hi Dana, we will refund you."])
def test_a_promise_needs_something_behind_it(salon: Salon, body: str) -> None:
    assert any("promises something" in one for one in found(salon, body))
