"""The checkout page: what the desk reads, three taps, and who sees nothing of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client as Browser

from agents.models import CheckoutCard, CheckoutIdea
from copilot.checkout_words import LEFT_OUT, REASONS, SENTENCES
from core import clock
from integrations.models import User
from tests.support.counters import FACTS, card_for, idea_on
from tests.support.desks import Desk, desk_make

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return desk_make("Maple Street", "Harbor")


def signed_in(person: User) -> Browser:
    browser = Browser()
    browser.force_login(person)
    return browser


def test_the_card_says_what_to_say_and_why_with_its_source(desk: Desk) -> None:
    card = card_for(desk, finished=True)
    idea_on(card)
    html = signed_in(desk.person()).get("/checkout/").content.decode()
    assert "Your Tamarack shampoo must be nearly used up. Shall I put a new one with it?" in html
    assert "usually every 10 weeks" in html and "sale of Mar 12, 2026" in html
    assert "ready to pay" in html and "$24" in html
    for words in ("Said it", "Not now", "Wrong"):
        assert f'aria-label="{words}: Tamarack shampoo"' in html


def test_three_taps_work_without_a_script_and_with_one(desk: Desk) -> None:
    maria = signed_in(desk.person())
    idea = idea_on(card_for(desk))
    url = f"/checkout/{idea.pk}/answer/"
    plain = maria.post(url, {"answer": "said", "back": f"/checkout/?location={desk.location.pk}"})
    assert plain.status_code == 302 and plain["Location"].startswith("/checkout/?location=")
    shown = maria.get("/checkout/").content.decode()
    assert "Said it</b>" in shown and "Maria Ruiz" in shown and "Bought or booked" in shown
    part = maria.post(url, {"answer": ""}, headers={"HX-Request": "true"}).content.decode()
    assert part.strip().startswith('<section id="checkout"') and 'value="not_now"' in part
    assert maria.post(url, {"answer": "said", "back": "https://evil.example"})["Location"] == (
        "/checkout/"
    )
    refused = maria.post(url, {"answer": "perhaps"})
    assert refused.status_code == 409 and "one of the three" in refused.content.decode()
    assert maria.get(url).status_code == 405


def test_the_part_is_sent_again_only_when_something_changed(desk: Desk) -> None:
    maria = signed_in(desk.person())
    idea = idea_on(card_for(desk))
    html = maria.get("/checkout/").content.decode()
    mark = html.split('data-mark="')[1].split('"')[0]
    assert maria.get(f"/checkout/live/?mark={mark}").status_code == 204
    CheckoutIdea.objects.filter(pk=idea.pk).update(answer="wrong")
    assert maria.get(f"/checkout/live/?mark={mark}").status_code == 200


def test_another_locations_desk_and_who_has_no_right_get_nothing(desk: Desk) -> None:
    idea = idea_on(card_for(desk))
    nina = signed_in(desk.person("Nina Vogel", "front_desk", desk.locations[1]))
    assert "Tamarack" not in nina.get("/checkout/").content.decode()
    assert "Tamarack" not in nina.get(f"/checkout/?location={desk.location.pk}").content.decode()
    assert (
        "Tamarack" not in nina.get(f"/checkout/live/?location={desk.location.pk}").content.decode()
    )
    assert nina.post(f"/checkout/{idea.pk}/answer/", {"answer": "said"}).status_code == 404
    assert nina.post("/checkout/999999/answer/", {"answer": "said"}).status_code == 404
    tess = signed_in(desk.person("Tess Lind", "provider", desk.location))
    assert tess.get("/checkout/").status_code == 403
    idea.refresh_from_db()
    assert idea.answer == ""


def test_on_a_screen_that_faces_clients_only_the_name_stands_until_a_press(desk: Desk) -> None:
    card = card_for(desk)
    idea_on(card)
    maria = signed_in(desk.person(preferences={"counter": "on"}))
    html = maria.get("/checkout/").content.decode()
    assert "Dana K." in html and "shampoo" not in html and "every 10 weeks" not in html
    shown = maria.get(f"/checkout/?uncover=checkout-{card.pk}").content.decode()
    assert "nearly used up" in shown


def test_hostile_names_are_drawn_as_they_are_written(desk: Desk) -> None:
    card = card_for(desk, "<script>alert(1)</script>")
    idea_on(card, "Oil\u202e<b>x</b>", reasons=[FACTS["rule"] | {"because": "<i>now</i>"}])
    html = signed_in(desk.person()).get("/checkout/").content.decode()
    assert "<script>alert" not in html and "<b>x</b>" not in html and "<i>now" not in html
    assert "\u202e" not in html


def test_every_kind_of_reason_has_its_words_in_both_languages(desk: Desk) -> None:
    card = card_for(desk)
    assert set(FACTS) == set(REASONS) and set(SENTENCES) == set(FACTS) - {"stock"}
    for number, fact in enumerate(FACTS.values()):
        idea_on(card, f"Thing {number}", reasons=[fact, FACTS["stock"]])
    english = signed_in(desk.person()).get("/checkout/").content.decode()
    assert english.count("Thing ") >= 2 * (len(FACTS) - 1)
    assert "you would be done by 2:30 pm" in english and "the week of Jul 27" in english
    spanish = signed_in(desk.person("Ines Marlow", preferences={"language": "es"}))
    html = spanish.get("/checkout/").content.decode()
    for words in ("Shall ", "Bought", "Would you", "n the shelf", "Came for"):
        assert words not in html, words


def test_who_has_nothing_to_hear_stands_below_with_the_reason(desk: Desk) -> None:
    card_for(desk, left_out={"stock": 3, "lately": 2, "later": 1})
    html = signed_in(desk.person()).get("/checkout/").content.decode()
    assert "Nothing to mention to 1 client" in html
    assert "not enough on the shelf: 3, bought lately: 2" in html
    assert "Nobody is at the counter" not in html
    assert len(LEFT_OUT) == 8


def test_a_card_is_off_the_page_when_its_time_is_over(desk: Desk) -> None:
    card = card_for(desk)
    idea_on(card)
    CheckoutCard.objects.update(until=clock.now() - timedelta(minutes=1))
    assert "Nobody is at the counter" in signed_in(desk.person()).get("/checkout/").content.decode()
