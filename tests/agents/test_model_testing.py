"""Test connection: what is wrong with an address, a key or a model is said so that it helps."""

from collections.abc import Callable
from typing import Any

import pytest

from agents.model_testing import model_test
from agents.models import LanguageModel, ModelCall
from core.audit import Actor
from core.models import AuditEvent
from tests.agents.model_server import Answer, ModelServer, completion, hang, raw

ADMIN = Actor("person", "1", "Ada Admin")
pytestmark = pytest.mark.usefixtures("transactional_db")


@pytest.fixture
def server(use_model: Callable) -> ModelServer:
    made: ModelServer = use_model()
    made.answers = [completion('{"body": "ready"}')]
    return made


def row(server: ModelServer, **changes: Any) -> LanguageModel:
    fields = {"base_url": f"http://127.0.0.1:{server.port}/v1", "model": "gpt-5-mini", "seconds": 2}
    return LanguageModel(**(fields | changes))


def test_a_model_that_works_is_said_to_with_its_time(server: ModelServer) -> None:
    tested = model_test(actor=ADMIN, model=row(server), key="sk-typed-just-now")
    assert tested.ok
    assert tested.said.startswith("gpt-5-mini answered in ")
    assert (tested.input_tokens, tested.output_tokens) == (900, 60)


def test_a_test_is_kept_as_a_call_of_its_own_kind_and_in_the_audit(server: ModelServer) -> None:
    model_test(actor=ADMIN, model=row(server))
    call = ModelCall.objects.get()
    assert (call.purpose, call.location) == ("test", None)
    event = AuditEvent.objects.get(action="model.tested")
    assert (event.actor_name, event.facts["ok"]) == ("Ada Admin", True)


HELP: dict[str, tuple[Answer, str, str]] = {
    "wrong key": (
        raw(b'{"error": {"message": "Incorrect API key provided: sk-abc123def456."}}', 401),
        "The model's key is not accepted. Copy the key again",
        "Incorrect API key provided: …",
    ),
    "unknown model": (
        raw(b'{"error": {"message": "The model gpt-9 does not exist."}}', 404),
        "The model's name is not known there. Check how this server spells",
        "The model gpt-9 does not exist.",
    ),
    "no credit": (
        raw(b'{"error": {"message": "You exceeded your current quota."}}', 429),
        "The model's account has no credit left. Add credit",
        "You exceeded your current quota.",
    ),
    "web page": (
        raw(b"<html>Sign in</html>", kind="text/html"),
        "A web page came back in place of the model's answer. This address leads to a web page.",
        "",
    ),
    "other protocol": (
        raw(b'{"hello": "there"}'),
        "The model's answer could not be read. Something answers at this address",
        "",
    ),
    "no form": (
        completion("ready"),
        "The model's answer did not have the agreed form. The server works",
        "",
    ),
    "too slow": (hang, "The model took too long. The server did not answer in time.", ""),
}


@pytest.mark.parametrize("name", HELP)
def test_what_is_wrong_is_said_with_what_to_do(server: ModelServer, name: str) -> None:
    answer, said, provider = HELP[name]
    server.answers = [answer]
    tested = model_test(actor=ADMIN, model=row(server, seconds=1))
    assert not tested.ok
    assert tested.said.startswith(said), tested.said
    assert tested.provider == provider


def test_an_address_that_may_not_be_called_is_named(server: ModelServer, settings: Any) -> None:
    settings.OUTBOUND_ALLOW = []
    tested = model_test(actor=ADMIN, model=row(server))
    assert "cannot be reached (Only https on port 443 is allowed." in tested.said
    assert server.requests == []


def test_a_key_that_is_gone_is_asked_for(server: ModelServer) -> None:
    tested = model_test(actor=ADMIN, model=row(server, key_ref="env:NOT_THERE_AT_ALL"))
    assert tested.said.startswith("The model's key is missing")
    assert "Type the key in once more" in tested.said


def test_a_test_asks_even_where_the_model_was_resting(server: ModelServer) -> None:
    from agents.breaker import Breaker

    for _ in range(3):
        Breaker("all").failed()
    assert model_test(actor=ADMIN, model=row(server)).ok
    assert not Breaker("all").allows()
    Breaker("all").worked()
