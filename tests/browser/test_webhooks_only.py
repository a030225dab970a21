"""The platform as most salons have it: odd webhooks, CSV files, nothing read, nothing sent."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx
import pytest

from approvals.models import ApprovalItem
from copilot.demo_webhooks import CONNECTION, PERSONA, hook_key
from integrations.models import Client, InboundEvent
from tests.support.demo import DemoStack
from tests.support.polling import eventually

pytestmark = [pytest.mark.browser, pytest.mark.worker]


def enter(page: Any, demo: DemoStack, persona: str) -> None:
    page.goto(demo.desk)
    page.get_by_role("button", name=persona).click()
    page.wait_for_selector("h1")


def known_client(demo: DemoStack) -> dict[str, Any]:
    """Somebody of the files who allows texts, has a phone of their own and nothing booked."""
    rows = Client.objects.filter(connection_id=CONNECTION, preferences={}).exclude(phone="")
    coming = demo.remote.get("records/appointment")["data"]
    busy = {one["clientId"] for one in coming if one["status"] in {"booked", "confirmed"}}
    phones = list(rows.values_list("phone", flat=True))
    for one in demo.remote.get("records/client")["data"]:
        allows = one["consent"]["sms"]["transactional"] and one["locale"].startswith("en")
        if allows and one["id"] not in busy and phones.count(one["phone"]) == 1:
            return dict(one)
    raise AssertionError("the salon has nobody like that")


def test_what_is_approved_becomes_a_step_by_hand_and_is_kept_with_who_did_it(
    page: Any, demo_stack: DemoStack
) -> None:
    enter(page, demo_stack, PERSONA)
    client = known_client(demo_stack)
    demo_stack.book(client["id"])
    page.locator(f".row:not(.drafting):has-text('{client['firstName']}') a").first.click()
    page.wait_for_selector(f"#card[data-ready]:has-text('Text to {client['firstName']}')")
    assert "consent comes from an older list" in page.inner_text("#card").lower()
    words = page.inner_text("#draft")
    assert "reply" not in words.lower() and "answer" not in words.lower()

    page.keyboard.press("a")
    step = page.locator("#card[data-state=manual]")
    step.wait_for()
    assert page.input_value("#manual-1") == words
    link = step.get_by_role("link", name="Open your texts").get_attribute("href")
    assert link == f"sms:{client['phone']}?&body={quote(words)}"
    page.wait_for_selector("#card[data-ready]")
    step.get_by_role("button", name="Done").click()

    page.get_by_role("navigation", name="Places").get_by_text("Activity").click()
    line = page.locator(f".log:has-text('{client['firstName']}')").first
    line.wait_for()
    assert "by hand" in line.inner_text().lower() and "June Alder" in line.inner_text()
    assert [one for one in demo_stack.texts(client["id"]) if one["source"] == "api"] == []


def test_an_odd_body_is_taken_kept_aside_and_shown(page: Any, demo_stack: DemoStack) -> None:
    address = f"{demo_stack.desk}/hooks/mangomint/{CONNECTION}/"
    odd = {"hello": "from a webhook nobody documented"}
    assert httpx.post(address + "not-the-key/", json=odd).status_code == 401
    assert httpx.post(address + hook_key() + "/", json=odd).status_code == 202
    kept = InboundEvent.objects.filter(connection_id=CONNECTION, outcome="odd")
    eventually(kept.exists)

    enter(page, demo_stack, "Admin")
    page.goto(f"{demo_stack.desk}/admin/integrations/inboundevent/{kept.get().pk}/change/")
    assert "from a webhook nobody documented" in page.inner_text("#content")
    assert "kept aside" in page.inner_text("#content")


def test_the_second_connection_disturbs_nobody_else(page: Any, demo_stack: DemoStack) -> None:
    enter(page, demo_stack, "Front desk, both locations")
    assert "Cedar Lane" not in page.inner_text("body")
    waiting = ApprovalItem.objects.filter(connection_id=CONNECTION, state="pending").first()
    assert waiting is not None
    answer = page.goto(f"{demo_stack.desk}/drafts/{waiting.pk}/")
    assert answer.status == 404
