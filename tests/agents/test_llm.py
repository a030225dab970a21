"""The door to the model, against a real server: every bad day ends as a plain reason, in time."""

import json
import logging
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from agents.base import ModelText
from agents.costs import PRICES, cost_of
from agents.llm import FellBack, Request, Written, draft_text
from tests.agents.model_server import ModelServer, completion, drip, hang, raw

GOOD = json.dumps({"subject": "", "body": "Maple Street Spa: Hi CLIENT_1."})
pytestmark = pytest.mark.usefixtures("transactional_db")


def ask(**changes: Any) -> Written[ModelText] | FellBack:
    return draft_text(Request("Write.", "Facts.", ModelText), **changes)


def test_a_good_answer_comes_back_typed_with_tokens_cost_and_time(use_model: Callable) -> None:
    server = use_model()
    server.answers = [completion(GOOD)]
    written = ask()
    assert isinstance(written, Written)
    assert written.value.body.endswith("CLIENT_1.")
    use = written.use
    assert (use.input_tokens, use.cached_tokens, use.output_tokens) == (900, 800, 60)
    assert use.cost == Decimal("0.000165")
    assert use.model == "gpt-5-mini"
    assert use.milliseconds >= 0


def test_the_request_asks_for_the_agreed_form_and_puts_the_stable_part_first(
    use_model: Callable,
) -> None:
    server = use_model()
    server.answers = [completion(GOOD)]
    ask()
    sent = server.requests[0]
    assert sent["response_format"]["json_schema"]["strict"] is True
    assert [message["role"] for message in sent["messages"]] == ["system", "user"]
    system = sent["messages"][0]["content"]
    assert system.startswith("Write.")
    assert '"subject", "body"' in system
    assert "tools" not in sent


BAD_DAYS = {
    "refusal": (completion(None, refusal="I can't help with that."), "declined"),
    "cut off": (completion('{"subject": "", "bo', finish="length"), "cut off"),
    "filtered": (completion("", finish="content_filter"), "filter"),
    "empty": (completion("  "), "answered nothing"),
    "wrong shape": (completion('{"text": "hello"}'), "agreed form"),
    "not json": (completion("Dear Dana, see you soon"), "agreed form"),
    "a list": (completion("[1, 2, 3]"), "agreed form"),
    "web page": (raw(b"<html>Sign in to the wifi</html>", kind="text/html"), "web page"),
    "no choices": (raw(b'{"choices": [], "usage": {}}'), "could not be read"),
    "odd json": (raw(b'{"choices": [{"message": 5}]}'), "could not be read"),
    "null": (raw(b"null"), "could not be read"),
    "ten megabytes": (raw(b" " * 10_000_000), "far too long"),
    "bad request": (raw(b'{"error": {"message": "no"}}', status=400), "error (400)"),
    "wrong key": (raw(b'{"error": {"message": "no"}}', status=401), "key is not accepted"),
    "unknown model": (raw(b'{"error": {"message": "no"}}', status=404), "name is not known"),
}


@pytest.mark.parametrize("name", BAD_DAYS)
def test_a_bad_answer_falls_back_with_a_plain_reason(use_model: Callable, name: str) -> None:
    server = use_model()
    answer, reason = BAD_DAYS[name]
    server.answers = [answer]
    started = time.monotonic()
    outcome = ask(seconds=60.0)
    assert isinstance(outcome, FellBack)
    assert reason in outcome.reason
    assert time.monotonic() - started < 40
    assert len(server.requests) == 1


def test_what_a_bad_answer_cost_is_kept(use_model: Callable) -> None:
    server = use_model()
    server.answers = [completion('{"text": "hello"}')]
    outcome = ask()
    assert (outcome.use.input_tokens, outcome.use.output_tokens) == (900, 60)


@pytest.mark.parametrize("answer", [hang, drip])
def test_a_slow_or_dripping_server_is_left_at_the_end_of_the_budget(
    use_model: Callable, answer: Any
) -> None:
    server = use_model()
    server.answers = [answer]
    started = time.monotonic()
    outcome = ask(seconds=1.0)
    assert isinstance(outcome, FellBack)
    assert "too long" in outcome.reason
    assert time.monotonic() - started < 20


def test_a_server_that_is_busy_once_is_asked_again_within_the_budget(use_model: Callable) -> None:
    server = use_model()
    server.answers = [raw(b"{}", status=503), completion(GOOD)]
    assert isinstance(ask(), Written)
    assert len(server.requests) == 2


def test_a_server_that_stays_busy_is_not_asked_for_ever(use_model: Callable) -> None:
    server = use_model()
    server.answers = [raw(b"{}", status=429)]
    outcome = ask()
    assert "too much to do" in outcome.reason
    assert len(server.requests) <= 3


def test_a_private_address_is_refused_unless_it_was_allowed(
    use_model: Callable, settings: Any
) -> None:
    server = use_model()
    settings.OUTBOUND_ALLOW = []
    outcome = ask()
    assert isinstance(outcome, FellBack)
    assert "cannot be reached" in outcome.reason
    assert server.requests == []


def test_a_redirect_to_another_address_is_not_followed(
    use_model: Callable, model_server: ModelServer
) -> None:
    server = use_model()

    def elsewhere(handler: Any) -> None:
        handler.send_response(307)
        handler.send_header("location", "http://127.0.0.1:1/v1/chat/completions")
        handler.send_header("content-length", "0")
        handler.end_headers()

    server.answers = [elsewhere]
    assert isinstance(ask(), FellBack)
    assert len(server.requests) == 1


def test_without_a_key_nothing_is_called_and_the_reason_says_so(model_server: ModelServer) -> None:
    outcome = ask()
    assert outcome == FellBack("no model is set up", outcome.use)
    assert model_server.requests == []


def test_the_database_connection_is_given_back_before_the_model_is_asked(
    use_model: Callable,
) -> None:
    server = use_model()
    connection.ensure_connection()
    before = connection.connection
    was_closed: list[bool] = []

    def look(handler: Any) -> None:
        was_closed.append(before.closed)
        completion(GOOD)(handler)

    server.answers = [look]
    assert isinstance(ask(), Written)
    assert was_closed == [True]


def test_nothing_that_was_sent_or_answered_reaches_the_log(
    use_model: Callable, caplog: pytest.LogCaptureFixture
) -> None:
    server = use_model()
    server.answers = [completion("CANARY-ANSWER is not JSON")]
    with caplog.at_level(logging.DEBUG, logger="agents"):
        draft_text(Request("s", "CANARY-QUESTION", ModelText))
    assert "CANARY" not in caplog.text


@pytest.mark.parametrize(
    ("model", "cost"),
    [("gpt-5-mini-2025-08-07", Decimal("0.000165")), ("llama-of-our-own", Decimal(0))],
)
def test_cost_is_that_of_the_family_and_nothing_when_unknown(model: str, cost: Decimal) -> None:
    assert cost_of(model, 900, 800, 60, PRICES) == cost
