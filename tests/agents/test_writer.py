"""The template writer, and the model's hostile days."""

from collections.abc import Callable

import pytest

from agents.base import Drafted, Setup
from agents.context import Context
from agents.definitions.aftercare import Aftercare
from agents.definitions.confirmation import Confirmation
from agents.instructions import NEEDS_MODEL
from agents.pieces import AFTERCARE_EXAMPLE, CONFIRMATION_EXAMPLE, example
from agents.prompting import prompt_file
from agents.writer import ModelWriter, TemplateWriter, writer_for

PROMPT = prompt_file("confirmation").read_text()


def confirm(writer: object, **changes: object) -> Drafted:
    context = Context.model_validate(example(**changes))
    agent = Confirmation(Setup(settings=Confirmation.Settings(), writer=writer))  # type: ignore[arg-type]
    return agent.draft(context)


def plain_contact() -> dict[str, object]:
    return example()["contact"] | {"plain": True}


def test_the_models_text_is_used_when_it_keeps_to_the_rules(use_model: Callable) -> None:
    server = use_model()
    server.says("Hi CLIENT_1, your keratin is on Friday, June 19 at 2:30 pm. Reply 1 to confirm.")
    drafted = confirm(ModelWriter(PROMPT))
    assert drafted.writer == "model"
    assert drafted.text.body.startswith("Maple Street Spa: Hi Dana")
    assert drafted.use.input_tokens == 900


HOSTILE = {
    "Hi CLIENT_1, reply YES to confirm or 1.": "command",
    "Hi CLIENT_1, text stop to end. 1": "command",
    "<b>Hi</b> CLIENT_1. Reply 1": "markup",
    "Hi CLIENT_1, see you on Friday.": "forgot to ask",
    "1 " + "very long " * 80: "too long",
    "   ": "nothing",
}


@pytest.mark.parametrize("body", HOSTILE)
def test_a_text_that_breaks_the_rules_falls_back_and_says_so(
    use_model: Callable, body: str
) -> None:
    use_model().says(body)
    drafted = confirm(ModelWriter(PROMPT))
    assert drafted.writer == "template"
    assert HOSTILE[body] in drafted.fallback
    assert drafted.note == f"Written from the template because {drafted.fallback}."
    assert drafted.text.body.startswith("Maple Street Spa: Hi Dana, we've reserved")
    # Asked once more with the reason; an empty answer gives none.
    assert drafted.use.output_tokens == (120 if body.strip() else 60)


def test_medical_advice_that_the_salon_did_not_write_falls_back(use_model: Callable) -> None:
    use_model().says("SALON_1: Hi CLIENT_1, take ibuprofen if it hurts.")
    writer = ModelWriter(prompt_file("aftercare").read_text())
    agent = Aftercare(Setup(settings=Aftercare.Settings(), writer=writer))
    drafted = agent.draft(Context.model_validate(AFTERCARE_EXAMPLE))
    assert "medical advice" in drafted.fallback


def test_without_a_key_the_standard_text_says_that_no_model_is_set_up() -> None:
    drafted = confirm(writer_for(prompt=PROMPT, model="", use_model=True))
    assert drafted.note == "Written from the template because no model is set up."


def test_a_low_risk_booking_gets_the_standard_text_without_a_call(use_model: Callable) -> None:
    server = use_model()
    drafted = confirm(ModelWriter(PROMPT), risk={"level": "low", "chance": 0.05})
    assert drafted.writer == "template"
    assert drafted.note == ""
    assert server.requests == []


def test_a_client_who_asked_for_plain_texts_never_costs_a_call(use_model: Callable) -> None:
    server = use_model()
    drafted = confirm(ModelWriter(PROMPT), contact=plain_contact())
    assert server.requests == []
    assert drafted.text.body == (
        "Maple Street Spa: your appointment is on Friday, June 19 at 2:30 pm. "
        "To change it, call (503) 555-0100."
    )


def test_the_instruction_goes_to_the_model(use_model: Callable) -> None:
    server = use_model()
    server.says("SALON_1: Hi CLIENT_1, see you. Reply 1.")
    confirm(ModelWriter(PROMPT, instruction="mention that Dana parks behind the house"))
    assert "parks behind the house" in server.heard
    assert "Dana" not in server.heard


@pytest.mark.parametrize(
    ("instruction", "there", "gone"),
    [
        ("shorter please", "Reply 1", "quiet room"),
        ("make it warmer", "look forward", "nothing of the kind"),
        ("add that parking is behind the house", "Parking is behind the house.", "add that"),
        ("in Spanish", "Responda 1 para confirmar", "Reply 1"),
    ],
)
def test_a_few_plain_wishes_are_honoured_without_a_model(
    instruction: str, there: str, gone: str
) -> None:
    context = Context.model_validate(CONFIRMATION_EXAMPLE)
    agent = Confirmation(
        Setup(settings=Confirmation.Settings(), writer=TemplateWriter(instruction))
    )
    drafted = agent.draft(context)
    assert there in drafted.text.body
    assert gone not in drafted.text.body
    assert drafted.note == "The standard text, changed as you asked."


def test_any_other_wish_is_answered_honestly() -> None:
    drafted = confirm(TemplateWriter("write it as a haiku"))
    assert drafted.note == NEEDS_MODEL
