"""A word planted in every personal field is found nowhere but where it belongs."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as configured
from django.test import Client as Browser
from django.utils.module_loading import import_string

from agents import erasing, runs
from agents.definitions.confirmation import Confirmation
from agents.lanes import Lanes
from agents.learning.examples import examples_for
from agents.listeners import hear
from agents.models import AgentRun, Correction, LocationRules
from agents.prompting import prompts_seed
from approvals.models import ApprovalItem, Effect, Flag
from approvals.services.decisions import item_edit_and_approve, item_settle
from approvals.services.erasing import client_erase
from approvals.services.flagging import flag_settle, item_flag
from copilot.celery import app
from copilot.supervisor import commands
from core import clock
from core.audit import Actor
from core.doorbell import import_tasks
from integrations.events import AppointmentCancelled
from integrations.models import Appointment, InboundEvent, User
from tests.agents.canaries import (
    Planted,
    everything_stored,
    fields_without_a_canary,
    found_in,
    planted,
    pool_of,
    redis_holds,
)
from tests.agents.conftest import MORNING, Salon
from tests.agents.helpers import booked, completed, event_for, happen, pending, soon
from tests.agents.kept_about import filled, kept_about, not_planted, unexplained
from tests.agents.model_server import ModelServer, completion, raw
from tests.support.desks import Desk
from tests.support.polling import GENEROUS

ACTOR = Actor.system("test")
AGENTS = ("confirmation", "reminder", "aftercare", "open_slot")


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything any logger says, written as the product writes it."""
    said = io.StringIO()
    line = dict(configured.LOGGING["formatters"]["line"])
    made = import_string(line.pop("()"))(line["format"])
    handler = logging.StreamHandler(said)
    handler.setFormatter(made)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield said
    root.removeHandler(handler)
    root.setLevel(before)


@pytest.fixture
def published(redis_db: Any) -> Iterator[Callable[[], str]]:
    """What was published on any channel of Redis."""
    listener = redis_db.pubsub(ignore_subscribe_messages=True)
    listener.psubscribe("*")
    listener.get_message(timeout=GENEROUS)

    def heard() -> str:
        said = []
        while (message := listener.get_message(timeout=0.05)) is not None:
            said.append(repr(message))
        return "\n".join(said)

    yield heard
    listener.close()


@pytest.fixture
def house(live_salon: Salon, use_model: Callable) -> tuple[Salon, ModelServer, Planted, Planted]:
    """Two clients full of canaries, every agent on, and a model that records what it is told."""
    salon = live_salon
    salon.staff.skills = ["massage"]
    salon.staff.save()
    salon.service.skill, salon.service.aftercare = "massage", "Drink water for 48 hours."
    salon.service.save()
    for agent in AGENTS:
        salon.switch_on(agent, settings={"medium_from": 0.01} if agent != "aftercare" else {})
    prompts_seed()
    one, other = planted(salon, "xq", "4242"), planted(salon, "wk", "7301", day=8)
    desk = Desk(salon.connection, [salon.location], made=900)
    pool = pool_of(salon, one, desk.person("Nora Vance"), desk.draft(one.client))
    one.kept = kept_about(one, pool, "xq")
    server: ModelServer = use_model()
    server.says("SALON_1: Hi CLIENT_1, thank you. Reply 1.")
    return salon, server, one, other


def everything_happens(salon: Salon, who: Planted) -> None:
    """Every agent hears of this client."""
    happen(booked(who.visit), soon(who.visit))
    done = salon.past(who.client, 0, "completed", notes=who.visit.notes)
    Appointment.objects.filter(pk=done.pk).update(starts_at=MORNING - timedelta(hours=2))
    done.refresh_from_db()
    happen(completed(done))
    AgentRun.objects.filter(state="waiting").update(not_before=clock.now())
    runs.runs_drain()


def a_slot_comes_free(salon: Salon) -> None:
    gone = salon.book(salon.client("Gina"), MORNING + timedelta(days=2))
    Appointment.objects.filter(pk=gone.pk).update(
        status="cancelled", cancelled_at=clock.now(), cancel_reason="reasonxq"
    )
    happen(event_for(AppointmentCancelled, gone))


def test_every_personal_field_of_every_table_holds_a_canary(house: Any) -> None:
    """A table or a field that is added later is planted by itself, or this asks what it is."""
    assert fields_without_a_canary("xq") == []
    assert unexplained() == []
    assert {"CallOutcome", "Mishap", "AskTurn", "WrittenText"} <= {one.__name__ for one in filled()}
    assert not_planted("xq") == []


def in_this_thread(lanes: Lanes, wanted: int, work: Callable[[], int]) -> int:
    """Lanes one after the other."""
    return sum(1 for _ in range(wanted) if work())


def test_no_task_of_any_worker_lets_a_word_out(
    house: Any, logged: io.StringIO, published: Callable, redis_db: Any, monkeypatch: Any
) -> None:
    """Everything that the three workers do, the nightly and the rare of it too."""
    _, server, one, other = house
    monkeypatch.setattr(Lanes, "fill", in_this_thread)
    # Before the first ring: its thread would load them too, and neither would find all.
    import_tasks()
    queues = ",".join(queues for queues, _ in commands.WORKERS.values()).split(",")
    tasks = [task for task in app.tasks.values() if getattr(task, "queue", "") in queues]
    assert {task.queue for task in tasks} == set(queues)
    hear(booked(one.visit))
    for task in sorted(tasks, key=lambda found: found.name):
        task(*([task.queue] if task.name == "core.heartbeat" else []))
    assert AgentRun.objects.get(agent="confirmation").outcome == "drafted"
    # Four digits alone stand in many a number that means something else.
    canaries = [word for word in (*one.all, *other.all) if not word.isdigit()]
    canaries += ["5554242", "555-4242", "5557301", "555-7301"]
    said = logged.getvalue() + published() + redis_holds(redis_db)
    assert found_in(said, canaries) == []
    # What somebody of the staff asked is the one thing a model is to read.
    assert found_in(server.heard, canaries) == ["askturnquestionxq"]


def test_the_model_is_told_nothing_that_points_at_anybody(house: Any) -> None:
    salon, server, one, other = house
    everything_happens(salon, one)
    a_slot_comes_free(salon)
    used = set(AgentRun.objects.filter(writer="model").values_list("agent", flat=True))
    assert len(server.requests) >= 3
    assert {"confirmation", "aftercare"} <= {run.agent for run in AgentRun.objects.all()}
    assert used
    assert found_in(server.heard, one.all) == []
    assert found_in(server.heard, [*other.all, "wishwk", "healthwk"]) == []
    # The note itself arrived, without name, number, birthday and health.
    assert "likes it slow" in server.heard
    assert "wishxq" in server.heard
    assert "healthxq" not in server.heard


def test_health_is_told_only_where_the_location_allows_it(house: Any) -> None:
    salon, server, one, _ = house
    LocationRules.objects.create(location=salon.location, health_to_model=True)
    everything_happens(salon, one)
    assert "healthxq" in server.heard
    assert found_in(server.heard, one.all) == []


BAD_DAYS = {
    "says it all again": completion(
        json.dumps({"subject": "", "body": "Hi Zorxq Quijxq 4242, secretxq. Reply 1."})
    ),
    "not json": completion("Zorxq 4242 secretxq"),
    "an error that quotes": raw(b'{"error": {"message": "Zorxq 4242 secretxq is too long"}}', 400),
    "a server that fails": raw(b"Zorxq 4242 secretxq", 500),
    "a broken answer": raw(b'{"choices": [{"message": "Zorxq 4242'),
}


@pytest.mark.parametrize("name", BAD_DAYS)
def test_no_log_and_nothing_in_redis_holds_a_canary_on_a_bad_day(
    house: Any, logged: io.StringIO, published: Callable, redis_db: Any, name: str
) -> None:
    salon, server, one, other = house
    server.answers = [BAD_DAYS[name]]
    everything_happens(salon, one)
    a_slot_comes_free(salon)
    assert pending()
    assert logged.getvalue()
    canaries = [*one.all, *other.all, "healthxq", "wishxq"]
    assert found_in(logged.getvalue(), canaries) == []
    assert found_in(published() + redis_holds(redis_db), canaries) == []


def test_hints_and_doorbells_were_looked_at(
    house: Any, published: Callable, redis_db: Any, eventually: Callable
) -> None:
    salon, _, one, _ = house
    everything_happens(salon, one)
    assert "copilot:hints" in published()
    assert "agents.runs_drain" in eventually(lambda: redis_holds(redis_db) or None)


def test_an_exception_that_quotes_a_client_is_logged_without_its_words(
    house: Any, logged: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, one, _ = house

    def broken(*args: Any) -> None:
        raise ValueError("DETAIL: (phone)=(+15035554242) of Zorxq Quijxq")

    monkeypatch.setattr(Confirmation, "gather", broken)
    happen(booked(one.visit))
    assert "ValueError" in logged.getvalue()
    assert "in broken" in logged.getvalue()
    assert found_in(logged.getvalue(), one.all) == []
    kept = AgentRun.objects.get(agent="confirmation").last_error
    assert found_in(kept, one.all) == []


def test_the_page_of_an_error_and_its_log_hold_no_canary(
    house: Any, logged: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, one, _ = house

    def broken(*args: Any, **kwargs: Any) -> None:
        raise KeyError("Zorxq 4242 secretxq")

    monkeypatch.setattr("django.contrib.auth.middleware.get_user", broken)
    browser = Browser(raise_request_exception=False)
    answer = browser.post("/drafts/1/approve/?q=secretxq", {"body": "Zorxq 4242"})
    page = answer.content.decode()
    assert answer.status_code in (403, 500)
    answer = browser.get("/")
    page += answer.content.decode()
    assert answer.status_code == 500
    assert "KeyError" in logged.getvalue()
    assert found_in(page, one.all) == []
    assert found_in(logged.getvalue(), one.all) == []


def test_a_webhook_that_is_refused_leaves_no_word_in_the_log(
    house: Any, logged: io.StringIO
) -> None:
    salon, _, one, _ = house
    body = json.dumps({"client": "Zorxq Quijxq", "note": "secretxq"})
    answer = Browser().post(
        f"/hooks/mangomint/{salon.connection.pk}/",
        body,
        content_type="application/json",
        headers={"webhook-id": "x", "webhook-timestamp": "1", "webhook-signature": "v1,AAAA"},
    )
    assert answer.status_code in (400, 401, 403, 503)
    assert found_in(answer.content.decode() + logged.getvalue(), one.all) == []


def test_after_forgetting_a_client_no_canary_is_left_in_any_table(house: Any) -> None:
    salon, server, one, other = house
    delivery(salon, one, "done")
    server.answers = [BAD_DAYS["says it all again"]]
    everything_happens(salon, one)
    server.says("SALON_1: Hi CLIENT_1, thank you. Reply 1.")
    everything_happens(salon, other)
    canaries = [*one.all, "healthxq", "wishxq"]
    before = everything_stored()
    holding = {name for name, text in before.items() if found_in(text, canaries)}
    assert {"Client", "AgentRun", "Revision", "InboundEvent", "Message"} <= holding
    assert client_erase(actor=ACTOR, client=one.client).waiting == 0
    after = everything_stored()
    # The birthday is both clients' on purpose: the other one's stays.
    gone = [one for one in canaries if one != "1971"]
    left = {name: found_in(text, gone) for name, text in after.items()}
    assert {name: found for name, found in left.items() if found} == {}
    assert found_in(after["Client"], ["zorwk", "quijwk", "secretwk"]) != []
    assert found_in(after["AgentRun"], ["zorwk"]) == ["zorwk"]


def what_people_said(salon: Salon, who: Planted) -> ApprovalItem:
    """A draft that was edited with a canary and sent, flagged with one, and settled with one."""
    desk = Desk(salon.connection, [salon.location], made=who.client.pk * 100)
    maria = desk.person("Maria Ruiz") if not User.objects.exists() else User.objects.get()
    item = desk.draft(who.client, body=f"Hey {who.client.first_name}, see you soon.")
    body = f"Hi {who.client.first_name}, see you soon, secretxq and {who.client.phone}."
    item_edit_and_approve(user=maria, item_id=item.pk, base_revision=1, body=body)
    for state in ("sending", "unknown"):
        ApprovalItem.objects.filter(pk=item.pk).update(state=state)
    Effect.objects.filter(item=item).update(outcome="unknown", state="done")
    item_settle(user=maria, item_id=item.pk, sent=True)
    flag_settle(
        user=maria, flag=item_flag(user=maria, item_id=item.pk, words="reasonxq"), answer="tagxq"
    )
    return item


def test_corrections_and_flags_are_forgotten_with_their_client_and_reach_no_log(
    house: Any, logged: io.StringIO, published: Callable
) -> None:
    salon, _, one, other = house
    item = what_people_said(salon, one)
    what_people_said(salon, other)
    before = everything_stored()
    # What is no fact may stand in a correction until then; a name or a number never does.
    said = [*one.identity, *one.words]
    assert found_in(before["Correction"], said) == ["secretxq"]
    assert found_in(before["Flag"], said) == ["tagxq", "reasonxq"]
    assert client_erase(actor=ACTOR, client=one.client).waiting == 0
    gone = {name: found_in(text, [*one.identity[:2], "4242"])
            for name, text in everything_stored().items()}  # fmt: skip
    assert {name: found for name, found in gone.items() if found} == {}
    assert Correction.objects.get(item=item).changes == []
    assert Flag.objects.filter(item=item, words="", answer="").count() == 1
    assert Flag.objects.exclude(words="").count() == 1
    assert found_in(logged.getvalue() + published(), one.all) == []


def test_an_example_tells_the_model_nothing_of_whom_it_was_written_to(house: Any) -> None:
    salon, server, one, other = house
    for who in (one, other):
        what_people_said(salon, who)
    asked = {"location_id": salon.location.pk, "agent": "confirmation", "language": "en"}
    told = "\n".join(examples_for(**asked, client_id=0))
    assert "Hi [name], see you soon" in told
    # "secretxq" stands in both messages here; nothing that points at either of them does.
    assert found_in(told, [*one.identity, *other.identity]) == []
    visit = salon.book(salon.client("Gina"), clock.now() + timedelta(days=6))
    happen(booked(visit))
    assert "<example>" in server.heard
    assert found_in(server.heard, [*one.identity, *other.identity]) == []


def delivery(salon: Salon, who: Planted, state: str) -> InboundEvent:
    body = json.dumps({"id": who.client.external_id, "firstName": "Zorxq", "note": "secretxq"})
    return InboundEvent.objects.create(
        connection=salon.connection, delivery_id=f"d-{state}", source="webhook", state=state,
        body=body.encode(),
    )  # fmt: skip


def test_what_is_being_written_while_a_client_is_forgotten_is_not_written(house: Any) -> None:
    _, _, one, _ = house
    hear(booked(one.visit))
    (run,) = runs.runs_queue.claim(1)
    client_erase(actor=ACTOR, client=one.client)
    runs.run_handle(run)
    run.refresh_from_db()
    assert (run.state, run.context) == ("done", {})
    assert not ApprovalItem.objects.filter(state="pending").exists()


def test_a_family_members_run_is_emptied_too(house: Any) -> None:
    salon, _, one, other = house
    happen(booked(one.visit))
    run = AgentRun.objects.get(agent="confirmation")
    run.context["people"].append({"id": other.client.pk, "external_id": "x", "fields": {}})
    run.save()
    assert erasing.runs_empty_for(
        connection_id=str(salon.connection.pk), client_id=other.client.pk
    ) == 1  # fmt: skip
    run.refresh_from_db()
    assert run.context == {}


def test_contexts_leave_after_their_days(house: Any, settings: Any, at: clock.Frozen) -> None:
    _, _, one, _ = house
    settings.RETENTION_DAYS = 30
    happen(booked(one.visit))
    run = AgentRun.objects.get(agent="confirmation")
    assert erasing.runs_expire(clock.now()) == 0
    at.move(timedelta(days=31))
    assert erasing.runs_expire(clock.now()) == 1
    run.refresh_from_db()
    assert (run.context, run.refused) == ({}, [])
    assert run.outcome == "drafted"
    assert erasing.runs_expire(clock.now()) == 0
