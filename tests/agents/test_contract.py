"""What every agent keeps to, run over everything discovered."""

from pathlib import Path

import pytest

from agents.base import Agent, Setup
from agents.checking import problems
from agents.context import Context
from agents.prompting import prompt_file, prompt_problems, render, split
from agents.registry import agents
from agents.variables import without_meaning
from agents.writer import TemplateWriter
from approvals.facts import facts_check
from approvals.policy import GROUPS, asks_for_keyword
from approvals.segments import sms_segments
from integrations.models import RIGHTS, Client

NAMES = agents.names()
# Those whose draft is a single text; the texts of an offer ladder are fixed and tested with it.
WRITERS = [name for name in NAMES if agents.get(name).one_message]
PURPOSES = {"transactional", "care", "marketing"}


def made(name: str) -> tuple[Agent, Context]:
    cls = agents.get(name)
    agent = cls(Setup(settings=cls.Settings(), writer=TemplateWriter()))
    return agent, Context.model_validate(cls.example)


def test_the_three_shipped_agents_are_discovered() -> None:
    assert {"confirmation", "reminder", "aftercare"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_it_declares_what_it_needs(name: str) -> None:
    cls = agents.get(name)
    assert cls.name == name
    assert cls.label
    assert cls.purpose in PURPOSES
    assert cls.right in RIGHTS
    assert cls.group in GROUPS
    assert cls.listens_to
    fields = {field.name for field in Client._meta.get_fields()}
    assert set(cls.reads) <= fields


@pytest.mark.parametrize("name", WRITERS)
def test_it_has_a_prompt_whose_variables_it_lists(name: str) -> None:
    text = prompt_file(name).read_text()
    assert prompt_problems(name, text) == []
    assert split(text)[0]


@pytest.mark.parametrize("name", NAMES)
def test_it_has_a_test_file(name: str) -> None:
    assert (Path(__file__).parent / f"test_{name}.py").is_file()


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_has_a_title_and_help_for_admin(name: str) -> None:
    for field, info in agents.get(name).Settings.model_fields.items():
        assert info.title, f"{field} has no title"
        assert info.description, f"{field} has no help"


@pytest.mark.parametrize("name", NAMES)
def test_it_tells_an_admin_in_a_sentence_what_it_does(name: str) -> None:
    assert agents.get(name).about.endswith(".")


def test_every_variable_of_every_prompt_has_a_meaning() -> None:
    assert without_meaning() == []


@pytest.mark.parametrize("name", WRITERS)
def test_its_example_fills_every_variable_of_its_prompt(name: str) -> None:
    agent, context = made(name)
    words = agent.words(context)
    assert set(words) == set(agent.variables)
    system, user = render(prompt_file(name).read_text(), words)
    assert "{{" not in system + user


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("channel", ["sms", "email"])
@pytest.mark.parametrize("plain", [False, True])
def test_its_example_drafts_a_text_whose_facts_are_all_verified(
    name: str, language: str, channel: str, plain: bool
) -> None:
    agent, context = made(name)
    contact = context.contact.model_copy(
        update={"language": language, "channel": channel, "plain": plain}
    )
    context = context.model_copy(update={"contact": contact})
    drafted = agent.draft(context)
    proposal = agent.propose(context, drafted)[0]
    body = drafted.text.body
    wrong = [span for span in facts_check(body, proposal.known_facts) if not span.verified]
    assert wrong == [], body
    assert problems(agent, context, drafted.text) == []
    assert asks_for_keyword(body) == ""
    if channel == "sms":
        assert body.startswith(context.salon.name)
        assert sms_segments(body).segments <= 2
        assert sms_segments(body).encoding == "GSM-7"
    if plain:
        assert "Dana" not in body
        assert context.first.service not in body


@pytest.mark.parametrize("name", WRITERS)
def test_its_proposal_says_why_with_sources_and_evidence_that_is_read_again(name: str) -> None:
    agent, context = made(name)
    proposal = agent.propose(context, agent.draft(context))[0]
    assert proposal.title
    assert proposal.origin
    assert proposal.tag
    assert proposal.moment
    assert proposal.due_at > context.as_of
    assert proposal.reasons
    assert all(reason.source for reason in proposal.reasons)
    kinds = {fact.check_kind for fact in proposal.evidence}
    assert {"appointment_as_was", "consent", "address", "no_newer_message"} <= kinds
    assert (proposal.subject, proposal.occasion) == (context.subject, context.occasion)
    assert proposal.covers
