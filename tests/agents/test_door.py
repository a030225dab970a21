"""The door's memory: who pays, when it rests, what other servers answer, and that all is kept."""

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from agents import breaker as breaking
from agents.base import ModelText
from agents.breaker import RESTING, Breaker
from agents.budgets import SPENT_DAY, SPENT_MONTH, Asker
from agents.costs import prices_forget
from agents.doors import Door, door_for
from agents.llm import FellBack, Request, Written, draft_text
from agents.models import LanguageModel, LocationRules, ModelCall, ModelPrice, PromptVersion
from agents.prompting import prompts_seed, shipped_prompt
from core import clock
from core.models import AuditEvent
from tests.agents.conftest import MORNING, Salon
from tests.agents.helpers import booked, happen, pending
from tests.agents.model_server import USAGE, ModelServer, completion, hang, raw

GOOD = json.dumps({"subject": "", "body": "Hi CLIENT_1."})
FRIDAY = MORNING + timedelta(days=7)


def door_to(server: ModelServer, **changes: Any) -> Door:
    fields: dict[str, Any] = {"model": "gpt-5-mini", "seconds": 4, "breaker": "door-test"}
    address = f"http://127.0.0.1:{server.port}/v1"
    return Door(base_url=address, key="sk-for-tests", **(fields | changes))


@pytest.fixture
def server(use_model: Callable, live_salon: Salon) -> ModelServer:
    Breaker("door-test").worked()
    made: ModelServer = use_model()
    made.answers = [completion(GOOD)]
    return made


def asker_of(salon: Salon, **more: Any) -> Asker:
    return Asker(str(salon.connection.pk), salon.location.pk, "confirmation", **more)


def ask(door: Door, asker: Asker | None = None) -> Written[ModelText] | FellBack:
    return draft_text(Request("Write.", "Facts.", ModelText), asker=asker, door=door)


def test_every_call_is_kept_with_what_it_took_and_none_of_its_words(
    server: ModelServer, live_salon: Salon
) -> None:
    prompts_seed()
    prompt = shipped_prompt("confirmation")
    assert prompt is not None
    ask(door_to(server), asker_of(live_salon, prompt_id=prompt.pk))
    call = ModelCall.objects.get()
    assert call.prompt == prompt
    assert (call.location, call.agent, call.purpose) == (
        live_salon.location, "confirmation", "draft",
    )  # fmt: skip
    assert (call.model, call.outcome) == ("gpt-5-mini", "")
    assert (call.input_tokens, call.cached_tokens, call.output_tokens) == (900, 800, 60)
    assert call.cost == Decimal("0.000165")
    assert call.milliseconds > 0
    kept = " ".join(str(value) for value in ModelCall.objects.values().get().values())
    assert "CLIENT_1" not in kept
    assert "Facts." not in kept


def test_a_call_that_failed_is_kept_with_its_reason(server: ModelServer, live_salon: Salon) -> None:
    server.answers = [raw(b'{"error": {"message": "no"}}', status=401)]
    ask(door_to(server), asker_of(live_salon))
    assert ModelCall.objects.get().outcome == "the model's key is not accepted"


def test_the_price_table_of_admin_wins_over_the_list_prices(
    server: ModelServer, live_salon: Salon
) -> None:
    ModelPrice.objects.create(name="gpt-5-mini", fresh=1, cached=Decimal("0.5"), written=10)
    prices_forget()
    ask(door_to(server), asker_of(live_salon))
    prices_forget()
    # 100 fresh at 1, 800 cached at 0.5, 60 written at 10 dollars per million.
    assert ModelCall.objects.get().cost == Decimal("0.001100")


def spend(salon: Salon, cost: str, at: Any = None) -> None:
    ModelCall.objects.create(
        connection=salon.connection, location=salon.location, cost=cost, at=at or clock.now()
    )


def warnings() -> list[str]:
    rows = AuditEvent.objects.filter(action="budget.warned").order_by("pk")
    return [row.facts["per"] for row in rows]


def test_a_daily_budget_warns_once_at_four_fifths_and_stops_the_model_at_all_of_it(
    server: ModelServer, live_salon: Salon
) -> None:
    LocationRules.objects.create(location=live_salon.location, daily_budget=1)
    asker = asker_of(live_salon)
    spend(live_salon, "0.79")
    assert isinstance(ask(door_to(server), asker), Written)
    assert warnings() == []
    spend(live_salon, "0.01")
    for _ in range(2):
        assert isinstance(ask(door_to(server), asker), Written)
    assert warnings() == ["day"]
    spend(live_salon, "0.20")
    stopped = ask(door_to(server), asker)
    assert (type(stopped), stopped.reason) == (FellBack, SPENT_DAY)  # type: ignore[union-attr]
    assert len(server.requests) == 3


def test_a_new_day_in_the_salons_own_zone_has_a_new_budget(
    server: ModelServer, live_salon: Salon, at: clock.Frozen
) -> None:
    LocationRules.objects.create(location=live_salon.location, daily_budget=1)
    spend(live_salon, "1")
    assert isinstance(ask(door_to(server), asker_of(live_salon)), FellBack)
    # Ten in the morning there; thirteen hours later it is tomorrow there, not yet an hour sooner.
    at.move(timedelta(hours=13, minutes=59))
    assert isinstance(ask(door_to(server), asker_of(live_salon)), FellBack)
    at.move(timedelta(minutes=2))
    assert isinstance(ask(door_to(server), asker_of(live_salon)), Written)


def test_a_monthly_budget_counts_since_the_first(server: ModelServer, live_salon: Salon) -> None:
    LocationRules.objects.create(location=live_salon.location, monthly_budget=1)
    spend(live_salon, "5", MORNING - timedelta(days=20))
    assert isinstance(ask(door_to(server), asker_of(live_salon)), Written)
    spend(live_salon, "1", MORNING - timedelta(days=5))
    stopped = ask(door_to(server), asker_of(live_salon))
    assert (type(stopped), stopped.reason) == (FellBack, SPENT_MONTH)  # type: ignore[union-attr]
    assert warnings() == ["month"]


def test_a_used_up_budget_leaves_a_template_draft_that_says_so(
    server: ModelServer, live_salon: Salon
) -> None:
    live_salon.switch_on("confirmation")
    LocationRules.objects.create(location=live_salon.location, daily_budget=0)
    prompts_seed()
    dana = live_salon.client()
    for days in (20, 40):
        live_salon.past(dana, days, "no_show")
    happen(booked(live_salon.book(dana, FRIDAY)))
    (item,) = pending()
    assert item.note == f"Written from the template because {SPENT_DAY}."
    assert server.requests == []


def test_the_second_model_is_asked_when_the_first_fails_and_both_are_kept(
    server: ModelServer, live_salon: Salon
) -> None:
    server.answers = [completion(None, refusal="No."), completion(GOOD)]
    outcome = ask(door_to(server, fallback_model="gpt-4o-mini"), asker_of(live_salon))
    assert isinstance(outcome, Written)
    assert outcome.use.model == "gpt-4o-mini"
    asked = [request["model"] for request in server.requests]
    assert asked == ["gpt-5-mini", "gpt-4o-mini"]
    kept = list(ModelCall.objects.order_by("pk").values_list("model", "outcome"))
    assert kept == [("gpt-5-mini", "the model declined to write this"), ("gpt-4o-mini", "")]


def test_a_first_model_that_hangs_leaves_time_for_the_second(server: ModelServer) -> None:
    server.answers = [hang, completion(GOOD)]
    outcome = ask(door_to(server, seconds=4, fallback_model="gpt-4o-mini"))
    assert isinstance(outcome, Written)


def test_three_failures_in_a_row_let_the_connections_model_rest(server: ModelServer) -> None:
    server.answers = [raw(b"{}", status=500)]
    door = door_to(server, seconds=0.4)
    for _ in range(3):
        assert isinstance(ask(door), FellBack)
    asked = len(server.requests)
    resting = ask(door)
    assert (type(resting), resting.reason) == (FellBack, RESTING)  # type: ignore[union-attr]
    assert len(server.requests) == asked
    other = ask(door_to(server, seconds=0.4, breaker="door-test-of-another-connection"))
    assert isinstance(other, FellBack)
    assert other.reason != RESTING


def test_after_its_rest_one_call_looks_whether_the_model_is_back(
    server: ModelServer, monkeypatch: pytest.MonkeyPatch, eventually: Callable
) -> None:
    monkeypatch.setattr(breaking, "OPEN_MS", 50)
    one, another = Breaker("door-test"), Breaker("door-test")
    for _ in range(3):
        one.failed()
    assert not one.allows()
    eventually(one.allows)
    assert not another.allows()
    assert isinstance(ask(door_to(server, breaker="")), Written)
    one.worked()
    assert another.allows()


def test_a_wrong_answer_is_no_reason_to_rest(server: ModelServer) -> None:
    server.answers = [completion('{"text": "wrong"}')]
    for _ in range(4):
        outcome = ask(door_to(server))
        assert isinstance(outcome, FellBack)
        assert outcome.reason != RESTING


def test_a_connections_own_server_wins_over_the_one_for_all(live_salon: Salon) -> None:
    LanguageModel.objects.create(model="for-all", base_url="https://all.example/v1")
    LanguageModel.objects.create(
        connection=live_salon.connection, model="its-own", base_url="https://own.example/v1"
    )
    assert door_for(live_salon.connection.pk).model == "its-own"
    assert door_for(None).model == "for-all"


def test_what_comes_before_the_facts_is_the_same_for_every_client(
    server: ModelServer, live_salon: Salon
) -> None:
    live_salon.switch_on("confirmation")
    prompts_seed()
    for number, name in enumerate(("Dana", "Zoraida")):
        client = live_salon.client(name, notes="Prefers tea.", locale="es" if number else "en")
        for days in (20, 40):
            live_salon.past(client, days, "no_show")
        happen(booked(live_salon.book(client, FRIDAY + timedelta(hours=number))))
    heads = {request["messages"][0]["content"] for request in server.requests}
    facts = {request["messages"][1]["content"] for request in server.requests}
    assert len(facts) == 2
    (head,) = heads
    kept = PromptVersion.objects.get(agent="confirmation").text
    assert head.startswith(kept.split("---")[0].strip())


def test_the_model_is_told_the_day_it_has_to_name(server: ModelServer, live_salon: Salon) -> None:
    live_salon.switch_on("confirmation")
    prompts_seed()
    client = live_salon.client()
    for days in (20, 40):
        live_salon.past(client, days, "no_show")
    happen(booked(live_salon.book(client, FRIDAY)))
    asked = server.requests[0]["messages"][1]["content"]
    assert "Hot stone massage with STAFF_1, Friday, June 19 at 10 am" in asked


# What each server answers where it differs from the first, as their documentation has it.
def answer(content: str, usage: Any = USAGE, **more: Any) -> bytes:
    message = {"role": "assistant", "content": content} | more.pop("message", {})
    choice = {"index": 0, "finish_reason": "stop", "message": message} | more.pop("choice", {})
    data = {"id": "x", "object": "chat.completion", "created": 1, "model": "m"}
    return json.dumps(data | {"choices": [choice], "usage": usage} | more).encode()


PLAIN_USAGE = {"prompt_tokens": 900, "completion_tokens": 60, "total_tokens": 960}
SERVERS: dict[str, tuple[bytes, int]] = {
    # Pays no attention to response_format, and has no details of usage.
    "anthropic": (answer(f"Here it is:\n```json\n{GOOD}\n```\nAnything else?", PLAIN_USAGE), 0),
    # Says what its filters found, beside the answer.
    "azure": (
        answer(
            GOOD,
            choice={"content_filter_results": {"hate": {"filtered": False, "severity": "safe"}}},
            prompt_filter_results=[{"prompt_index": 0, "content_filter_results": {}}],
            system_fingerprint="fp_1",
        ),
        800,
    ),
    # A model that thinks aloud in the text itself.
    "ollama": (
        answer(
            f"<think>They want {{json}}.</think>\n{GOOD}",
            PLAIN_USAGE,
            system_fingerprint="fp_ollama",
        ),
        0,
    ),
    # Details that are null, thoughts in a field of their own.
    "vllm": (
        answer(
            GOOD,
            PLAIN_USAGE | {"prompt_tokens_details": None},
            message={"reasoning_content": "They want json.", "tool_calls": []},
            choice={"stop_reason": None, "logprobs": None},
            prompt_logprobs=None,
        ),
        0,
    ),
    # Passes on the cache figures of whoever is behind it.
    "litellm": (
        answer(
            GOOD,
            PLAIN_USAGE
            | {
                "prompt_tokens_details": {"cached_tokens": 800, "audio_tokens": None},
                "cache_creation_input_tokens": 100,
                "cache_read_input_tokens": 800,
            },
            message={"provider_specific_fields": {"refusal": None}, "function_call": None},
        ),
        800,
    ),
}


@pytest.mark.parametrize("name", SERVERS)
def test_every_compatible_server_is_understood(server: ModelServer, name: str) -> None:
    body, cached = SERVERS[name]
    server.answers = [raw(body)]
    outcome = ask(door_to(server))
    assert isinstance(outcome, Written), outcome
    assert outcome.value.body == "Hi CLIENT_1."
    use = outcome.use
    assert (use.input_tokens, use.cached_tokens, use.output_tokens) == (900, cached, 60)


REFUSALS: dict[str, tuple[int, bytes, str]] = {
    "anthropic busy": (
        529,
        b'{"error": {"type": "overloaded_error", "message": "Overloaded"}}',
        "the model's server answered with an error (529)",
    ),
    "azure filter": (
        400,
        b'{"error": {"code": "content_filter", "status": 400, "message": "The response was filtered'
        b" due to the prompt triggering Azure OpenAI's content management policy.\"}}",
        "the model's filter held the question back",
    ),
    "ollama unknown": (
        404,
        b'{"error": {"message": "model \\"llama9\\" not found, try pulling it first"}}',
        "the model's name is not known there",
    ),
    "ollama old": (404, b'{"error": "model not found"}', "the model's name is not known there"),
    "vllm key": (401, b'{"error": "Unauthorized"}', "the model's key is not accepted"),
    "vllm too long": (
        400,
        b'{"object": "error", "message": "This model\'s maximum context length is 4096 tokens.",'
        b' "type": "BadRequestError", "param": null, "code": 400}',
        "the prompt is too long for this model",
    ),
    "litellm budget": (
        429,
        b'{"error": {"message": "ExceededBudget: quota of this key is used up", "type":'
        b' "budget_exceeded", "param": null, "code": "429"}}',
        "the model's account has no credit left",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_other_servers_refuse_is_said_in_plain_words(server: ModelServer, name: str) -> None:
    status, body, reason = REFUSALS[name]
    server.answers = [raw(body, status=status)]
    outcome = ask(door_to(server, seconds=1))
    assert isinstance(outcome, FellBack)
    assert outcome.reason == reason


@pytest.mark.parametrize("word", ["max_completion_tokens", "response_format"])
def test_a_server_that_does_not_know_a_field_is_asked_without_it(
    server: ModelServer, word: str
) -> None:
    said = json.dumps({"error": {"message": f"Unrecognized request argument: {word}"}}).encode()
    server.answers = [raw(said, status=400), completion(GOOD)]
    assert isinstance(ask(door_to(server)), Written)
    assert word in server.requests[0]
    assert word not in server.requests[1]
