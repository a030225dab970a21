"""Admin of the model: its key, its test, its prices and budgets, and its calls."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client as Browser

from agents.costs import prices
from agents.models import LanguageModel, LocationRules, ModelCall
from core import secrets
from core.models import AuditEvent
from tests.agents.conftest import model_server, use_model
from tests.agents.model_server import ModelServer, completion, raw
from tests.copilot.test_agent_pages import signed_in
from tests.support.desks import Desk, desk_make

__all__ = ["model_server", "use_model"]
pytestmark = pytest.mark.django_db
MODEL = "/admin/agents/languagemodel/"


@pytest.fixture
def desk() -> Desk:
    return desk_make("Maple Street", "Harbor")


@pytest.fixture
def ada(desk: Desk) -> Browser:
    return signed_in(desk.person("Ada Admin", "owner", is_superuser=True))


def form(server: ModelServer, **changes: Any) -> dict[str, Any]:
    fields = {
        "connection": "",
        "base_url": f"http://127.0.0.1:{server.port}/v1",
        "key": "sk-typed-once-abcdef",
        "model": "gpt-5-mini",
        "fallback_model": "",
        "seconds": "3",
    }
    return fields | changes


@pytest.mark.django_db(transaction=True)
def test_the_key_is_typed_once_tested_and_never_shown_again(
    ada: Browser, use_model: Callable[[], ModelServer]
) -> None:
    server = use_model()
    server.answers = [completion('{"body": "ready"}')]
    answer = ada.post(f"{MODEL}add/", form(server, _test="1"), follow=True)
    page = answer.content.decode()
    assert "gpt-5-mini answered in" in page, [str(one) for one in answer.context["messages"]]
    row = LanguageModel.objects.get()
    assert secrets.resolve(row.key_ref) == "sk-typed-once-abcdef"
    assert row.changed_by == "Ada Admin"
    assert "sk-typed" not in page + ada.get(MODEL).content.decode()
    assert "sk-typed" not in str(list(AuditEvent.objects.values()))
    kept = row.key_ref
    ada.post(f"{MODEL}{row.pk}/change/", form(server, key="", seconds="9"))
    row.refresh_from_db()
    assert (row.key_ref, row.seconds) == (kept, 9)


def test_what_the_provider_says_is_made_plain(
    ada: Browser, use_model: Callable[[], ModelServer]
) -> None:
    server = use_model()
    server.answers = [raw(b'{"error": {"message": "Incorrect API key provided."}}', 401)]
    page = ada.post(f"{MODEL}add/", form(server, _test="1"), follow=True).content.decode()
    assert "The model&#x27;s key is not accepted. Copy the key again" in page
    assert "The provider said: “Incorrect API key provided.”" in page


@pytest.mark.django_db(transaction=True)
def test_the_model_for_searching_is_tested_beside_the_one_that_writes(
    ada: Browser, use_model: Callable[[], ModelServer]
) -> None:
    server = use_model()
    vector = raw(b'{"data": [{"index": 0, "embedding": [0.5, 0.5]}]}')
    unknown = raw(b'{"error": {"message": "no such model"}}', 404)
    ready = completion('{"body": "ready"}')
    server.answers = [ready, unknown, ready, vector]
    searching = form(server, _test="1", embedding_model="text-embedding-3-small")
    page = ada.post(f"{MODEL}add/", searching, follow=True).content.decode()
    assert "gpt-5-mini answered in" in page
    assert "For searching: The model&#x27;s name is not known there." in page
    row = LanguageModel.objects.get()
    page = ada.post(f"{MODEL}{row.pk}/change/", searching, follow=True).content.decode()
    assert "text-embedding-3-small answered with 2 numbers." in page


def test_a_second_model_for_everybody_is_refused_in_words(
    ada: Browser, use_model: Callable[[], ModelServer]
) -> None:
    server = use_model()
    ada.post(f"{MODEL}add/", form(server))
    page = ada.post(f"{MODEL}add/", form(server)).content.decode()
    assert "There is a model for this already." in page
    assert LanguageModel.objects.count() == 1


def test_a_price_counts_at_once_and_is_audited(ada: Browser) -> None:
    data = {"name": "own-model", "fresh": "1", "cached": "0.1", "written": "2"}
    assert ada.post("/admin/agents/modelprice/add/", data).status_code == 302
    assert prices()["own-model"] == (Decimal("1"), Decimal("0.1"), Decimal("2"))
    assert AuditEvent.objects.filter(action="price.added", actor_name="Ada Admin").exists()


def call(desk: Desk, cost: str, **more: Any) -> ModelCall:
    fields = {"location": desk.location, "connection": desk.connection, "model": "gpt-5-mini"}
    return ModelCall.objects.create(cost=Decimal(cost), input_tokens=100, **(fields | more))


def test_the_budget_page_warns_from_eighty_percent_and_says_when_it_is_gone(desk: Desk) -> None:
    mona = signed_in(desk.person("Mona Manager", "manager", desk.location))
    rules = LocationRules.objects.create(location=desk.location, daily_budget=Decimal(1))
    address = f"/admin/agents/locationrules/{rules.pk}/change/"
    call(desk, "0.5")
    assert "more than 80 %" not in mona.get(address).content.decode()
    call(desk, "0.35")
    assert "$0.85 of $1.00: more than 80 % is used" in mona.get(address).content.decode()
    for page in ("/quality/", "/admin/agents/agentconfig/"):
        assert "is nearly used for today: $0.85 of $1.00" in mona.get(page).content.decode()
    call(desk, "0.2")
    assert "is used up for today" in mona.get("/quality/").content.decode()
    assert "used up, drafts are the standard texts" in mona.get(address).content.decode()
    LocationRules.objects.create(location=desk.locations[1])
    assert "Harbor" not in mona.get("/admin/agents/locationrules/").content.decode()


def test_calls_are_summed_as_filtered_and_seen_for_own_places_only(
    desk: Desk, ada: Browser
) -> None:
    call(desk, "0.5", agent="confirmation")
    call(desk, "0.25", agent="reminder", purpose="try")
    call(desk, "4", location=desk.locations[1])
    assert "$4.7500" in ada.get("/admin/agents/modelcall/").content.decode()
    assert "$0.2500" in ada.get("/admin/agents/modelcall/?purpose__exact=try").content.decode()
    mona = signed_in(desk.person("Mona Manager", "manager", desk.location))
    page = mona.get("/admin/agents/modelcall/").content.decode()
    assert "$0.7500" in page
    assert "Harbor" not in page
    row = ModelCall.objects.filter(location=desk.location).latest("pk")
    assert mona.post(f"/admin/agents/modelcall/{row.pk}/change/").status_code == 403


def test_who_tunes_one_place_does_not_choose_where_texts_are_read(desk: Desk) -> None:
    mona = signed_in(desk.person("Mona Manager", "manager", desk.location))
    assert mona.get(MODEL).status_code == 403
    assert mona.get("/admin/agents/modelprice/").status_code == 403
    elsewhere = {"location": desk.locations[1].pk, "words": "50% off"}
    assert mona.post("/admin/agents/priceoffer/add/", elsewhere).status_code == 200
    own = {"location": desk.location.pk, "words": "20% off in June"}
    assert mona.post("/admin/agents/priceoffer/add/", own).status_code == 302
    assert AuditEvent.objects.filter(action="offer.added").count() == 1
