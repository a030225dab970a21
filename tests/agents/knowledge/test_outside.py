"""Searching by the vectors of a model server: equal names only, words where it is away."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from agents import vectors
from agents.answers import Unusable
from agents.breaker import Breaker
from agents.budgets import Asker
from agents.doors import door_for
from agents.knowledge import fitting
from agents.knowledge.indexing import About, knowledge_text_put
from agents.knowledge.searching import Answer, knowledge_search
from agents.models import FitWanted, KnowledgeChunk, KnowledgeSource, ModelCall
from core.audit import Actor
from tests.agents.conftest import Salon
from tests.agents.model_server import Handler, ModelServer, drip, raw

TODAY = date(2026, 6, 12)
SAID = "# Dogs\nSmall dogs are welcome.\n# Parking\nBehind the house.\n# Wifi\nAsk at the desk."
# What means the same points the same way; everything leans a little to one side, as models do.
WAYS = {"dog": 0, "puppy": 0, "parking": 1, "car": 1, "wifi": 2, "internet": 2}


def embeds(handler: Handler) -> None:
    texts = handler.box.requests[-1]["input"]
    rows = []
    for place, text in enumerate(texts):
        row = [0.1, 0.1, 0.1, 1.0]
        for word, way in WAYS.items():
            row[way] += word in text.casefold()
        rows.append({"index": place, "embedding": row})
    usage = {"prompt_tokens": 7 * len(texts), "total_tokens": 7 * len(texts)}
    said = {"object": "list", "data": rows[::-1], "model": "m", "usage": usage}
    handler.send(json.dumps(said).encode())


@pytest.fixture
def server(use_model: Callable[[], ModelServer], live_salon: Salon, settings: Any) -> ModelServer:
    box = use_model()
    settings.OPENAI_EMBEDDING_MODEL = "text-embedding-3-small"
    Breaker(f"{live_salon.connection.pk}:vectors").worked()
    box.answers = [embeds]
    knowledge_text_put(
        actor=Actor.system("test"), connection=live_salon.connection, location=None,
        about=About("own:rules", "Rules", KnowledgeSource.Kind.POLICY), text=SAID,
    )  # fmt: skip
    return box


def ask(salon: Salon, question: str) -> Answer:
    return knowledge_search(
        location=salon.location, question=question, today=TODAY, outward=lambda: question
    )


def fitted(salon: Salon) -> None:
    fitting.fit_wanted(salon.connection)
    assert fitting.fits_drain() == 1


def test_what_means_the_same_is_found_though_no_word_is_shared(
    server: ModelServer, live_salon: Salon
) -> None:
    fitted(live_salon)
    (name,) = set(KnowledgeChunk.objects.values_list("embedder", flat=True))
    assert name.startswith("server-text-embedding-3-small-4-")
    found = ask(live_salon, "my puppy")
    # Found, and said to be only near: no word of the question stands in the material.
    assert found.pieces[0].heading == "Dogs" and not found.known
    assert ask(live_salon, "may dogs come").known
    calls = ModelCall.objects.filter(purpose=ModelCall.Purpose.SEARCH)
    assert calls.count() == 3 and calls.earliest("pk").input_tokens == 21


def test_without_its_words_for_outside_no_question_leaves_the_house(
    server: ModelServer, live_salon: Salon
) -> None:
    fitted(live_salon)
    asked = len(server.requests)
    found = knowledge_search(location=live_salon.location, question="dogs", today=TODAY)
    assert found.pieces[0].heading == "Dogs" and len(server.requests) == asked


def test_vectors_of_another_model_are_made_anew_and_never_compared(
    server: ModelServer, live_salon: Salon, settings: Any
) -> None:
    fitted(live_salon)
    settings.OPENAI_EMBEDDING_MODEL = "another-model"
    assert not ask(live_salon, "my puppy").pieces
    fitted(live_salon)
    assert ask(live_salon, "my puppy").pieces[0].heading == "Dogs"
    settings.OPENAI_EMBEDDING_MODEL = ""
    assert not ask(live_salon, "qwertz").pieces


@pytest.mark.parametrize(
    "answer",
    [
        raw(b"{}", 500),
        raw(b'{"data": [{"embedding": [1, 2'),
        raw(b'{"data": [{"index": 0, "embedding": [0, 0]}]}'),
        raw(b'{"data": [{"index": 0, "embedding": ["x"]}]}'),
        raw(b"<html>"),
    ],
)
def test_a_server_that_fails_leaves_the_words_and_is_asked_again(
    server: ModelServer, live_salon: Salon, answer: Any
) -> None:
    server.answers = [answer]
    fitting.fit_wanted(live_salon.connection)
    fitting.fits_drain()
    row = FitWanted.objects.get()
    assert row.state == "waiting" and "have no vectors yet" in row.last_error
    assert ask(live_salon, "may dogs come").pieces[0].heading == "Dogs"
    assert not KnowledgeChunk.objects.exclude(embedder="").exists()


def test_a_server_that_drips_or_talks_without_end_is_left(
    server: ModelServer, live_salon: Salon, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = door_for(live_salon.connection.pk)
    payer = Asker(None, None)
    server.answers = [drip]
    with pytest.raises(Unusable, match="took too long"):
        vectors.vectors_asked(door, ["dogs"], seconds=0.4, payer=payer)
    monkeypatch.setattr(vectors, "MOST_BYTES", 1_000)
    server.answers = [raw(b" " * 10_000)]
    with pytest.raises(Unusable, match="far too long"):
        vectors.vectors_asked(door, ["dogs"], seconds=5, payer=payer)
