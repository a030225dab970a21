"""Try it: the last drafts once more with a change, and nothing comes of it but text on a page."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from agents import trying
from agents.erasing import runs_empty_for
from agents.models import AgentRun, LocationRules, ModelCall, PromptVersion, TryRow, TryRun
from agents.prompting import shipped_prompt
from approvals.models import ApprovalItem, Decision, Effect
from core import clock
from core.audit import Actor
from core.models import AuditEvent
from integrations.models import Message
from tests.agents.conftest import Salon
from tests.agents.helpers import booked, happen
from tests.agents.model_server import ModelServer, raw

ADA = Actor("person", "1", "Ada Admin")


def drafted(salon: Salon, count: int = 2, **settings: Any) -> list[AgentRun]:
    salon.switch_on("confirmation", settings={"medium_from": 0.01} | settings)
    for number in range(count):
        name = ("Dana", "Elena", "Priya", "Orla")[number % 4]
        visit = salon.book(salon.client(name), clock.now() + timedelta(days=3 + number))
        happen(booked(visit))
    return list(AgentRun.objects.filter(outcome="drafted").order_by("-pk"))


def change(**more: Any) -> trying.Change:
    prompt = shipped_prompt("confirmation")
    fields = {"prompt_text": prompt.text if prompt else "", "settings": {"medium_from": 0.01}}
    return trying.Change(**(fields | more))


def tried(salon: Salon, **more: Any) -> TryRun:
    made = trying.try_start(
        actor=ADA, location=salon.location, agent="confirmation", change=change(**more)
    )
    trying.tries_drain()
    return made


def rows(made: TryRun) -> list[TryRow]:
    return list(made.rows.order_by("-run_id"))


def test_without_a_model_the_last_drafts_are_shown_with_the_changed_settings(salon: Salon) -> None:
    drafted(salon)
    made = tried(salon, settings={"medium_from": 0.9, "high_from": 0.95})
    first = rows(made)[0]
    assert "Reply 1" in first.old_body or "1" in first.old_body
    assert first.body and first.body != first.old_body
    assert first.writer == "template"
    progress = trying.try_progress(made)
    assert (progress.total, progress.done, progress.changed, progress.cost) == (2, 2, 2, Decimal(0))


def test_nothing_comes_of_it_but_text(salon: Salon) -> None:
    drafted(salon)

    def counts() -> list[int]:
        kinds: list[Any] = [ApprovalItem, Decision, Effect, Message, AgentRun]
        return [kind.objects.count() for kind in kinds]

    before = counts()
    said = set(AuditEvent.objects.values_list("pk", flat=True))
    tried(salon, settings={"tone": "crisp"})
    assert counts() == before
    new = AuditEvent.objects.exclude(pk__in=said)
    assert [event.action for event in new] == ["agent.tried"]
    assert PromptVersion.objects.filter(created_by="Ada Admin").count() == 0


@pytest.mark.django_db(transaction=True)
def test_the_changed_prompt_reaches_the_model_and_its_facts_and_cost_are_told(
    live_salon: Salon, use_model: Callable[[], ModelServer]
) -> None:
    drafted(live_salon)
    server = use_model()
    server.says("Dear CLIENT_1, your massage is on Sunday at 4:45 pm. Answer 1 to keep it.")
    prompt = shipped_prompt("confirmation")
    assert prompt is not None
    text = prompt.text.replace("\n---\n", "\nBegin with Dear.\n---\n", 1)
    made = tried(live_salon, prompt_text=text)
    asked = json.loads(json.dumps(server.requests))
    assert all("Begin with Dear." in one["messages"][0]["content"] for one in asked)
    assert "Dana" not in server.heard
    found = rows(made)
    # Its wrong hour is refused twice: the standard text stands, and what the model said is shown.
    assert [row.writer for row in found] == ["template", "template"]
    assert "4:45 pm" in found[0].refused[0]["text"]
    assert found[0].input_tokens == 1800
    assert trying.try_progress(made).cost > 0
    assert set(ModelCall.objects.values_list("purpose", flat=True)) == {"try"}
    assert {call.location_id for call in ModelCall.objects.all()} == {live_salon.location.pk}


@pytest.mark.django_db(transaction=True)
def test_a_model_that_fails_and_a_budget_that_is_spent_still_end_every_row(
    live_salon: Salon, use_model: Callable[[], ModelServer]
) -> None:
    drafted(live_salon, 1)
    server = use_model()
    server.answers = [raw(b'{"error": {"message": "Incorrect API key"}}', 401)]
    made = tried(live_salon)
    assert rows(made)[0].note.startswith("Written from the template because the model's key")
    LocationRules.objects.create(location=live_salon.location, daily_budget=Decimal(0))
    again = tried(live_salon)
    assert "budget" in rows(again)[0].note
    assert trying.try_progress(again).is_over


def test_only_drafts_in_scope_are_tried_and_at_most_twenty(salon: Salon) -> None:
    drafted(salon, 3)
    other = salon.new_service("Facial")
    visit = salon.book(salon.client("Petra"), clock.now() + timedelta(days=9), service=other)
    happen(booked(visit))
    made = tried(salon, services=("Facial",))
    assert [row.run.item.client.first_name for row in rows(made) if row.run.item] == ["Petra"]
    trying.MOST, kept = 2, trying.MOST
    try:
        assert tried(salon).rows.count() == 2
    finally:
        trying.MOST = kept


def test_a_prompt_with_an_unknown_variable_is_not_even_tried(salon: Salon) -> None:
    with pytest.raises(ValueError, match="Not known here: secrets"):
        tried(salon, prompt_text="Be kind.\n---\n{{ secrets }}")
    assert not TryRun.objects.exists()


def test_forgetting_a_client_takes_their_rows_and_days_take_the_rest(salon: Salon) -> None:
    runs = drafted(salon)
    made = tried(salon)
    item = runs[0].item
    assert item is not None
    runs_empty_for(connection_id=str(salon.connection.pk), client_id=item.client_id or 0)
    assert [row.run_id for row in rows(made)] == [runs[1].pk]
    assert trying.tries_expire(clock.now()) == 0
    trying.tries_expire(clock.now() + timedelta(days=4))
    assert not TryRow.objects.exists()


def test_a_context_that_left_while_waiting_ends_the_row_with_the_reason(salon: Salon) -> None:
    drafted(salon, 1)
    made = trying.try_start(
        actor=ADA, location=salon.location, agent="confirmation", change=change()
    )
    AgentRun.objects.update(context={})
    trying.tries_drain()
    assert rows(made)[0].why_nothing == trying.FORGOTTEN
    assert rows(made)[0].old_body == ""
