"""What admin saves: whom an agent is for, who gets the standard text, versions of a prompt."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from agents.config import config_for
from agents.configuring import agent_configure, own_row, prompt_save, prompts_seen
from agents.models import AgentConfig, AgentRun, PromptVersion
from agents.prompting import prompts_seed, shipped_prompt
from agents.scope import could_hold_out, drawn_out
from agents.services import agent_enable
from core import clock
from core.audit import Actor
from core.models import AuditEvent
from integrations.models import Connection
from tests.agents.conftest import Salon
from tests.agents.helpers import booked, completed, gather, happen, pending, why_nothing
from tests.agents.model_server import ModelServer

ADA = Actor("person", "1", "Ada Admin")
SOON = timedelta(days=3)


def test_an_agent_for_some_services_leaves_the_others_alone(salon: Salon) -> None:
    facial = salon.new_service("Facial")
    salon.switch_on("confirmation", services=[facial.pk])
    happen(booked(salon.book(salon.client(), clock.now() + SOON)))
    assert pending() == []
    assert why_nothing() == "This agent is not for this service."
    happen(booked(salon.book(salon.client("Orla"), clock.now() + SOON, service=facial)))
    assert [item.client.first_name for item in pending() if item.client] == ["Orla"]


def test_for_new_clients_only_means_known_to_be_new(salon: Salon) -> None:
    salon.switch_on("confirmation", new_clients_only=True)
    regular = salon.client("Dana")
    salon.past(regular, 30)
    happen(booked(salon.book(regular, clock.now() + SOON)))
    assert why_nothing() == "This agent is for new clients only."
    happen(booked(salon.book(salon.client("Nia"), clock.now() + SOON)))
    assert [item.client.first_name for item in pending() if item.client] == ["Nia"]
    Connection.objects.update(history_complete=False)
    happen(booked(salon.book(salon.client("Uma"), clock.now() + SOON)))
    assert len(pending()) == 1


@pytest.mark.django_db(transaction=True)
def test_the_holdout_gets_the_standard_text_and_spares_first_visits(
    live_salon: Salon, at: clock.Frozen, use_model: Callable[[], ModelServer]
) -> None:
    use_model().says("SALON_1: Hi CLIENT_1, thank you.")
    live_salon.service.aftercare = "Drink plenty of water."
    live_salon.service.save()
    live_salon.switch_on("aftercare", holdout_percent=100)
    # What ends after the evening's batch is drafted at once.
    at.move(timedelta(hours=7, minutes=30))
    for number in range(4):
        client = live_salon.client(f"Name{number}")
        if number % 2:
            live_salon.past(client, 30)
        visit = live_salon.book(client, clock.now() - timedelta(hours=2), status="completed")
        happen(completed(visit))
    runs = list(AgentRun.objects.filter(outcome="drafted").order_by("pk"))
    assert [run.holdout for run in runs] == [False, True, False, True]
    assert [run.writer for run in runs] == ["model", "template", "model", "template"]


def test_who_may_not_come_is_spared(salon: Salon) -> None:
    salon.switch_on("confirmation", holdout_percent=50, settings={"medium_from": 0.01})
    for number in range(4):
        client = salon.client(f"Name{number}")
        salon.past(client, 30)
        happen(booked(salon.book(client, clock.now() + SOON)))
    assert AgentRun.objects.filter(outcome="drafted").count() == 4
    assert not AgentRun.objects.filter(holdout=True).exists()


@pytest.mark.django_db(transaction=True)
def test_a_holdout_of_confirmations_gets_the_standard_text_where_others_get_the_models(
    live_salon: Salon, use_model: Callable[[], ModelServer]
) -> None:
    use_model().says("SALON_1: Hi CLIENT_1, thank you.")
    settings = {"medium_from": 0.9, "high_from": 0.95, "write_calm": True}
    row = live_salon.switch_on("confirmation", settings=settings)
    for share in (0, 100):
        AgentConfig.objects.update(holdout_percent=share)
        for came in (True, False):
            client = live_salon.client(f"Name{share}{came}")
            if came:
                live_salon.past(client, 30)
            happen(booked(live_salon.book(client, clock.now() + SOON)))
    runs = list(AgentRun.objects.filter(outcome="drafted").order_by("pk"))
    assert [run.writer for run in runs] == ["model", "model", "template", "model"]
    assert [run.holdout for run in runs] == [False, False, True, False]
    # Where the model would not have written, there is nothing to hold out from.
    row.refresh_from_db()
    row.settings["write_calm"] = False
    row.save()
    client = live_salon.client("Late")
    live_salon.past(client, 30)
    happen(booked(live_salon.book(client, clock.now() + SOON)))
    assert not AgentRun.objects.order_by("-pk")[0].holdout


def test_the_same_clients_are_always_held_out_and_about_as_many_as_asked(salon: Salon) -> None:
    salon.switch_on("confirmation", holdout_percent=20)
    client = salon.client()
    salon.past(client, 30)
    context = gather("confirmation", booked(salon.book(client, clock.now() + SOON)))
    calm = context.model_copy(update={"risk": context.risk.model_copy(update={"level": "low"})})
    config = config_for("confirmation", salon.location)

    def held(number: int) -> bool:
        contact = calm.contact.model_copy(update={"client_id": number})
        one = calm.model_copy(update={"contact": contact})
        return could_hold_out(config, one) and drawn_out(config, one)

    chosen = [number for number in range(1000) if held(number)]
    assert chosen == [number for number in range(1000) if held(number)]
    assert 150 < len(chosen) < 250
    none = calm.model_copy(update={"past": calm.past.model_copy(update={"visits": 0})})
    first = none.contact.model_copy(update={"client_id": chosen[0]})
    assert not could_hold_out(config, none.model_copy(update={"contact": first}))


def test_a_row_of_its_own_begins_as_what_holds_there_and_from_now_on_is_kept(salon: Salon) -> None:
    shared = salon.switch_on("confirmation", daily_limit=7, settings={"still_minutes": 9})
    row = own_row(connection=salon.connection, location=salon.location, agent="confirmation")
    row.settings["still_minutes"] = 4
    agent_configure(actor=ADA, config=row, changed=["settings.still_minutes"])
    held = config_for("confirmation", salon.location)
    assert (held.daily_limit, held.enabled_at) == (7, shared.enabled_at)
    shared.refresh_from_db()
    assert shared.settings == {"still_minutes": 9}


def test_the_history_says_what_each_value_was_and_is(salon: Salon) -> None:
    row = salon.switch_on("confirmation", settings={"still_minutes": 9})
    row.settings, row.daily_limit = {"still_minutes": 4}, 50
    agent_configure(actor=ADA, config=row, changed=["daily_limit"])
    event = AuditEvent.objects.get(action="agent.configured")
    assert event.facts["values"] == {"daily limit": [300, 50], "settings.still_minutes": [9, 4]}


def test_switching_on_at_a_location_keeps_its_scope(salon: Salon) -> None:
    AgentConfig.objects.create(
        connection=salon.connection, agent="confirmation", services=[1], new_clients_only=True
    )
    agent_enable(
        actor=ADA, connection=salon.connection, location=salon.location, agent="confirmation"
    )
    held = config_for("confirmation", salon.location)
    assert (held.enabled, held.services, held.new_clients_only) == (True, (1,), True)


def test_going_back_to_an_older_text_is_a_new_version(salon: Salon) -> None:
    shipped = shipped_prompt("confirmation")
    assert shipped is not None
    changed = shipped.text.replace("\n---\n", "\nBe brief.\n---\n", 1)
    mine = prompt_save(actor=ADA, agent="confirmation", text=changed, connection=salon.connection)
    again = prompt_save(actor=ADA, agent="confirmation", text=changed, connection=salon.connection)
    assert again.pk == mine.pk
    back = prompt_save(
        actor=ADA, agent="confirmation", text=shipped.text, connection=salon.connection
    )
    assert (back.number, back.text) == (mine.number + 1, shipped.text)
    assert shipped_prompt("confirmation") == shipped
    assert prompts_seed() == []


def test_nobody_reads_the_prompts_of_another_salon(salon: Salon) -> None:
    other = Connection.objects.create(name="Harbor", platform="mangomint")
    shipped = shipped_prompt("confirmation")
    assert shipped is not None
    text = shipped.text.replace("\n---\n", "\nOur secret voice.\n---\n", 1)
    prompt_save(actor=ADA, agent="confirmation", text=text, connection=other)
    seen = prompts_seen("confirmation", [salon.connection.pk])
    assert [one.pk for one in seen] == [shipped.pk]
    assert prompts_seen("confirmation", None).count() == 2


def test_a_prompt_that_cannot_be_filled_is_never_kept(salon: Salon) -> None:
    before = PromptVersion.objects.count()
    with pytest.raises(ValueError, match="Not known here: secrets"):
        prompt_save(actor=ADA, agent="confirmation", text="Be kind.\n---\n{{ secrets }}")
    assert PromptVersion.objects.count() == before


def test_a_connection_goes_with_its_prompts_and_agents(salon: Salon) -> None:
    other = Connection.objects.create(name="Harbor", platform="mangomint")
    shipped = shipped_prompt("confirmation")
    assert shipped is not None
    text = shipped.text.replace("\n---\n", "\nBe brief.\n---\n", 1)
    own = prompt_save(actor=ADA, agent="confirmation", text=text, connection=other)
    AgentConfig.objects.create(connection=other, agent="confirmation", prompt=own)
    other.delete()
    assert not PromptVersion.objects.filter(pk=own.pk).exists()
