"""House rules and examples reach what is written, and nothing of another client does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from agents import trying
from agents.earning import records_of
from agents.learning import examples
from agents.learning.examples import Approved, chosen, examples_for
from agents.learning.policy import Wording
from agents.learning.rules import rule_write
from agents.models import AgentRun, HouseRule
from agents.prompting import shipped_prompt
from approvals.models import ApprovalItem
from approvals.services.decisions import item_approve, item_edit_and_approve
from approvals.services.erasing import client_erase
from core import clock
from core.audit import Actor
from integrations.models import Client, User
from tests.agents.conftest import Salon
from tests.agents.helpers import booked, happen, pending
from tests.agents.model_server import ModelServer
from tests.support.desks import Desk

ADA = Actor("person", "1", "Ada Admin")


def ruled(salon: Salon, avoid: str = "Hi", use: str = "Dear", **more: Any) -> int:
    told = {"location": salon.location, "agent": "confirmation", "language": "en"} | more
    return rule_write(actor=ADA, avoid=avoid, use=use, **told).pk


def visit_of(salon: Salon, name: str = "Dana", days: int = 3) -> ApprovalItem:
    happen(booked(salon.book(salon.client(name), clock.now() + timedelta(days=days))))
    return pending()[-1]


def test_the_standard_text_keeps_to_the_rules_of_its_place(salon: Salon) -> None:
    salon.switch_on("confirmation", settings={"medium_from": 0.01})
    before = visit_of(salon).revision
    assert before is not None and "Hi Dana" in before.body
    rule = ruled(salon)
    after = visit_of(salon, "Elena").revision
    assert after is not None and "Dear Elena" in after.body and "Hi " not in after.body
    run = AgentRun.objects.order_by("-pk").first()
    assert run is not None and run.house_rules == [rule]
    # Other words are another template: what was approved beforehand does not cover it.
    assert before.template_version != after.template_version
    earned = {one.agent.name: one.version for one in records_of(salon.location)}
    assert earned["confirmation"] == after.template_version


def test_a_rule_never_changes_a_name_a_time_or_the_salons_own_name(salon: Salon) -> None:
    """A client called Spa, at a salon whose name holds the word."""
    salon.switch_on("confirmation", settings={"medium_from": 0.01})
    ruled(salon, "Street", "Road")
    # The page refuses such a rule; a row that got there all the same reaches no fact.
    HouseRule.objects.create(
        location=salon.location, agent="confirmation", number=9, state="accepted",
        avoid="massage", use="treatment",
    )  # fmt: skip
    item = visit_of(salon, "Massage")
    body = item.revision.body if item.revision else ""
    assert "Maple Street Spa" in body and "Road" not in body
    assert "Massage" in body and "Hot stone massage" in body.replace("hot", "Hot")
    assert "treatment" not in body
    assert item.facts_ok


@pytest.mark.parametrize("use", ["Text yes or", "We have held it for you, say", "Tomorrow say"])
def test_a_rule_that_would_make_a_text_say_something_else_is_left_out(
    salon: Salon, use: str
) -> None:
    """Harmless alone, and beside other words a keyword, a promise or another day."""
    salon.switch_on("confirmation", settings={"medium_from": 0.01})
    before = visit_of(salon).revision
    HouseRule.objects.create(
        location=salon.location, agent="confirmation", number=9, state="accepted",
        avoid="Reply", use=use,
    )  # fmt: skip
    after = visit_of(salon, "Elena").revision
    assert before is not None and after is not None and "Reply 1" in before.body
    assert "Reply 1" in after.body and use not in after.body


@pytest.mark.django_db(transaction=True)
def test_the_model_is_told_the_rules_and_held_to_them(
    live_salon: Salon, use_model: Callable[[], ModelServer]
) -> None:
    live_salon.switch_on("confirmation", settings={"medium_from": 0.01})
    ruled(live_salon, "Hey", "Hi")
    server = use_model()
    server.says("SALON_1: Hey CLIENT_1, thank you. Reply 1.")
    item = visit_of(live_salon)
    system = server.requests[0]["messages"][0]["content"]
    assert "never change a name, a time, a price or a link.\n- Say “Hi”, not “Hey”." in system
    assert item.revision is not None and item.revision.writer == "model"
    assert "Hi Dana" in item.revision.body


def test_a_rule_is_tried_on_the_last_drafts_before_it_holds(salon: Salon) -> None:
    salon.switch_on("confirmation", settings={"medium_from": 0.01})
    visit_of(salon)
    prompt = shipped_prompt("confirmation")
    change = trying.Change(
        prompt_text=prompt.text if prompt else "",
        settings={"medium_from": 0.01},
        house_rules=(Wording("Hi", "Good day,"),),
    )
    made = trying.try_start(actor=ADA, location=salon.location, agent="confirmation", change=change)
    trying.tries_drain()
    row = made.rows.get()
    assert "Hi Dana" in row.old_body and "Good day, Dana" in row.body
    assert all(span["verified"] for span in row.facts)
    after = visit_of(salon, "Elena").revision
    assert after is not None and "Hi Elena" in after.body


# Examples.


@pytest.fixture
def house(salon: Salon) -> tuple[Desk, User]:
    desk = Desk(salon.connection, [salon.location])
    return desk, desk.person("Maria Ruiz")


def approved(desk: Desk, user: User, client: Client, body: str = "", **fields: Any) -> ApprovalItem:
    """Approved by a person as written, or (``body``) in their own words, and sent."""
    facts = [("time", ("2:30 pm",), "appointment")]
    text = f"Hello {client.first_name}, lovely that you come at 2:30 pm."
    item = desk.draft(client, body=text, facts=facts, **fields)
    assert item.revision is not None
    if body:
        item_edit_and_approve(user=user, item_id=item.pk, base_revision=1, body=body)
    else:
        item_approve(
            user=user, item_id=item.pk, revision_id=item.revision.pk,
            evidence_sha256=item.revision.evidence_sha256, seconds=9,
        )  # fmt: skip
    for state in ("sending", "sent"):
        ApprovalItem.objects.filter(pk=item.pk).update(state=state)
    return item


def told(desk: Desk, **more: Any) -> tuple[str, ...]:
    asked = {"location_id": desk.location.pk, "agent": "confirmation", "language": "en",
             "client_id": 0}  # fmt: skip
    return examples_for(**(asked | more))


def test_an_example_is_what_people_approved_without_a_fact_of_it(house: Any) -> None:
    desk, maria = house
    dana, elena = desk.client("Dana", "Quill"), desk.client("Elena", "Zorn")
    approved(desk, maria, dana, "Hello Dana, so lovely that you come at 2:30 pm!")
    approved(desk, maria, elena, "Hello Elena, so lovely that you come at 2:30 pm!")
    approved(desk, maria, elena)
    assert told(desk) == (
        "Hello [name], so lovely that you come at [time]!",
        "Hello [name], lovely that you come at [time].",
    )


def test_what_was_written_to_one_client_only_is_a_gap_or_no_example(house: Any) -> None:
    desk, maria = house
    dana, elena = desk.client("Dana"), desk.client("Elena")
    approved(desk, maria, dana, "Hello Dana, lovely that you come at 2:30 pm, and Rufus too.")
    approved(desk, maria, elena, "My condolences about your father, take all the time you need.")
    approved(desk, maria, elena)
    said = "\n".join(told(desk))
    assert "Hello [name], lovely that you come at [time]" in said
    assert not any(word in said for word in ("Rufus", "condolences", "father"))


def test_no_example_is_of_another_place_agent_language_standing_or_erased_client(
    house: Any, salon: Salon
) -> None:
    desk, maria = house
    people = [desk.client(name) for name in ("Dana", "Elena", "Priya")]
    for client in people:
        approved(desk, maria, client)
    assert len(told(desk)) == 1
    assert told(desk, location_id=desk.location.pk + 1) == ()
    assert told(desk, agent="reminder") == ()
    assert told(desk, language="es") == ()
    # The one it is for, and one who was forgotten, leave one: a single client is nobody's habit.
    client_erase(actor=ADA, client=people[0])
    assert told(desk, client_id=people[1].pk) == ()


def test_health_a_hidden_character_and_a_bracket_do_not_get_through() -> None:
    texts = ["Hello \u200bthere <b>you</b>, and more", "Hello there <b>you</b>, and more"]
    rows = [Approved(number, text, True) for number, text in enumerate(texts)]
    assert chosen(rows)[0].startswith("Hello ")
    assert "<" not in "".join(chosen(rows))


@pytest.mark.django_db(transaction=True)
def test_the_model_reads_them_as_examples_and_not_as_instructions(
    live_salon: Salon, use_model: Callable[[], ModelServer]
) -> None:
    desk = Desk(live_salon.connection, [live_salon.location], made=50)
    maria = desk.person("Maria Ruiz")
    for name in ("Orla", "Gina"):
        approved(desk, maria, desk.client(name))
    live_salon.switch_on("confirmation", settings={"medium_from": 0.01})
    server = use_model()
    server.says("SALON_1: Hi CLIENT_1, [name] says thanks. Reply 1.")
    item = visit_of(live_salon)
    asked = server.requests[0]["messages"][1]["content"]
    assert asked.startswith(examples.HEADING)
    assert "<example>Hello [name], lovely that you come at [time].</example>" in asked
    assert "Orla" not in server.heard and "Gina" not in server.heard
    # A text that copies a bracket is never a draft.
    assert item.revision is not None and item.revision.writer == "template"
    assert "[name]" in item.note
