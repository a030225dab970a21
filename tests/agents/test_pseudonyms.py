"""Nothing that identifies a client leaves, and what comes back is put in again."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from agents.base import Setup
from agents.context import Context
from agents.definitions.aftercare import Aftercare
from agents.definitions.confirmation import Confirmation
from agents.pieces import example
from agents.prompting import prompt_file
from agents.pseudonyms import Pseudonyms, UnknownPlaceholder
from agents.writer import ModelWriter
from tests.agents.model_server import completion

FIELDS = {
    "first_name": "Zoraida",
    "last_name": "Quijote",
    "phone": "+15035550142",
    "email": "zoraida.q@example.com",
    "birthday": "1988-04-02",
    "postal_code": "97205",
}
NOTES = (
    "ZORAIDA says her sister can be reached at (503) 555-0199 or sister@example.net. "
    "Quijote's birthday is 4/2/1988, born April 2, 1988. Lives at 12 Elm Street. See cli_884."
)
SECRETS = (
    "Zoraida", "Quijote", "555-0142", "5550142", "zoraida.q", "1988", "97205", "555-0199",
    "sister@example.net", "Elm Street", "cli_1", "cli_884", "Sarah", "Lind", "Maple Street Spa",
    "7Kq2",
)  # fmt: skip


def person(**more: Any) -> dict[str, Any]:
    return {"id": 1, "external_id": "cli_1", "fields": FIELDS | more}


def context(**changes: Any) -> Context:
    visit = example()["appointments"][0] | {"notes": NOTES, "aftercare": "Drink water."}
    return Context.model_validate(example(people=[person()], appointments=[visit]) | changes)


def test_no_canary_of_the_client_reaches_the_model(use_model: Callable) -> None:
    server = use_model()
    server.says("SALON_1: Hi CLIENT_1, thank you. Drink water.")
    writer = ModelWriter(prompt_file("aftercare").read_text(), instruction=f"mention {NOTES}")
    agent = Aftercare(Setup(settings=Aftercare.Settings(), writer=writer))
    drafted = agent.draft(context())
    assert drafted.writer == "model"
    assert drafted.text.body == "Maple Street Spa: Hi Zoraida, thank you. Drink water."
    for secret in SECRETS:
        assert secret.casefold() not in server.heard.casefold(), secret


def test_the_link_of_a_form_is_hidden_and_comes_back(use_model: Callable) -> None:
    server = use_model()
    server.says("SALON_1: Hi CLIENT_1, STAFF_1 waits. Reply 1 to confirm. Form: LINK_FORM1")
    forms = [
        {"id": 2, "external_id": "frm_2", "name": "Consultation", "link": "https://m.ex/f/7Kq2"}
    ]
    writer = ModelWriter(prompt_file("confirmation").read_text())
    agent = Confirmation(Setup(settings=Confirmation.Settings(), writer=writer))
    drafted = agent.draft(context(forms=forms))
    assert drafted.fallback == ""
    assert "https://m.ex/f/7Kq2" in drafted.text.body
    assert "7Kq2" not in server.heard


@pytest.mark.parametrize(
    "said",
    [
        "zoraida quijote",
        "ZORAIDA",
        "Zoraída's",
        "+1 (503) 555-0142",
        "503.555.0142",
        "2 April 1988",
    ],
)
def test_every_spelling_of_a_client_is_hidden(said: str) -> None:
    hidden = Pseudonyms.of(context()).hide(f"Ask {said} about it")
    assert "zora" not in hidden.casefold()
    assert "0142" not in hidden
    assert "1988" not in hidden


def test_the_time_and_date_of_the_visit_stay_as_they_are() -> None:
    said = "Friday, June 19 at 2:30 pm, 60 minutes, $120, 2026-06-19"
    assert Pseudonyms.of(context()).hide(said) == said


def test_a_name_that_is_also_a_word_comes_back_as_it_was() -> None:
    names = Pseudonyms.of(context(people=[person(first_name="June", last_name="May")]))
    assert names.restore(names.hide("June, see you in May")) == "June, see you in May"


def test_a_placeholder_that_was_never_given_out_is_refused(use_model: Callable) -> None:
    with pytest.raises(UnknownPlaceholder):
        Pseudonyms.of(context()).restore("Hi CLIENT_7")
    server = use_model()
    server.answers = [completion(json.dumps({"subject": "", "body": "Hi CLIENT_7. Reply 1."}))]
    writer = ModelWriter(prompt_file("confirmation").read_text())
    agent = Confirmation(Setup(settings=Confirmation.Settings(), writer=writer))
    drafted = agent.draft(context())
    assert drafted.writer == "template"
    assert "somebody it was not told about" in drafted.note
