"""The ladder on its card: buttons that work as plain forms, and what came back shows well."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client as Visitor
from django.urls import reverse

from approvals.ladders import claims
from approvals.ladders.policy import OfferPolicy, Skipped
from approvals.models import Offer, TypedText
from approvals.services.decisions import item_regenerate
from core import clock
from tests.approvals.desk import Desk
from tests.approvals.ladders.slot import Slot, drafted, opening_make, passed, running, waiting_make

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def slot(desk: Desk) -> Slot:
    clients = waiting_make(desk, 4)
    left_out = [Skipped(clients[3].pk, "Waits for another therapist.")]
    return drafted(desk, opening_make(desk), clients[:3], skipped=left_out)


@pytest.fixture
def browser(desk: Desk) -> Visitor:
    made = Visitor()
    made.force_login(desk.maria)
    return made


def card(browser: Visitor, slot: Slot, **query: Any) -> str:
    return browser.get(reverse("item", args=[slot.item.pk]), query).content.decode()


def press(browser: Visitor, slot: Slot, what: str, index: int, **more: Any) -> Any:
    slot.item.refresh_from_db()
    ids = Offer.objects.filter(item=slot.item, state="waiting").order_by("position")
    said = {
        "revision": slot.item.revision_id,
        "order": ",".join(str(pk) for pk in ids.values_list("pk", flat=True)),
        "press": f"{what}:{slot.offer(index).pk}",
        **more,
    }
    return browser.post(
        reverse("item-ladder", args=[slot.item.pk]), said, headers=more.get("headers")
    )


def names(slot: Slot) -> list[str]:
    waiting = Offer.objects.filter(item=slot.item, state="waiting").order_by("position")
    return [offer.client.first_name for offer in waiting.select_related("client")]


def test_the_card_names_its_target_and_says_why_and_why_not(browser: Visitor, slot: Slot) -> None:
    page = card(browser, slot)
    assert "Text to Grace W." in page and "Send to Grace" in page
    assert "Waits longest" in page
    assert "Not asked, and why (1)" in page and "Waits for another therapist." in page
    assert "30 min to answer" in page
    assert "Give it to someone here" in page


def test_the_text_on_the_card_stays_with_whom_it_was_written_to(
    browser: Visitor, slot: Slot
) -> None:
    first = Offer.objects.get(pk=slot.offer(0).pk)
    Offer.objects.filter(pk=first.pk).update(state="sent", sent_at=clock.now())
    page = card(browser, slot)
    assert "Text to Grace W." in page and "Send to Ana" in page


def test_a_wave_is_named_on_the_button(desk: Desk, browser: Visitor) -> None:
    policy = OfferPolicy(mode="waves", wave_size=2)
    slot = drafted(desk, opening_make(desk), waiting_make(desk, 3), policy)
    page = card(browser, slot)
    assert "Send to Grace and 1 more" in page
    rungs = page.split('<li class="rung"')[1:]
    assert ["at the same time" in rung for rung in rungs] == [False, True, False]


def test_a_press_says_who_is_asked_first_and_not_when_the_last_could_be(
    browser: Visitor, slot: Slot
) -> None:
    slot.item.refresh_from_db()
    assert slot.item.revision is not None
    seen = {
        "revision": slot.item.revision.pk,
        "evidence": slot.item.revision.evidence_sha256,
        "seconds": "3",
    }
    address = reverse("item-approve", args=[slot.item.pk])
    answer = browser.post(address, seen, headers=HTMX)
    said = json.loads(answer.headers["HX-Trigger-After-Settle"])["toast"]
    assert said["text"] == "Sending to Grace."
    assert said["undo"] and 0 < said["seconds"] <= 20


def test_up_and_down_move_one_place_and_work_without_a_script(browser: Visitor, slot: Slot) -> None:
    answer = press(browser, slot, "up", 2)
    assert answer.status_code == 302 and answer.headers["Location"].endswith(
        f"#up-{slot.offer(2).pk}"
    )
    assert names(slot) == ["Grace", "Bea", "Ana"]
    press(browser, slot, "up", 2)
    press(browser, slot, "up", 2)
    assert names(slot) == ["Bea", "Grace", "Ana"]
    press(browser, slot, "down", 2)
    assert names(slot) == ["Grace", "Bea", "Ana"]


def test_with_a_script_the_hand_stays_where_it_is(browser: Visitor, slot: Slot) -> None:
    answer = press(browser, slot, "down", 0, headers=HTMX)
    said = json.loads(answer.headers["HX-Trigger-After-Settle"])["desk:ladder"]
    assert said["focus"] == f"down-{slot.offer(0).pk}"
    assert said["words"] == "Grace W. is number 2 of those who wait."
    assert 'id="card"' in answer.content.decode()


def test_a_skip_wants_a_reason_and_shows_it_with_who_said_so(browser: Visitor, slot: Slot) -> None:
    without = press(browser, slot, "skip", 0)
    assert without.status_code == 422 and "Say why they are skipped" in without.content.decode()
    press(browser, slot, "skip", 0, reason="Not this time", words="Is in Spain.")
    page = card(browser, slot)
    assert "Is in Spain (Maria)" in page and "Ask after all" in page
    assert "Send to Ana" in page
    press(browser, slot, "back", 0)
    assert names(slot) == ["Ana", "Bea", "Grace"]


def test_a_press_on_an_older_card_changes_nothing(browser: Visitor, slot: Slot) -> None:
    old = slot.item.revision_id
    press(browser, slot, "up", 1)
    answer = press(browser, slot, "up", 2, revision=old)
    assert answer.status_code == 409 and "has changed" in answer.content.decode()
    assert names(slot) == ["Ana", "Grace", "Bea"]


@pytest.mark.parametrize(
    "said", [{"press": "sideways:1"}, {"press": "up:x"}, {"press": "up:999"}, {"revision": "x"}]
)
def test_a_mangled_press_is_answered_in_words(
    browser: Visitor, slot: Slot, said: dict[str, Any]
) -> None:
    answer = press(browser, slot, "up", 1, **said)
    assert answer.status_code == 422 and names(slot) == ["Grace", "Ana", "Bea"]


def test_the_text_of_any_rung_is_edited_in_its_place(browser: Visitor, slot: Slot) -> None:
    offer = slot.offer(1)
    page = card(browser, slot, rung=offer.pk)
    assert "Your words to Ana W." in page
    assert page.count("<textarea") == 1 and 'id="approve"' not in page
    body = re.search(r"<textarea[^>]*>([^<]*)</textarea>", page)
    assert body is not None
    words = body[1].replace("this just opened up", "good news").replace("&#x27;", "'")
    url = reverse("item-rung", args=[slot.item.pk, offer.pk])
    answer = browser.post(url, {"base_revision": 1, "body": words})
    assert answer.status_code == 302
    page = card(browser, slot)
    assert "words of Maria" in page and "Ana, good news" in page


def test_words_that_are_not_taken_stay_in_the_editor(browser: Visitor, slot: Slot) -> None:
    url = reverse("item-rung", args=[slot.item.pk, slot.offer(1).pk])
    empty = browser.post(url, {"base_revision": 1, "body": ""})
    assert empty.status_code == 422 and "The text is empty" in empty.content.decode()
    old = browser.post(url, {"base_revision": 9, "body": "Keep these words"})
    assert old.status_code == 409 and "Keep these words" in old.content.decode()
    assert "Your words to Ana W." in old.content.decode()


def test_what_is_being_typed_for_a_rung_is_kept_for_that_rung(browser: Visitor, slot: Slot) -> None:
    offer = slot.offer(2)
    said = {"body": "Half a sente", "base_revision": 1, "caret": 5, "offer": offer.pk}
    answer = browser.post(reverse("item-typed", args=[slot.item.pk]), said)
    assert "The link to take it is missing." in answer.content.decode()
    page = card(browser, slot)
    assert "Your words to Bea W." in page and "Half a sente" in page
    browser.post(reverse("item-leave-editor", args=[slot.item.pk]))
    assert not TypedText.objects.exists()
    assert "Your words to Bea W." not in card(browser, slot)


def test_a_running_ladder_shows_no_buttons_that_change_it(
    desk: Desk, held: Any, browser: Visitor
) -> None:
    slot = running(desk, held, 2)
    page = card(browser, slot)
    assert "asked, until 10:30 am" in page and "Edit text" not in page
    assert "Offered to Grace W. until 10:30 am" in page and "Stop offering" in page


def test_an_empty_ladder_comes_back_and_says_what_happened_and_what_can_be_done(
    desk: Desk, held: Any, browser: Visitor
) -> None:
    slot = running(desk, held, 2)
    claims.decline(offer=slot.offer(0), by="link")
    passed(held, 1)
    passed(held, minutes=slot.offer(1).answer_minutes)
    page = card(browser, slot)
    assert "Nobody has it yet" in page and "It could not be sent" not in page
    assert "Nobody took it: Grace W. said no, Ana W. did not answer." in page
    assert "Too late to send" not in page and "Try again" not in page
    assert "Look for others" in page and "Give it to someone here" in page
    queue = browser.get("/").content.decode()
    assert "nobody took it" in queue and "could not be sent" not in queue
    item_regenerate(user=desk.maria, item_id=slot.item.pk, instruction="")
    assert slot.item_state() != "failed"
    assert "Everybody on the list was asked" in card(browser, slot)
