"""Finding whoever is on the phone: names, digits, hours; only what the person may see."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from core import clock
from integrations.finding import Seen, Wanted, clients_found, wanted
from integrations.folding import fold
from integrations.models import Appointment, Client, ClientWord, Location, Sale
from integrations.people import client_search
from tests.approvals.desk import NOW, desk_make, location_make

pytestmark = pytest.mark.django_db


@pytest.fixture
def salon() -> Any:
    with clock.frozen(NOW):
        desk = desk_make(platform="mangomint")
        Client.objects.filter(pk=desk.client.pk).update(phone_last4="0142")
        yield desk


def person(salon: Any, first: str, last: str, phone: str = "", place: Any = None) -> Client:
    client: Client = Client.objects.create(
        connection=salon.connection,
        external_id=f"c-{first}-{last}",
        first_name=first,
        last_name=last,
        phone=phone,
        phone_last4=phone[-4:],
        search_key=fold(f"{first} {last}"),
    )
    Appointment.objects.create(
        connection=salon.connection,
        external_id=f"a-{client.pk}",
        client=client,
        location=place or salon.location,
        starts_at=NOW - timedelta(days=90),
    )
    return client


def found(salon: Any, text: str, places: list[Location] | None = None) -> list[str]:
    here = places or [salon.location]
    seen = Seen([one.pk for one in here], zones={one.zone for one in here})
    return [one.name for one in clients_found(seen, text)]


def test_two_letters_of_any_word_with_or_without_accents(salon: Any) -> None:
    person(salon, "José Ángel", "Núñez")
    person(salon, "Jean-Luc", "O’Brien")
    for text in ("jo", "JOSÉ", "an", "nun", "Núñ", "jose nunez", "nunez jos", "ánge"):
        assert found(salon, text) == ["José Ángel Núñez"], text
    for text in ("luc", "je", "obrien".replace("ob", "o’b"), "brien jean", "luc br"):
        assert found(salon, text) == ["Jean-Luc O’Brien"], text
    assert found(salon, "unez") == []
    assert found(salon, "jose xy") == []


def test_the_last_four_digits_or_more_of_a_number(salon: Any) -> None:
    person(salon, "Ann", "Lee", "+15035550177")
    assert found(salon, "0177") == ["Ann Lee"]
    assert found(salon, "(503) 555-0177") == ["Ann Lee"]
    assert found(salon, "0178") == []
    assert found(salon, "503 999 0177") == []


@pytest.mark.parametrize("text", ["2:30", "14:30", "230pm", "2:30 pm", "2.30", "1430"])
def test_the_hour_of_an_appointment(salon: Any, text: str) -> None:
    Appointment.objects.filter(pk=salon.appointment.pk).update(
        starts_at=NOW.replace(hour=21, minute=30)
    )
    assert found(salon, text) == ["Dana Kay"]


@pytest.mark.parametrize("text", ["2:31", "2:30 am", "25:00", "2", "", "d", "%", "__", "' OR 1=1"])
def test_what_fits_nobody_finds_nobody(salon: Any, text: str) -> None:
    Appointment.objects.filter(pk=salon.appointment.pk).update(
        starts_at=NOW.replace(hour=21, minute=30)
    )
    assert found(salon, text) == []


def test_who_comes_next_stands_first(salon: Any) -> None:
    for number in range(15):
        person(salon, f"Da{number:02}", "Aaron")
    Appointment.objects.filter(pk=salon.appointment.pk).update(starts_at=NOW + timedelta(hours=2))
    listed = clients_found(Seen([salon.location.pk]), "da")
    assert (listed[0].name, len(listed)) == ("Dana Kay", 12)
    assert listed[0].starts_at == NOW + timedelta(hours=2)


def test_nobody_of_another_location_is_found(salon: Any) -> None:
    harbor = location_make(salon.connection, "loc_2", name="Harbor")
    person(salon, "Petra", "Harbor", "+15035550111", place=harbor)
    for text in ("pe", "0111"):
        assert found(salon, text) == []
        assert found(salon, text, [harbor]) == ["Petra Harbor"]
    assert clients_found(Seen(), "pe") == []


def test_who_has_not_been_anywhere_is_found_at_every_place_and_by_no_provider(salon: Any) -> None:
    harbor = location_make(salon.connection, "loc_2", name="Harbor")
    far = desk_make(platform="mangomint")
    new = person(salon, "Nia", "New", "+15035550123")
    new.appointments.all().delete()
    for text in ("nia", "0123"):
        assert found(salon, text) == found(salon, text, [harbor]) == ["Nia New"]
        assert found(salon, text, [far.location]) == []
        assert clients_found(Seen(own=[salon.location.pk], staff_id=1), text) == []
    assert [one.pk for one in client_search([harbor.pk], "nia")] == [new.pk]
    Sale.objects.create(
        connection=salon.connection, external_id="s1", client=new, location=harbor, closed_at=NOW
    )
    for text in ("nia", "0123"):
        assert (found(salon, text), found(salon, text, [harbor])) == ([], ["Nia New"])
    assert client_search([salon.location.pk], "nia") == []


def test_a_provider_finds_the_clients_of_their_own_appointments(salon: Any) -> None:
    from integrations.models import StaffMember

    sarah = StaffMember.objects.create(
        connection=salon.connection, external_id="sta_9", name="Sarah"
    )
    mine, _ = person(salon, "Mia", "Own"), person(salon, "Mia", "Other")
    Appointment.objects.filter(client=mine).update(staff=sarah)
    seen = Seen(own=[salon.location.pk], staff_id=sarah.pk)
    assert [one.name for one in clients_found(seen, "mia")] == ["Mia Own"]


def test_words_follow_every_change_of_a_name_and_go_with_the_client(salon: Any) -> None:
    client = person(salon, "Ana", "Ruiz")
    Client.objects.filter(pk=client.pk).update(search_key="eva ruiz")
    words = ClientWord.objects.filter(client=client).values_list("word", flat=True)
    assert sorted(words) == ["eva", "ruiz"]
    Client.objects.filter(pk=client.pk).update(search_key="")
    assert not ClientWord.objects.filter(client=client).exists()


def test_merged_and_deleted_clients_are_not_found(salon: Any) -> None:
    gone, merged = person(salon, "Zoe", "Gone"), person(salon, "Zoe", "Merged")
    Client.objects.filter(pk=gone.pk).update(deleted_at=NOW)
    Client.objects.filter(pk=merged.pk).update(merged_into=salon.client)
    assert found(salon, "zoe") == []


def test_a_search_takes_one_query(salon: Any, django_assert_max_num_queries: Any) -> None:
    for text in ("da", "0142", "2:30", "dana kay"):
        with django_assert_max_num_queries(1):
            found(salon, text)


def test_what_was_typed_is_read_every_way_it_can_be() -> None:
    assert wanted("1430") == Wanted(digits="1430", hours=((14, 30),))
    assert wanted("dana 0142").words == ("dana", "0142")
    assert wanted("x") == Wanted()
