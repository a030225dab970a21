"""The rules of the house hold everywhere, and every rule is shown to fail when it is broken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import get_resolver, path

from tests.support import guards
from tests.support.addresses import addresses, unguarded
from tests.support.guards import Rule, Source, sources

SIGNED_UPLOAD = "a platform or channel calls it; the signature over the raw bytes is checked first"
PUBLIC = {
    "healthz": "a load balancer asks it; says only that the process answers",
    "readyz": "a monitor asks it; states and ages, no client data",
    "metrics": "a monitor asks it; names and numbers, no client data",
    "hook": SIGNED_UPLOAD,
    "hook-key": SIGNED_UPLOAD,
    "hook-channel": SIGNED_UPLOAD,
    "unsubscribe": "the link in an e-mail, opened by a client; the signed token names who",
    "claim": "the link in an offer, opened by a client; unguessable, signed, and for one offer",
    "claim-calendar": "the same link's calendar file; for who has the slot",
    "sign-in": "somebody who is not signed in has to be able to sign in",
    "sign-out": "signing out twice is no error",
    "invitation": "the link in an invitation, opened before one has a sign-in; used once",
    "new-password": "the link that a manager sent to somebody's own address; works once",
    "scripts": "the page's own scripts and their words in another language; nothing of a salon",
    "station": "a station's browser proves itself by its cookie; any other is sent to sign in",
    "station-pin": "the same, after the PIN that a manager gave",
    "station-leave": "leaving twice is no error",
    "station-here": "says only whether somebody is still there",
    "demo-tablet": "exists in the demo only and answers this machine alone",
    "demo-persona": "exists in the demo only and answers this machine alone",
}
SIGNED_IN = {
    "password": "one's own password",
    "preferences": "one's own preferences",
    "my-pin": "one's own PIN",
}

RULES: list[Rule] = [
    guards.imports_run_one_way,
    guards.one_door_each,
    guards.only_effects_act,
    guards.only_adapters_call_out,
    guards.tasks_name_their_queue,
    guards.later_means_not_before,
    guards.sizes_stay_small,
    guards.time_comes_from_the_clock,
    guards.words_of_the_glossary,
]


@pytest.fixture(scope="module")
def files() -> Iterator[tuple[Source, ...]]:
    yield sources()
    # Half a million nodes, which nobody asks for after this file.
    sources.cache_clear()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps_its_rules(rule: Rule, files: tuple[Source, ...]) -> None:
    assert rule(files) == []


def test_the_guards_see_every_file(files: tuple[Source, ...]) -> None:
    seen = {file.path for file in files}
    for app in guards.APPS:
        on_disk = {str(path.relative_to(guards.ROOT)) for path in (guards.ROOT / app).rglob("*.py")}
        assert len(on_disk) >= 10
        assert on_disk <= seen
    assert {"core/http.py", "agents/llm.py", "approvals/effects.py", "manage.py"} <= seen
    assert sum(len(list(guards.imported(file))) for file in files) > 1000


def test_no_permission_is_left_over(files: tuple[Source, ...]) -> None:
    assert guards.stale_doors(files) == []


def test_a_left_over_permission_is_found() -> None:
    assert "agents/llm.py no longer imports openai" in guards.stale_doors(
        [Source.of("agents/llm.py", "import json")]
    )


LONG_FUNCTION = "def f() -> None:\n" + "    x = 1\n" * 40
TASK = "@shared_task(name='a.b', queue='inbox', ignore_result=True{more})\ndef t() -> None:\n"
PLANTED: list[tuple[Rule, str, str]] = [
    (guards.imports_run_one_way, "core/x.py", "import integrations.models"),
    (guards.imports_run_one_way, "core/x.py", "def f():\n    from approvals import policy"),
    (guards.imports_run_one_way, "integrations/x.py", "from agents.base import Agent"),
    (guards.imports_run_one_way, "approvals/x/y.py", "from copilot.env import env"),
    (guards.imports_run_one_way, "agents/x.py", "if TYPE_CHECKING:\n    import copilot.today"),
    (guards.imports_run_one_way, "core/x.py", "importlib.import_module('agents.base')"),
    (guards.imports_run_one_way, "core/x.py", "import_module(f'agents.definitions.{name}')"),
    (guards.imports_run_one_way, "integrations/x.py", "item = ForeignKey('approvals.Item')"),
    (guards.imports_run_one_way, "approvals/x.py", "ring('agents.runs_drain')"),
    (guards.one_door_each, "agents/x.py", "import httpx"),
    (guards.one_door_each, "core/x.py", "from httpx import Client"),
    (guards.one_door_each, "integrations/platforms/x.py", "import urllib.request"),
    (guards.one_door_each, "integrations/x.py", "from urllib import request"),
    (guards.one_door_each, "integrations/x.py", "import requests"),
    (guards.one_door_each, "copilot/x.py", "from http.client import HTTPConnection"),
    (guards.one_door_each, "agents/definitions/x.py", "import openai"),
    (guards.one_door_each, "agents/x.py", "from openai.types import Model"),
    (guards.one_door_each, "copilot/x.py", "from guardian.shortcuts import assign_perm"),
    (guards.only_effects_act, "agents/x.py", "import integrations.platforms.mangomint.actions"),
    (guards.only_effects_act, "agents/x.py", "from integrations.platforms.toy import actions"),
    (guards.only_effects_act, "approvals/x.py", "from integrations.platforms.toy.actions import A"),
    (guards.only_effects_act, "integrations/platforms/toy/reads.py", "from . import actions"),
    (guards.only_effects_act, "integrations/platforms/toy/__init__.py", "from .actions import A"),
    (
        guards.only_effects_act,
        "copilot/x.py",
        "import_module(f'integrations.platforms.{name}.actions')",
    ),
    (guards.only_adapters_call_out, "agents/x.py", "from core.http import OutboundClient"),
    (guards.only_adapters_call_out, "approvals/effects.py", "import core.http"),
    (guards.only_adapters_call_out, "copilot/x.py", "from core import http"),
    (guards.only_adapters_call_out, "copilot/x.py", "from core.wire import checked_client"),
    (guards.tasks_name_their_queue, "core/tasks.py", "@shared_task\ndef t(): pass"),
    (guards.tasks_name_their_queue, "core/x.py", "@app.task(name='x')\ndef t(): pass"),
    (
        guards.tasks_name_their_queue,
        "core/x.py",
        "@shared_task(name='x', queue='other', ignore_result=True)\ndef t(): pass",
    ),
    (
        guards.tasks_name_their_queue,
        "core/x.py",
        "@celery.shared_task(queue='inbox', ignore_result=True)\ndef t(): pass",
    ),
    (
        guards.tasks_name_their_queue,
        "core/x.py",
        "@shared_task(name='x', queue='inbox', ignore_result=False)\ndef t(): pass",
    ),
    (guards.tasks_name_their_queue, "core/x.py", TASK.format(more=", bind=True") + "    f()"),
    (guards.tasks_name_their_queue, "core/x.py", TASK.format(more="") + "    f()\n" * 10),
    (guards.later_means_not_before, "core/x.py", "t.apply_async(eta=later)"),
    (guards.later_means_not_before, "core/x.py", "t.apply_async(countdown=5)"),
    (guards.later_means_not_before, "core/x.py", "def t(self):\n    raise self.retry(exc=e)"),
    (guards.sizes_stay_small, "core/x.py", LONG_FUNCTION),
    (guards.sizes_stay_small, "core/x.py", f"async {LONG_FUNCTION}"),
    (guards.sizes_stay_small, "core/x.py", "x = 1\n" * 401),
    (guards.time_comes_from_the_clock, "core/x.py", "timezone.now()"),
    (guards.time_comes_from_the_clock, "core/x.py", "DateTimeField(default=timezone.now)"),
    (guards.time_comes_from_the_clock, "core/x.py", "from django.utils.timezone import now"),
    (guards.time_comes_from_the_clock, "core/x.py", "datetime.now(UTC)"),
    (guards.time_comes_from_the_clock, "core/x.py", "datetime.datetime.utcnow()"),
    (guards.time_comes_from_the_clock, "core/x.py", "date.today()"),
    (guards.time_comes_from_the_clock, "core/x.py", "timezone.localtime()"),
    (guards.words_of_the_glossary, "approvals/models/x.py", "class Ticket: pass"),
    (guards.words_of_the_glossary, "integrations/models/x.py", "class CustomerNote: pass"),
    (guards.words_of_the_glossary, "approvals/x.py", "class Task: pass"),
    (guards.words_of_the_glossary, "agents/x.py", "class WebhookBot: pass"),
]


@pytest.mark.parametrize(("rule", "path", "text"), PLANTED)
def test_a_planted_violation_is_found(rule: Rule, path: str, text: str) -> None:
    (found, *_) = rule([Source.of(path, text)])
    assert found.startswith(path)


INNOCENT: list[tuple[Rule, str, str]] = [
    (guards.imports_run_one_way, "copilot/x.py", "import agents, approvals, integrations, core"),
    (guards.imports_run_one_way, "core/x.py", "'the agents. They act.'"),
    (guards.one_door_each, "core/http.py", "import httpx"),
    (guards.one_door_each, "integrations/sandbox/a/b.py", "import httpx"),
    (
        guards.only_effects_act,
        "approvals/effects_sending.py",
        "from integrations.platforms.a import actions",
    ),
    (guards.only_effects_act, "approvals/x.py", "from approvals.actions import SendMessage"),
    (guards.only_adapters_call_out, "integrations/platforms/a/reads.py", "import core.http"),
    (guards.tasks_name_their_queue, "core/tasks.py", TASK.format(more="") + "    f()"),
    (guards.later_means_not_before, "core/work.py", "self.retry(row, None, 'x')"),
    (guards.later_means_not_before, "agents/runs.py", "queue.retry(row, None, 'x')"),
    (guards.time_comes_from_the_clock, "core/clock.py", "datetime.now(UTC)"),
    (guards.time_comes_from_the_clock, "core/x.py", "timezone.localtime(value)"),
    (guards.words_of_the_glossary, "agents/models/x.py", "class PromptVersion: pass"),
    (guards.words_of_the_glossary, "approvals/models/x.py", "class LossRisk: pass"),
]


@pytest.mark.parametrize(("rule", "path", "text"), INNOCENT)
def test_what_is_allowed_is_left_alone(rule: Rule, path: str, text: str) -> None:
    assert rule([Source.of(path, text)]) == []


def test_every_platform_and_every_agent_has_its_test() -> None:
    tests = [str(path) for path in (guards.ROOT / "tests").rglob("test_*.py")]
    assert guards.discovered_platforms() and guards.discovered_agents()
    assert guards.untested(guards.discovered_platforms(), tests) == []
    assert guards.untested(guards.discovered_agents(), tests) == []


def test_a_platform_or_agent_without_a_test_is_found(tmp_path: Path) -> None:
    (tmp_path / "integrations/platforms/toy").mkdir(parents=True)
    (tmp_path / "integrations/platforms/toy/__init__.py").touch()
    (tmp_path / "integrations/platforms/base.py").touch()
    (tmp_path / "agents/definitions").mkdir(parents=True)
    (tmp_path / "agents/definitions/waves.py").touch()
    (tmp_path / "agents/definitions/__init__.py").touch()
    assert guards.untested(guards.discovered_platforms(tmp_path), ["test_toybox.py"]) == ["toy"]
    assert guards.untested(guards.discovered_agents(tmp_path), ["test_other.py"]) == ["waves"]
    assert guards.untested(["toy"], ["tests/test_toy.py"]) == []
    assert guards.untested(["toy"], ["tests/test_toy_sending.py"]) == []


def test_every_address_is_guarded_or_listed_with_a_reason() -> None:
    found = list(addresses(get_resolver().url_patterns))
    assert len(found) > 20
    assert unguarded(found, PUBLIC, SIGNED_IN) == []


def _open(request: HttpRequest) -> HttpResponse:
    return HttpResponse("everything")


def _guarded(request: HttpRequest) -> HttpResponse:
    return HttpResponse("for some")


_guarded.required_rights = ("review_messages",)  # type: ignore[attr-defined]


def _signed_in(request: HttpRequest) -> HttpResponse:
    return HttpResponse("for everybody here")


_signed_in.signed_in_only = True  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("pattern", "public", "signed_in", "said"),
    [
        (path("x/", _open, name="x"), {}, {}, "x/ (x) is open to everybody"),
        (path("x/", _open, name="x"), {"x": "why"}, {}, ""),
        (path("x/", _guarded, name="x"), {}, {}, ""),
        (path("x/", _guarded, name="x"), {"x": "why"}, {}, "x/ is guarded and still listed"),
        (path("x/", _signed_in, name="x"), {}, {}, "x/ asks for a sign-in only"),
        (path("x/", _signed_in, name="x"), {}, {"x": "why"}, ""),
        (path("x/", _guarded, name="x"), {"gone": "why"}, {}, "gone is listed and no longer"),
    ],
)
def test_the_walk_over_addresses_finds_what_is_open(
    pattern: object, public: dict[str, str], signed_in: dict[str, str], said: str
) -> None:
    found = unguarded(addresses([pattern]), public, signed_in)  # type: ignore[list-item]
    assert len(found) == bool(said)
    assert "".join(found).startswith(said)


def test_a_page_hung_below_admin_is_not_admins() -> None:
    from django.contrib import admin

    inner = ([path("mine/", _open, name="mine")], "admin", "admin")
    found = addresses([path("admin/", inner), path("real/", admin.site.urls)])  # type: ignore[list-item]
    assert unguarded(found, {}, {}) == ["admin/mine/ (mine) is open to everybody"]


@pytest.mark.django_db
def test_a_stranger_gets_nothing_from_any_guarded_address() -> None:
    """The marks are one thing; this is what somebody without a sign-in is really answered."""
    client, shown = Client(raise_request_exception=False), []
    for address in addresses(get_resolver().url_patterns):
        if address.name in PUBLIC or address.name in ADMINS_OWN:
            continue
        for method in (client.get, client.post):
            response = method(address.sample)
            if response.status_code not in {302, 401, 403, 404, 405}:
                shown.append(f"{address.sample}: {response.status_code}")
            if response.status_code == 302 and not _asks_to_sign_in(response["Location"]):
                shown.append(f"{address.sample}: to {response['Location']}")
    assert shown == []


def _asks_to_sign_in(location: str) -> bool:
    return location.startswith(("/sign-in/", "/admin/login/"))


# Django's own pages before a sign-in, below /admin/.
ADMINS_OWN = {"login", "logout", "jsi18n"}
