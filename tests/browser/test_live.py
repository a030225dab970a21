"""Arrivals, typing and colleagues: what changes under a person's hands, and what never may."""

from __future__ import annotations

from typing import Any

import pytest

from approvals.models import ApprovalItem, Decision, TypedText
from approvals.services.decisions import item_reject
from integrations.models import User
from tests.support.desks import Desk
from tests.support.polling import eventually

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WORDS = "We look forward to seeing you. " * 7


def rows(page: Any) -> list[str]:
    return page.eval_on_selector_all(".row:not(.gone)", "rows => rows.map(row => row.dataset.item)")


def places(page: Any) -> list[list[Any]]:
    return page.eval_on_selector_all(
        ".row", "rows => rows.map(row => [row.dataset.item, row.getBoundingClientRect().top])"
    )


def test_a_draft_and_a_placeholder_arrive_and_never_move_rows_under_a_hand(
    desk: Desk, queue: Any, stream_server: Any
) -> None:
    first = desk.draft()
    page = queue()
    page.wait_for_selector("html[data-live=live]")
    page.mouse.move(900, 400)
    new = desk.draft(desk.client("Elena", "Rossi"))
    page.wait_for_selector(f"#row-{new.pk}")
    assert rows(page) == [str(first.pk), str(new.pk)]
    assert page.inner_text("#heading").strip() == "2 drafts to review"
    assert page.inner_text("#nav-count").strip() == "2"

    item = desk.placeholder(desk.client("Kim", "Rossi"))
    page.wait_for_selector(f"#row-{item.pk}.drafting")
    assert "being written" in page.inner_text(f"#row-{item.pk}")

    page.hover(".row >> nth=1")
    before = places(page)
    assert len(before) == 3
    for name in ("Ana", "Bea"):
        desk.draft(desk.client(name, "New"), group="messages")
    page.wait_for_selector("#pill:has-text('2 new')")
    assert places(page) == before
    page.click("#pill")
    assert len(rows(page)) == 5


def test_what_a_colleague_decided_stays_in_place_until_the_hand_is_gone(
    desk: Desk, queue: Any, stream_server: Any
) -> None:
    items = [desk.draft(desk.client(name, "King")) for name in ("Dana", "Elena", "Jo")]
    maya = desk.person("Maya Chen")
    page = queue()
    page.wait_for_selector("html[data-live=live]")
    page.hover(f"#row-{items[2].pk}")
    before = places(page)
    item_reject(
        user=maya, item_id=items[1].pk, revision_id=items[1].revision_id or 0, reason="bad_timing"
    )
    page.wait_for_selector(f"#row-{items[1].pk}.gone")
    assert places(page) == before
    page.mouse.move(900, 400)
    eventually(lambda: page.locator(f"#row-{items[1].pk}").count() == 0)


def test_nothing_typed_is_lost_while_twenty_refreshes_happen(
    desk: Desk, queue: Any, stream_server: Any
) -> None:
    item = desk.draft()
    page = queue()
    page.wait_for_selector("html[data-live=live]")
    page.keyboard.press("e")
    page.wait_for_selector("#editor textarea")
    page.evaluate(
        """() => {
          window.lost = 0;
          document.addEventListener("focusout", () => setTimeout(() => {
            if (!document.activeElement.matches("#editor textarea")) window.lost += 1;
          }));
          window.looks = 0;
          const fetched = window.fetch;
          window.fetch = (url, ...rest) => {
            if (String(url).includes("/queue/rows/")) window.looks += 1;
            return fetched(url, ...rest);
          };
        }"""
    )
    before = page.input_value("#editor textarea")
    for place, letter in enumerate(WORDS[:200]):
        page.keyboard.type(letter)
        if place % 10 == 0:
            desk.draft(desk.client(f"New{place}", "Client"))
            page.evaluate("desk.look()")
    assert page.input_value("#editor textarea") == before + WORDS[:200]
    assert page.evaluate("window.lost") == 0
    assert page.evaluate("window.looks") >= 20
    assert page.evaluate("document.activeElement.selectionStart") == len(before) + 200
    kept = TypedText.objects.filter(item=item, body=before + WORDS[:200])
    eventually(kept.exists)


def test_what_was_typed_is_there_again_is_made_cheaper_and_sent_by_keys_alone(
    desk: Desk, queue: Any
) -> None:
    item = desk.draft()
    page = queue()
    page.keyboard.press("e")
    page.wait_for_selector("#editor textarea")
    page.keyboard.type(" See you!")
    eventually(lambda: TypedText.objects.filter(item=item).exists())
    eventually(lambda: TypedText.objects.get(item=item).body.endswith("See you!"))
    page.goto("about:blank")  # as a tab that was killed
    queue(f"/drafts/{item.pk}/", ready=False)
    area = page.wait_for_selector("#editor textarea")
    assert page.input_value("#editor textarea").endswith("See you!")
    assert page.evaluate("document.activeElement.id") == "body"

    area.fill("Hi Dana, we’re ready for you. " * 3 + "See you")
    assert page.inner_text("#meter") == "97 characters · 2 texts"
    page.click("#cleanup")
    assert page.inner_text("#meter") == "97 characters · 1 text"
    assert "we're" in page.input_value("#editor textarea")

    page.focus("#body")
    page.keyboard.press("Control+End")
    page.keyboard.type(" Bye.")
    page.wait_for_timeout(650)  # the editor, too, has to be seen before it decides
    page.keyboard.press("Control+Enter")
    eventually(lambda: Decision.objects.filter(kind="approve").exists())
    assert Decision.objects.get(kind="approve").revision.body.endswith("Bye.")
    assert ApprovalItem.objects.get(pk=item.pk).revision.writer == "person"


def test_a_colleague_at_the_same_draft_is_named(
    desk: Desk, queue: Any, stream_server: Any, web_server: Any, browser: Any, sign_in: Any
) -> None:
    item = desk.draft()
    page = queue()
    page.wait_for_selector("html[data-live=live]")
    other = browser.new_context().new_page()
    sign_in(other, desk.person("Maya Chen"))
    other.goto(f"{web_server.url}/drafts/{item.pk}/")
    page.wait_for_selector("#peers:has-text('Maya Chen is looking at this')")
    other.click("#edit")
    page.wait_for_selector("#peers:has-text('Maya Chen is editing this')")
    other.context.close()


def test_a_draft_that_changed_while_typing_is_told_and_the_words_stay(
    desk: Desk, queue: Any, stream_server: Any, maria: User
) -> None:
    item = desk.draft()
    page = queue()
    page.wait_for_selector("html[data-live=live]")
    page.keyboard.press("e")
    page.wait_for_selector("#editor textarea")
    page.keyboard.type(" My own words.")
    maya = desk.person("Maya Chen")
    item_reject(user=maya, item_id=item.pk, revision_id=item.revision_id or 0, reason="bad_timing")
    page.wait_for_selector("#notice:not([hidden])")
    assert page.input_value("#editor textarea").endswith("My own words.")
    assert page.evaluate("document.activeElement.id") == "body"


def test_polling_takes_over_when_there_is_no_stream(desk: Desk, queue: Any) -> None:
    desk.draft()
    page = queue()
    page.route("**/stream?**", lambda route: route.abort())
    page.reload()
    page.wait_for_selector("html[data-live=polling]", state="attached")
    page.mouse.move(900, 400)
    new = desk.draft(desk.client("Elena", "Rossi"))
    page.wait_for_selector(f"#row-{new.pk}")


def test_two_tabs_share_one_stream(
    desk: Desk, queue: Any, stream_server: Any, web_server: Any
) -> None:
    desk.draft()
    page = queue()
    page.wait_for_selector("html[data-live=live]")
    second = page.context.new_page()
    asked: list[str] = []
    second.on("request", lambda request: asked.append(request.url))
    second.goto(web_server.url)
    second.wait_for_selector("html[data-live=live]")
    assert [url for url in asked if "/stream?" in url] == []
    new = desk.draft(desk.client("Elena", "Rossi"))
    second.mouse.move(900, 400)
    second.wait_for_selector(f"#row-{new.pk}")
