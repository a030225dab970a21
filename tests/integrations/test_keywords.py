"""What short answers mean: the union of the carriers' words in any dress, and free wording."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.keywords import HELP, START, STOP, is_ambiguous_stop, understood

DECORATION = st.text(alphabet=" .,!?\t\n-_'\"🙏❤️\u200b*", max_size=4)
WORDS = sorted(STOP | {"opt-out", "OPT OUT", "stop-all"})


@st.composite
def dressed(draw: st.DrawFn, words: list[str]) -> str:
    word = draw(st.sampled_from(words))
    cased = "".join(draw(st.sampled_from([char.lower(), char.upper()])) for char in word)
    spaced = cased.replace(" ", draw(st.sampled_from([" ", "  ", " - ", "\n"])))
    return draw(DECORATION) + spaced + draw(DECORATION)


@given(dressed(WORDS))
def test_every_opt_out_keyword_counts_in_any_case_punctuation_and_spacing(body: str) -> None:
    assert understood(body) == "stop"


@given(dressed(sorted(START)))
def test_every_opt_in_keyword_counts(body: str) -> None:
    assert understood(body) == "start"


@given(dressed(sorted(HELP)))
def test_every_help_keyword_counts(body: str) -> None:
    assert understood(body) == "help"


@given(st.text(max_size=300))
def test_no_text_whatsoever_makes_it_fail(body: str) -> None:
    assert understood(body) in {
        "stop", "start", "help", "confirm", "cancel", "accept", "decline", None,
    }  # fmt: skip


OPT_OUTS = [
    "Please stop texting me",
    "stop sending me messages",
    "STOP texting this number!!",
    "can you stop messaging me please",
    "Don't text me anymore",
    "do not contact me again",
    "dont text",
    "no more texts please",
    "Please, no more messages.",
    "never text me again",
    "take me off your list",
    "remove me from your list",
    "Remove my number from your system",
    "delete my number",
    "lose my number",
    "unsubscribe me",
    "please unsubscribe",
    "I want to opt out",
    "opt me out",
    "opting out",
    "I revoke my consent",
    "leave me alone",
    "I don't want to receive texts",
    "I no longer wish to receive messages",
    "quit texting me",
    "stop with the promos",
    "S.T.O.P",
    "ＳＴＯＰ",
    "arrêt",
    "stop please",
    "please stop",
    "no me manden más mensajes",
    "dejen de enviarme mensajes",
    "no quiero recibir mensajes",
    "Stop!!! 🛑",
    "Stop the spam",
    "stop reminders",
    "get me off this list",
    "please no texts",
    "end these messages",
]
NOT_OPT_OUTS = [
    "Can you stop by at noon?",
    "I will stop by tomorrow",
    "do you have a bus stop nearby",
    "I can't stop smiling, thank you!",
    "my appointment ends at 4 right?",
    "When does it end?",
    "I didn't get your text",
    "I never received the message",
    "did you stop sending reminders? I did not get one",
    "Can I remove the mask after an hour?",
    "Do you remove gel polish?",
    "please cancel my appointment",
    "I need to cancel my massage on Friday",
    "can't make it tomorrow",
    "quit smoking last week so no more coughing",
    "text me when ready",
    "message me the address please",
    "Is there an end time?",
    "thanks!",
    "¿a qué hora termina?",
    "my phone died, sorry for the late reply",
    "the list of services please",
]


def test_free_wording_is_recognised_nearly_always() -> None:
    missed = [body for body in OPT_OUTS if understood(body) != "stop"]
    assert len(missed) <= len(OPT_OUTS) * 0.05, missed


def test_free_wording_seldom_raises_a_false_alarm() -> None:
    alarms = [body for body in NOT_OPT_OUTS if understood(body) == "stop"]
    assert alarms == []


@pytest.mark.parametrize(
    ("body", "meaning"),
    [
        ("1", "confirm"), ("Yes!", "confirm"), ("yes please", "confirm"), ("Sí", "confirm"),
        ("See you then", "confirm"), ("OK thanks", "confirm"), ("2", "decline"), ("No", "decline"),
        ("no thank you", "decline"), ("I'll take it!", "accept"), ("Book it", "accept"),
        ("please cancel my appointment", "cancel"), ("can’t make it", "cancel"),
        ("no puedo ir", "cancel"), ("what time?", None), ("", None), ("11", None),
    ],
)  # fmt: skip
def test_yes_no_and_cancel_are_understood(body: str, meaning: str | None) -> None:
    assert understood(body) == meaning


def test_a_bare_cancel_is_an_opt_out_and_known_to_be_ambiguous() -> None:
    assert understood("CANCEL") == "stop"
    assert is_ambiguous_stop("Cancel.")
    assert not is_ambiguous_stop("STOP")
