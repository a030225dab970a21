"""Pages and fragments, toasts, and a sign-in that ended."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.test import RequestFactory

from core.htmx import SignInAgain, hx_redirect, hx_trigger, is_fragment, render_part, toast

PAGE = (
    "{% load partials %}<h1>Drafts</h1>"
    "{% partialdef list inline %}<ul><li>{{ name }}</li></ul>{% endpartialdef %}"
)


def asked(**headers: str) -> HttpRequest:
    return RequestFactory().get("/queue", headers=headers)


FRAGMENT = {"HX-Request": "true"}


@pytest.mark.parametrize(
    "headers, expected",
    [
        ({}, False),
        (FRAGMENT, True),
        (FRAGMENT | {"HX-Boosted": "true"}, False),
        (FRAGMENT | {"HX-History-Restore-Request": "true"}, False),
        ({"HX-Request": "yes"}, False),
    ],
)
def test_only_htmx_asks_for_fragments(headers: dict[str, str], expected: Any) -> None:
    assert is_fragment(asked(**headers)) is expected


@pytest.fixture
def templates(tmp_path: Path, settings: Any) -> None:
    (tmp_path / "queue.html").write_text(PAGE)
    (tmp_path / "_card.html").write_text("<article>{{ name }}</article>")
    engine = settings.TEMPLATES[0] | {"DIRS": [tmp_path]}
    engine["OPTIONS"] = {
        "loaders": [
            (
                "template_partials.loader.Loader",
                ["django.template.loaders.filesystem.Loader"],
            )
        ],
        "builtins": ["template_partials.templatetags.partials"],
    }
    engine.pop("APP_DIRS", None)
    settings.TEMPLATES = [engine]


def body(part: str, **headers: str) -> str:
    return render_part(asked(**headers), "queue.html", part, {"name": "<Dana>"}).content.decode()


def test_a_page_is_whole_and_a_fragment_is_its_part(templates: Any) -> None:
    assert body("list") == "<h1>Drafts</h1><ul><li>&lt;Dana&gt;</li></ul>"
    assert body("list", **FRAGMENT) == "<ul><li>&lt;Dana&gt;</li></ul>"
    assert body("_card.html", **FRAGMENT) == "<article>&lt;Dana&gt;</article>"


def test_a_part_can_carry_a_status(templates: Any) -> None:
    response = render_part(asked(**FRAGMENT), "queue.html", "list", {"name": ""}, status=409)
    assert response.status_code == 409


def test_a_toast_survives_any_text() -> None:
    response = toast(HttpResponse(), "Sent to Renée\r\nX-Evil: 1 👍", "good", undo="/undo/5")
    header = response["HX-Trigger-After-Settle"]
    assert json.loads(header)["toast"] == {
        "text": "Sent to Renée\r\nX-Evil: 1 👍",
        "kind": "good",
        "undo": "/undo/5",
    }
    assert header.isascii()
    assert "\n" not in header


def test_several_events_go_out_together() -> None:
    response = hx_trigger(toast(HttpResponse(), "Saved"), "counts", {"open": 3})
    assert set(json.loads(response["HX-Trigger-After-Settle"])) == {"toast", "counts"}


def answer(response: HttpResponse, **headers: str) -> HttpResponse:
    return SignInAgain(lambda request: response)(asked(**headers))


def to_sign_in() -> HttpResponse:
    return HttpResponseRedirect("/sign-in/?next=/queue/card/5")


def test_an_ended_sign_in_sends_the_page_to_sign_in_and_back_to_where_it_was() -> None:
    open_page = "http://testserver/queue?group=urgent"
    found = answer(to_sign_in(), **FRAGMENT, **{"HX-Current-URL": open_page})
    assert found.status_code == 401
    assert found["HX-Redirect"] == "/sign-in/?next=%2Fqueue%3Fgroup%3Durgent"
    assert found.content == b""


@pytest.mark.parametrize(
    "current", ["", "https://evil.example/queue", "javascript:alert(1)", "//evil.example"]
)
def test_it_never_sends_back_to_a_page_of_somebody_else(current: str) -> None:
    found = answer(to_sign_in(), **FRAGMENT, **{"HX-Current-URL": current})
    assert found["HX-Redirect"] == "/sign-in/?next=%2F"


def test_plain_requests_and_other_redirects_are_left_alone() -> None:
    plain = to_sign_in()
    assert answer(plain) is plain
    elsewhere = HttpResponseRedirect("/queue/")
    assert answer(elsewhere, **FRAGMENT) is elsewhere


def test_a_redirect_for_the_whole_page() -> None:
    assert hx_redirect("/queue/")["HX-Redirect"] == "/queue/"
