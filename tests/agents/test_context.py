"""A context holds what was declared, what was known by then, and one contact."""

from datetime import timedelta

import pytest

from agents.base import ClientView, UndeclaredField
from agents.context import Context
from agents.registry import agents
from tests.agents.conftest import MORNING, Salon
from tests.agents.helpers import booked, completed, gather, message, soon

TOMORROW = MORNING + timedelta(days=1)
EVENTS = {"confirmation": booked, "reminder": soon, "aftercare": completed}
CANARY = {
    "postal_code": "97205",
    "tags": ["CANARY-TAG"],
    "custom_fields": {"secret": "CANARY-FIELD"},
    "notes": "CANARY-NOTE. Prefers tea.",
    "past_services": [{"name": "CANARY-SERVICE"}],
    "total_spend": 4321,
}


def gathered(salon: Salon, name: str, client: object) -> Context:
    done = name == "aftercare"
    start = MORNING - timedelta(hours=1) if done else TOMORROW
    row = salon.book(client, start, status="completed" if done else "booked",
                     booked_at=MORNING - timedelta(days=5))  # fmt: skip
    salon.service.aftercare = "Drink water."
    salon.service.save()
    found = gather(name, EVENTS[name](row))
    assert isinstance(found, Context), found
    return found


def test_reading_a_field_that_was_not_declared_raises(salon: Salon) -> None:
    view = ClientView(salon.client(birthday="1988-04-02"), ("first_name",))
    assert view.first_name == "Dana"
    with pytest.raises(UndeclaredField, match="birthday"):
        _ = view.birthday
    with pytest.raises(UndeclaredField):
        getattr(view, "total_spend", None)


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_a_context_holds_declared_fields_only(salon: Salon, name: str) -> None:
    context = gathered(salon, name, salon.client(**CANARY))
    declared = set(agents.get(name).reads) | ClientView.ALWAYS
    for person in context.people:
        assert set(person.fields) <= declared
    kept = context.model_dump_json()
    assert "CANARY" not in kept
    assert "4321" not in kept


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_a_context_is_plain_data_that_reads_back_the_same(salon: Salon, name: str) -> None:
    context = gathered(salon, name, salon.client())
    assert Context.model_validate(context.model_dump(mode="json")) == context


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_a_context_holds_no_other_client(salon: Salon, name: str) -> None:
    other = salon.client("Xenia", last_name="Zzyzx", notes="Prefers jazz.")
    salon.book(other, TOMORROW)
    message(other, "CANARY from another client", incoming=True)
    kept = gathered(salon, name, salon.client()).model_dump_json()
    for secret in ("Xenia", "Zzyzx", "jazz", "CANARY", other.phone, other.email):
        assert secret not in kept


def test_nothing_later_than_as_of_is_seen(salon: Salon) -> None:
    dana = salon.client()
    row = salon.book(dana, TOMORROW + timedelta(days=9), booked_at=MORNING - timedelta(days=9))
    long_ago = MORNING - timedelta(days=8)
    salon.past(dana, 2, "no_show")
    salon.past(dana, 4, "no_show")
    salon.past(dana, 20)
    message(dana, "ok", incoming=True, channel="email")
    dana.no_show_count, dana.platform_updated_at = 5, MORNING
    dana.save()
    then = gather("confirmation", booked(row, at=long_ago), long_ago)
    assert (then.past.visits, then.past.no_shows) == (1, 0)
    assert then.contact.channel == "sms"
    now = gather("confirmation", booked(row))
    assert (now.past.visits, now.past.no_shows) == (1, 5)
    assert now.contact.channel == "email"
    assert then.as_of == long_ago


def test_a_booking_made_later_is_not_in_an_earlier_message(salon: Salon) -> None:
    dana = salon.client()
    hour_ago = MORNING - timedelta(hours=1)
    first = salon.book(dana, TOMORROW, visit_id="v", booked_at=hour_ago)
    salon.book(dana, TOMORROW + timedelta(hours=2), visit_id="v", booked_at=MORNING)
    context = gather("confirmation", booked(first, at=hour_ago), hour_ago)
    assert [visit.id for visit in context.appointments] == [first.pk]
