"""Conversations by keys alone, and what arrives while a hand is in the list or on the keyboard."""

from __future__ import annotations

from typing import Any

import pytest

from approvals.models import ApprovalItem
from core.hints import hint_on_commit
from tests.support.desks import Desk
from tests.support.polling import eventually

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def names(page: Any) -> list[str]:
    return page.eval_on_selector_all(".row", "rows => rows.map(row => row.dataset.key)")


def current(page: Any) -> str:
    return page.get_attribute(".row[aria-current]", "data-key")


def writing(page: Any) -> bool:
    return page.evaluate("document.activeElement.matches('#editor textarea')")


def written(page: Any) -> str:
    return page.input_value("#editor textarea")


def wrote(desk: Desk, name: str, body: str) -> Any:
    client = desk.client(name, "King")
    desk.message(client, body)
    hint_on_commit(desk.location.pk, "message")
    return client


def test_a_thread_is_read_answered_and_left_by_keys_while_others_write(
    desk: Desk, queue: Any, stream_server: Any
) -> None:
    for name in ("Dana", "Elena", "Jo"):
        wrote(desk, name, f"Is {name} right on time?")
    page = queue("/conversations/", ready=False)
    page.wait_for_selector("html[data-live=live]")
    page.wait_for_selector("#editor textarea")
    before = names(page)
    assert len(before) == 3
    page.keyboard.press("j")
    page.wait_for_function(
        "key => document.querySelector('.row[aria-current]')?.dataset.key === key"
        " && document.querySelector('.talk')?.dataset.key === key", arg=before[1],
    )  # fmt: skip
    page.keyboard.press("r")
    eventually(lambda: writing(page))
    page.keyboard.type("Yes, you are.", delay=40)

    # Somebody new writes: a hand in the list holds the rows still, the words stay.
    page.hover(".row >> nth=1")
    wrote(desk, "Ana", "One more question")
    page.wait_for_selector("#pill:not([hidden])")
    assert names(page) == before
    assert written(page) == "Yes, you are."
    page.mouse.move(1200, 300)
    eventually(lambda: len(names(page)) == 4)
    assert (current(page), written(page)) == (before[1], "Yes, you are.")

    page.keyboard.press("Control+Enter")
    eventually(lambda: ApprovalItem.objects.filter(agent="desk").count() == 1)
    page.wait_for_selector(".bubble:has-text('Yes, you are.')")
    eventually(lambda: written(page) == "")
    assert writing(page)
    page.keyboard.press("Escape")
    assert not writing(page)


def test_in_a_narrow_window_the_end_of_a_thread_is_above_the_composer_and_back_leads_to_the_list(
    desk: Desk, queue: Any
) -> None:
    client = wrote(desk, "Dana", "W" * 400)
    page = queue("/preferences/", ready=False)
    page.set_viewport_size({"width": 380, "height": 700})
    page.goto(page.url.replace("/preferences/", f"/conversations/client/{client.pk}/"))
    page.wait_for_selector("#editor textarea")
    assert page.evaluate("document.documentElement.scrollWidth") == 380
    under = """() => {
      const last = document.querySelector('#messages .needs-none button').getBoundingClientRect();
      const composer = document.querySelector('.composer').getBoundingClientRect();
      return last.bottom <= composer.top && last.top > 0;
    }"""
    eventually(lambda: page.evaluate(under))
    page.click("#talk .back")
    page.wait_for_selector("#rows .row >> visible=true")
    assert page.url.endswith("/conversations/")
