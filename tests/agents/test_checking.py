"""What a model's text must pass: corrected once with the reason, else the standard text."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from agents.base import Drafted, Setup, Text
from agents.checking import problems, repeated, wrong_language
from agents.context import Context
from agents.definitions.aftercare import Aftercare
from agents.definitions.confirmation import Confirmation
from agents.pieces import AFTERCARE_EXAMPLE, example
from agents.prompting import prompt_file
from agents.writer import ModelWriter
from tests.agents.model_server import ModelServer, completion

PROMPT = prompt_file("confirmation").read_text()
RIGHT = "Hi CLIENT_1, keratin on Friday, June 19 at 2:30 pm with STAFF_1. Reply 1 to confirm."
WRONG = "Hi CLIENT_1, keratin on Friday at 3:30 pm for $95. Reply 1 to confirm."


def drafted_by(server: ModelServer, *bodies: str, instruction: str = "", **changes: Any) -> Drafted:
    server.answers = [completion(json.dumps({"subject": "", "body": body})) for body in bodies]
    agent = Confirmation(
        Setup(settings=Confirmation.Settings(), writer=ModelWriter(PROMPT, instruction=instruction))
    )
    return agent.draft(Context.model_validate(example(**changes)))


def test_a_wrong_text_is_corrected_once_with_the_reason(use_model: Callable) -> None:
    server = use_model()
    drafted = drafted_by(server, WRONG, RIGHT)
    assert drafted.writer == "model"
    assert "at 2:30 pm with Sarah" in drafted.text.body
    asked = server.requests[1]["messages"]
    assert [message["role"] for message in asked] == ["system", "user", "assistant", "user"]
    assert "3:30 pm" in asked[3]["content"]
    assert asked[:2] == server.requests[0]["messages"]
    assert drafted.note.startswith("The model corrected itself once: “3:30 pm” was not found")


def test_the_reason_goes_back_under_pseudonyms(use_model: Callable) -> None:
    server = use_model()
    note = "Wants the back door because her sister works here."
    visit = example()["appointments"][0] | {"notes": note}
    body = "Hi CLIENT_1, at 4 pm with CLIENT_1 CLIENT_1L. Reply 1."
    drafted_by(server, body, RIGHT, appointments=[visit])
    assert "Dana" not in server.heard
    assert "Keller" not in server.heard


def test_wrong_twice_is_the_standard_text_and_both_are_kept(use_model: Callable) -> None:
    drafted = drafted_by(use_model(), WRONG, WRONG)
    assert drafted.writer == "template"
    assert drafted.fallback.startswith("“3:30 pm” was not found in the records")
    assert [("3:30 pm" in one.text, len(one.why)) for one in drafted.refused] == [(True, 2)] * 2
    assert drafted.use.output_tokens == 120


def test_a_refusal_is_not_asked_again(use_model: Callable) -> None:
    server = use_model()
    server.answers = [completion(None, refusal="No.")]
    agent = Confirmation(Setup(settings=Confirmation.Settings(), writer=ModelWriter(PROMPT)))
    drafted = agent.draft(Context.model_validate(example()))
    assert drafted.fallback == "the model declined to write this"
    assert len(server.requests) == 1


def test_what_the_desk_asked_for_is_written_and_left_to_be_looked_at(use_model: Callable) -> None:
    body = "Hi CLIENT_1, keratin on Friday, June 19 at 2:30 pm or 4 pm. Reply 1."
    drafted = drafted_by(use_model(), body, instruction="offer 4 pm as well")
    assert drafted.writer == "model"
    assert "4 pm" in drafted.text.body


BAD = {
    "Hi Dana, we will call you. Reply 1.": "promises something",
    "Hi Dana, 20% off for you. Reply 1.": "20%",
    "Hi Dana, you may have an infection. Reply 1.": "speaks of health",
    "Hi Dana, see https://evil.example/x and reply 1.": "evil.example",
    "Hi Dana, our notes say you are a likely no-show. Reply 1.": "meant for the desk",
    "Hi Dana, pay by Venmo. Reply 1.": "asks for money",
    "Hi Dana\u200b, reply 1.": "hidden character",
    "HI DANA PLEASE REPLY WITH THE DIGIT 1": "too loud",
    "Hi Dana!!!! Reply 1!": "too loud",
    "Hi Dana, see you see you see you see you soon. Reply 1.": "repeated itself",
    "Hi. We look forward to your visit. We look forward to your visit. Reply 1.": "repeated itself",
    "Hi Dana, do not be lazy and reply 1.": "rude",
    "Hi Dana, Maria Gonzalez comes along. Reply 1.": "Maria Gonzalez",
    "Hi Dana, your balayage is booked. Reply 1.": "balayage",
    "Привет Dana, reply 1.": "another language",
}


@pytest.mark.parametrize("body", BAD)
def test_each_rule_names_what_is_wrong(body: str) -> None:
    agent = Confirmation(Setup(settings=Confirmation.Settings(), writer=ModelWriter(PROMPT)))
    found = problems(agent, Context.model_validate(example()), Text(body))
    assert any(BAD[body] in one for one in found), found


def test_two_visits_of_a_series_are_not_the_same_again() -> None:
    visits = "; ".join(f"Hot stone massage with Sarah on Friday, June {day}" for day in (19, 26))
    assert repeated(f"Hi Dana, you have booked {visits}. Reply 1.") == ""


def test_a_booking_is_the_hold_behind_a_promise() -> None:
    agent = Confirmation(Setup(settings=Confirmation.Settings(), writer=ModelWriter(PROMPT)))
    text = Text("Hi Dana, we've reserved keratin for you. Reply 1.")
    assert problems(agent, Context.model_validate(example()), text) == []


def test_money_off_is_known_from_the_salons_offers_only() -> None:
    agent = Confirmation(Setup(settings=Confirmation.Settings(), writer=ModelWriter(PROMPT)))
    salon = example()["salon"] | {"offers": ["20% off your second visit"]}
    context = Context.model_validate(example(salon=salon))
    assert problems(agent, context, Text("Hi Dana, 20% off your second visit. Reply 1.")) == []
    assert problems(agent, context, Text("Hi Dana, 30% off your second visit. Reply 1.")) != []


def test_a_link_of_the_locations_list_is_allowed() -> None:
    agent = Confirmation(Setup(settings=Confirmation.Settings(), writer=ModelWriter(PROMPT)))
    salon = example()["salon"] | {"links": ["https://maple.example/map"]}
    context = Context.model_validate(example(salon=salon))
    assert problems(agent, context, Text("Hi Dana, see maple.example/map. Reply 1.")) == []


def test_words_the_location_never_uses_are_refused() -> None:
    agent = Confirmation(Setup(settings=Confirmation.Settings(), writer=ModelWriter(PROMPT)))
    found = problems(
        agent, Context.model_validate(example()), Text("Hey babe, reply 1."), banned=["babe"]
    )
    assert "“babe” is among the words this location never uses" in found


def test_a_note_is_never_quoted_but_the_salons_own_advice_is() -> None:
    agent = Aftercare(Setup(settings=Aftercare.Settings(), writer=ModelWriter(PROMPT)))
    context = Context.model_validate(AFTERCARE_EXAMPLE)
    quoting = problems(agent, context, Text("Hi Dana, you want to keep the fringe longer."))
    assert "the model quoted an internal note" in quoting
    advice = "Hi Dana, please do not wash your hair for 48 hours."
    assert problems(agent, context, Text(advice)) == []


LANGUAGES = [
    ("Hola Dana, le esperamos el viernes para su cita de keratina en el salón.", "es", True),
    ("Hola Dana, le esperamos el viernes para su cita de keratina en el salón.", "en", False),
    ("Hi Dana, we look forward to seeing you on Friday for your keratin.", "en", True),
    ("Hi Dana, we look forward to seeing you on Friday for your keratin.", "es", False),
    ("Bonjour Dana, nous vous attendons et votre rendez-vous est pour vendredi.", "en", False),
    ("Dana, 2:30 pm, 1?", "en", True),
]


@pytest.mark.parametrize(("body", "language", "right"), LANGUAGES)
def test_the_language_is_the_clients(body: str, language: str, right: bool) -> None:
    assert (wrong_language(Text(body, language=language)) == "") is right


def test_health_in_a_note_stays_here_unless_the_location_allows_it(use_model: Callable) -> None:
    server = use_model()
    server.says("SALON_1: Hi CLIENT_1, thank you.")
    visit = AFTERCARE_EXAMPLE["appointments"][0]
    told = visit | {"notes": "Likes it slow. Is allergic to almond oil."}
    agent = Aftercare(
        Setup(
            settings=Aftercare.Settings(), writer=ModelWriter(prompt_file("aftercare").read_text())
        )
    )
    agent.draft(Context.model_validate(AFTERCARE_EXAMPLE | {"appointments": [told]}))
    assert "Likes it slow" in server.heard
    assert "almond" not in server.heard
