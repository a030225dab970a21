"""An admin edits a prompt, tries it, and has it used at one location; the desk sees it there."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from agents import runs, trying
from agents.learning.rules import rule_write
from agents.listeners import hear
from agents.models import AgentConfig, HouseRule, ModelCall, PromptVersion
from approvals.models import ApprovalItem, Effect, Flag
from approvals.services.decisions import item_edit_and_approve, item_settle
from approvals.services.flagging import item_flag
from core import clock
from integrations.models import Location, User
from tests.agents.conftest import model_server, use_model
from tests.agents.helpers import booked
from tests.agents.model_server import Handler, ModelServer, completion
from tests.support.desks import Desk
from tests.support.scan import SIZES, Scan

__all__ = ["model_server", "use_model"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGE = "/admin/agents/agentconfig/agent/confirmation/"
SIGNED = "We look forward to you."


def obeys(handler: Handler) -> None:
    """A model that does what its prompt says."""
    system = handler.box.requests[-1]["messages"][0]["content"]
    body = "SALON_1: Hi CLIENT_1, your visit is booked. Reply 1 to confirm."
    if "look forward" in system:
        body += f" {SIGNED}"
    completion(json.dumps({"subject": "", "body": body}))(handler)


def book(desk: Desk, name: str, place: Location) -> None:
    """A booking is heard as the inbox would announce it, and drafted as the worker would."""
    visit = desk.appointment(
        desk.client(name), location=place, starts_at=clock.now() + timedelta(days=4)
    )
    hear(booked(visit))
    runs.runs_drain()


@pytest.fixture
def two_places(desk: Desk, use_model: Callable[[], ModelServer]) -> tuple[Location, Location]:
    """Confirmation is on at Harbor and was on at Maple, where two drafts were written."""
    server = use_model()
    server.answers = [obeys]
    if len(desk.locations) < 2:
        other = Location.objects.create(
            connection=desk.connection,
            external_id="harbor",
            name="Harbor",
            timezone=desk.location.timezone,
            opening_hours=desk.location.opening_hours,
        )
        desk.locations.append(other)
    AgentConfig.objects.create(
        connection=desk.connection,
        agent="confirmation",
        enabled=True,
        enabled_at=clock.now() - timedelta(days=1),
        settings={"medium_from": 0.01},
    )
    here, elsewhere = desk.locations[:2]
    for name in ("Dana", "Elena"):
        book(desk, name, here)
    assert ModelCall.objects.filter(purpose="draft", outcome="").count() == 2
    return here, elsewhere


def test_an_admin_edits_a_prompt_tries_it_and_enables_it_and_the_desk_sees_it(
    page: Any, desk: Desk, maria: User, sign_in: Any, web_server: Any,
    two_places: tuple[Location, Location],
) -> None:  # fmt: skip
    here, elsewhere = two_places
    for place in two_places:
        desk.role(place, "front_desk").user_set.add(maria)
    olga = desk.person("Olga Owner", "manager", *two_places)
    sign_in(page, olga)
    switch(page, web_server.url, here, "Switch off")

    page.goto(f"{web_server.url}{PAGE}prompt/?at={here.pk}")
    text = page.input_value("#text")
    page.fill("#text", text.replace("\n---\n", "\n- End: we look forward.\n---\n{{secret}} ", 1))
    page.click("text=Try it on the last 20 drafts")
    assert "Not known here: secret." in page.inner_text("#problems")
    page.fill("#text", page.input_value("#text").replace("{{secret}} ", ""))
    page.click("text=Try it on the last 20 drafts")
    page.wait_for_selector("text=0 of 2 written")
    before = Effect.objects.count(), ApprovalItem.objects.count()
    trying.tries_drain()
    page.wait_for_selector("text=All 2 written")
    assert page.locator(".try .two > .draft:last-child").all_inner_texts() == [
        one for one in page.locator(".try .two > .draft:last-child").all_inner_texts()
        if SIGNED in one
    ]  # fmt: skip
    assert SIGNED not in " ".join(page.locator(".try .two > .draft:nth-child(3)").all_inner_texts())
    assert "$0.00" in page.inner_text(".figures")
    assert (Effect.objects.count(), ApprovalItem.objects.count()) == before

    page.click("text=Back, with what you typed")
    assert "End: we look forward." in page.input_value("#text")
    page.fill("#note", "looks forward")
    page.check(f"#use-{here.pk}")
    page.click("text=Save as a new version")
    page.wait_for_selector(f"text=used at {here.name}.")
    switch(page, web_server.url, here, "Switch on")
    assert "from now on" in page.inner_text("main")

    for name, place in (("Robin", here), ("Quinn", elsewhere)):
        book(desk, name, place)
    page.context.clear_cookies()
    sign_in(page, maria)
    for name, changed in (("Robin", True), ("Quinn", False)):
        item = ApprovalItem.objects.get(client__first_name=name)
        page.goto(f"{web_server.url}/drafts/{item.pk}/")
        assert (SIGNED in page.inner_text("#draft")) is changed
    page.wait_for_selector("#card[data-ready]")
    page.keyboard.press("f")
    page.wait_for_selector("#flagged input")
    assert (Flag.objects.get().item, Flag.objects.get().by) == (item, maria)


def switch(page: Any, url: str, place: Location, word: str) -> None:
    page.goto(f"{url}{PAGE}?at={place.pk}")
    page.click(f"#where tr:has-text('{place.name}') >> text={word}")
    page.click(f"button:has-text('{word}')")
    page.wait_for_selector("#history")


def taught(desk: Desk) -> None:
    """A proposal with the edits it came from, a rule in force, and a flagged draft."""
    told: dict[str, Any] = {"location": desk.location, "agent": "confirmation", "language": "en"}
    maria = desk.person("Mia Flags")
    for name in ("Gil", "Hana", "Ivo"):
        item = desk.draft(desk.client(name), body=f"Hey {name}, see you soon.")
        item_edit_and_approve(
            user=maria, item_id=item.pk, base_revision=1, body=f"Hi {name}, see you soon."
        )
        for state in ("sending", "unknown"):
            ApprovalItem.objects.filter(pk=item.pk).update(state=state)
        item_settle(user=maria, item_id=item.pk, sent=True)
    item_flag(user=maria, item_id=item.pk, words="This sounds like a letter from the bank.")
    rule_write(actor=maria.as_actor(), avoid="kindly", use="", **told)
    assert HouseRule.objects.filter(state="proposed").count() == 1


def addresses(desk: Desk) -> dict[str, str]:
    """Every page of agents and the model, with something on it."""
    here = desk.location.pk
    shipped = PromptVersion.objects.filter(agent="confirmation").first()
    made = trying.try_start(
        actor=desk.person("Tia Tries", "manager").as_actor(),
        location=desk.location,
        agent="confirmation",
        change=trying.Change(prompt_text=shipped.text if shipped else "", settings={}),
        back=f"{PAGE}?at={here}",
    )
    trying.tries_drain()
    base = "/admin/agents/"
    taught(desk)
    return {
        "learned": f"{PAGE}learned/?at={here}",
        "flags": f"{base}agentconfig/flags/",
        "forget": f"{base}agentconfig/forget/{desk.client('Fay').pk}/",
        "agents": f"{base}agentconfig/",
        "one": f"{PAGE}?at={here}",
        "switch": f"{PAGE}at/{here}/",
        "prompt": f"{PAGE}prompt/?at={here}&compare={shipped.pk if shipped else 0}",
        "try": f"{base}agentconfig/try/{made.pk}/",
        "admin": "/admin/",
        "model": f"{base}languagemodel/add/",
        "prices": f"{base}modelprice/",
        "rules": f"{base}locationrules/add/",
        "calls": f"{base}modelcall/",
    }


@pytest.mark.sampled
def test_the_pages_of_agents_have_no_finding_and_fit(
    browser: Any, web_server: Any, sign_in: Any, desk: Desk, two_places: tuple[Location, Location]
) -> None:
    width, height = SIZES["desktop"]
    context = browser.new_context(
        viewport={"width": width, "height": height}, base_url=web_server.url
    )
    page = context.new_page()
    olga = desk.person("Olga Owner", "manager", *two_places, is_superuser=True, is_staff=True)
    sign_in(page, olga)
    seen = Scan(page)
    for name, url in addresses(desk).items():
        seen.visit(name, url)
    context.close()
    assert seen.found == {}
