"""Reading short texts by rules: what they mean, and where nobody guesses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.optout import dressed_words, free_text, labelled
from integrations.phrases.reading import Understood, understand
from tests.support.searches import searched


def meaning(body: str) -> str:
    return understand(body).meaning


def test_every_opt_out_word_is_understood_in_every_dress() -> None:
    tried, missed = dressed_words()
    assert tried > 2000
    assert missed == 0


@pytest.mark.parametrize("half", ["early", "known", "held_out"])
def test_free_opt_outs_are_found_and_hardly_ever_heard_where_there_is_none(half: str) -> None:
    phrases = labelled(half)
    assert sum(asks for asks, _ in phrases) * 2 > len(phrases) * 0.9
    found, alarms = free_text(half, phrases)
    assert found.ok, found.line()
    assert alarms.ok, alarms.line()


def test_the_labelled_set_has_three_hundred_different_phrases() -> None:
    phrases = [text for _, text in labelled("known") + labelled("held_out")]
    assert len(phrases) == len({text.casefold() for text in phrases}) == 300
    cancelling = [text for asks, text in labelled("held_out") if not asks and "cancel" in text]
    assert len(cancelling) >= 10


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("Yes!", "yes"), ("yesss 🎉", "yes"), ("yse", "yes"), ("ok 👍🏽", "yes"), ("👍", "yes"),
        ("Sí, gracias", "yes"), ("vale", "yes"), ("y\u200bes", "yes"), ("ＹＥＳ", "yes"),
        ("\u202eyes", "yes"), ("Perfect", "yes"), ("no", "no"), ("NO GRACIAS", "no"),
        ("No thanks", "no"), ("👎", "no"), ("nope, thanks", "no"), ("see you then", "confirm"),
        ("confrim", "confirm"), ("Confirmo", "confirm"), ("yes, confirmed", "confirm"),
        ("I'll be there", "confirm"), ("I'll take it!!", "accept"), ("yes ill take it", "accept"),
        ("lo quiero", "accept"), ("la tomo, gracias", "accept"), ("accpet", "accept"),
        ("pass", "decline"), ("not this time, sorry", "decline"), ("esta vez no", "decline"),
        ("can’t make it friday", "cancel"), ("please cancel", "cancel"), ("cancelar", "cancel"),
        ("no puedo ir mañana", "cancel"), ("I won't be able to come", "cancel"),
        ("okey dokey!", "yes"), ("I can do that", "yes"), ("ALTO", "stop"), ("¡Basta!", "stop"),
        ("START", "start"), ("Unstop.", "start"), ("help!", "help"), ("thank you!", "thanks"),
        ("¡Ayuda!", "help"), ("reanudar", "start"), ("salir", "stop"), ("Deal!", "yes"),
        ("me apunto", "accept"), ("grab it for me", "accept"), ("Haha no way!", ""),
        ("I can't do that time", "decline"), ("another time", ""), ("cxl", "cancel"),
        ("please don't cxl my appt tomorrow", ""), ("did you cxl my appointment", ""),
        ("no need to cxl my 3pm", ""), ("any cxl today?", ""), ("if i need to cxl how", ""),
        ("what is your cxl policy for my appointment", ""), ("put me on the cxl list", ""),
        ("I opt out of your messaging service", "stop"), ("opt out of this service", "stop"),
        ("opting out of your loyalty texts", "stop"), ("opt out of package texts", "stop"),
        ("opt me out from the loyalty program messages", "stop"), ("so alto", ""),
        ("I did not agree to be charged this", ""), ("I did not ask to get this moved", ""),
        ("I did not agree to receive this charge", ""), ("lol basta", ""),
        ("I never asked to be moved to this time", ""), ("opt out of this plan", "stop"),
        ("please cxl my 3pm", "cancel"), ("cancell", "cancel"), ("Not coming, sorry", "cancel"),
        ("BAJA por favor", "stop"), ("ok stop it please", "stop"),
        ("I didn't sign up for this", "stop"), ("I never agreed to receive this", "stop"),
        ("I didn't ask to be texted", "stop"), ("opt out of the reminders", "stop"),
        ("can I opt out of the deposit?", ""), ("I'd like to opt out of the hair mask", ""),
        ("I never agreed to this price", ""), ("I didn't sign up for the membership", ""),
    ],
)  # fmt: skip
def test_known_words_are_understood(body: str, wanted: str) -> None:
    assert meaning(body) == wanted


@pytest.mark.parametrize(
    "body", ["1", "1.", "(1)", "1️⃣", "１", "uno", "one", "1 please", " 1 🙏", "Reply 1"]
)
def test_a_digit_is_read_in_any_dress(body: str) -> None:
    assert understand(body) == Understood("digit", digit="1")


@pytest.mark.parametrize(
    ("body", "minutes"),
    [
        ("running 10 min late", 10), ("Late 15", 15), ("I'll be 5 minutes late sorry!", 5),
        ("half an hour late", 30), ("llego 15 min tarde", 15), ("media hora tarde", 30),
        ("stuck in traffic, 20 min", 20), ("10 min late for my 2:30", 10), ("voy tarde", None),
        ("running late for my 2:30", None), ("I'm late, 2 pm right", None),
        ("late 10 or 15", None), ("late 900", None), ("quarter of an hour late", 15),
        ("1 hour late", 60), ("an hour and 10 minutes late", 70), ("hora y media tarde", 90),
        ("late for my 1 hour massage", None), ("llego tarde a mi cita de 1 hora", None),
    ],
)  # fmt: skip
def test_late_says_by_how_much_or_that_it_was_not_said(body: str, minutes: int | None) -> None:
    assert understand(body) == Understood("late", minutes=minutes)


@pytest.mark.parametrize(
    "body",
    [
        "", "   ", "\u200b\u202e", "نعم", "❤️", "12", "1 or 2?", "yes?", "yes but can we do 3?",
        "no wait yes", "yes 👎", "1 and 3", "don't cancel!", "is it too late to cancel?",
        "can't come friday, can we do saturday", "can't come, running late", "what time?",
        "did my appointment get cancelled", "is she running late", "sorry for the late reply",
        "can I come 10 minutes late?", "yes " * 50, "x" * 2000, "see you friday, bring the form",
        "if I cancel do I pay", "nine", "now", "not 1",
    ],
)  # fmt: skip
def test_what_is_not_clear_is_not_guessed(body: str) -> None:
    assert meaning(body) == ""


@pytest.mark.parametrize("body", ["1 and 3", "yes 👎", "can't come, running late"])
def test_what_means_two_things_says_which(body: str) -> None:
    assert len(understand(body).torn) == 2


@pytest.mark.parametrize(
    "body",
    [
        "no me escriban a este número", "no me manden los mensajes", "quítenme de su lista",
        "no me envíen publicidad", "bórrenme", "no me manden más ofertas por favor",
    ],
)  # fmt: skip
def test_an_opt_out_in_spanish_words_is_found(body: str) -> None:
    assert meaning(body) == "stop"


@pytest.mark.parametrize(
    "body",
    [
        "no me manden a otra persona, quiero a Sarah", "quítenme el masaje y dejen el facial",
        "no me mande el recibo", "no me escribieron", "no me envíen con otra terapeuta",
    ],
)  # fmt: skip
def test_what_else_somebody_does_not_want_to_be_sent_is_no_opt_out(body: str) -> None:
    assert meaning(body) != "stop"


@pytest.mark.parametrize(
    ("body", "visit"), [("CANCEL", True), ("end.", True), ("STOP", False), ("no more texts", False)]
)
def test_carrier_words_that_clients_use_for_appointments_are_known(body: str, visit: bool) -> None:
    found = understand(body)
    assert (found.meaning, found.probably_a_visit) == ("stop", visit)


@searched(25)
@given(st.text(max_size=2500))
def test_no_text_makes_it_fail(body: str) -> None:
    found = understand(body)
    assert found.minutes is None or 0 < found.minutes <= 180
    assert found.digit in "0123456789"
