"""Spans of model calls: only when a collector is named, and without a word of the text."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from agents import tracing
from agents.base import ModelText
from agents.llm import Request, draft_text
from tests.agents.model_server import completion

pytestmark = pytest.mark.usefixtures("transactional_db")


@dataclass
class Spans:
    """Stands where OpenTelemetry's tracer would."""

    made: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @contextmanager
    def start_as_current_span(self, name: str, attributes: dict[str, Any]) -> Iterator["Spans"]:
        self.made.append((name, dict(attributes)))
        yield self

    def set_attribute(self, name: str, value: Any) -> None:
        self.made[-1][1][name] = value


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Spans:
    made = Spans()
    monkeypatch.setattr(tracing, "_tracer", lambda: made)
    return made


def test_without_a_collector_there_is_no_span(spans: Spans, use_model: Callable) -> None:
    use_model().says("Hi.")
    draft_text(Request("s", "u", ModelText))
    assert spans.made == []


def test_a_span_names_model_server_and_tokens_and_nothing_that_was_said(
    spans: Spans, use_model: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(tracing.ENDPOINT, "http://127.0.0.1:4318")
    server = use_model()
    server.answers = [completion("CANARY is not JSON")]
    draft_text(Request("CANARY-HEAD", "CANARY-FACTS", ModelText))
    ((name, said),) = spans.made
    assert name == "chat gpt-5-mini"
    assert said["gen_ai.operation.name"] == "chat"
    assert (said["server.address"], said["server.port"]) == ("127.0.0.1", server.port)
    assert (said["gen_ai.usage.input_tokens"], said["gen_ai.usage.output_tokens"]) == (900, 60)
    assert said["error.type"] == "the model's answer did not have the agreed form"
    assert "CANARY" not in repr(spans.made)


def test_a_collector_without_the_packages_changes_nothing(
    use_model: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(tracing.ENDPOINT, "http://127.0.0.1:4318")
    tracing._tracer.cache_clear()
    use_model().says("Hi.")
    outcome = draft_text(Request("s", "u", ModelText))
    assert outcome.use.output_tokens == 60
