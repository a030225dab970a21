"""Every decision as a plain form, without a script: submitted as the page offers it."""

from __future__ import annotations

import re
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client as Visitor

from approvals.models import ApprovalItem, Decision, Effect, TypedText
from approvals.services.decisions import item_approve
from core import clock
from integrations.models import User
from tests.support.desks import Desk, desk_make

pytestmark = pytest.mark.django_db


class Forms(HTMLParser):
    """The forms of a page: for each its address and the values it would send."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[dict[str, Any]] = []
        self.area = ""
        self.feed(re.sub(r"<template.*?</template>", "", html, flags=re.DOTALL))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag == "form":
            self.found.append({"action": said.get("action", ""), "values": {}, "buttons": []})
        if not self.found:
            return
        name, value = said.get("name"), said.get("value") or ""
        if tag == "input" and name and said.get("type") not in {"radio", "checkbox"}:
            self.found[-1]["values"][name] = value
        if tag == "button":
            self.found[-1]["buttons"].append((name, value))
        if tag == "textarea" and name:
            self.area = name
            self.found[-1]["values"][name] = ""

    def handle_data(self, data: str) -> None:
        if self.area:
            self.found[-1]["values"][self.area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.area = ""


class Person:
    """Somebody with a browser that runs no script and checks every form's token."""

    def __init__(self, user: User) -> None:
        self.browser = Visitor(enforce_csrf_checks=True)
        self.browser.force_login(user)

    def page(self, url: str) -> str:
        self.html = self.browser.get(url, follow=True).content.decode()
        return self.html

    def submit(self, ending: str, button: tuple[str, str] | None = None, **values: str) -> str:
        form = next(one for one in Forms(self.html).found if ending in one["action"])
        if button is not None:
            assert button in form["buttons"], form["buttons"]
        said = form["values"] | dict([button] if button else []) | values
        answer = self.browser.post(form["action"], said, follow=True)
        self.status = answer.status_code
        self.html = answer.content.decode()
        return self.html


@pytest.fixture
def desk() -> Desk:
    return desk_make()


@pytest.fixture
def maria(desk: Desk) -> Person:
    return Person(desk.person("Maria Ruiz"))


def state(item: ApprovalItem) -> str:
    return ApprovalItem.objects.get(pk=item.pk).state


def test_approve_and_take_back(desk: Desk, maria: Person) -> None:
    item = desk.draft()
    maria.page(f"/drafts/{item.pk}/")
    answer = maria.submit("/approve/")
    assert state(item) == "approved"
    assert "Sending to Dana." in answer
    assert Effect.objects.get(item=item).body_sha256
    maria.submit("/undo/")
    assert state(item) == "pending"
    assert "Taken back. Nothing was sent." in maria.html


def test_a_card_that_needs_a_hold_asks_on_a_page_of_its_own(desk: Desk, maria: Person) -> None:
    item = desk.draft(body="Hi Dana, your next visit comes with a discount.")
    maria.page(f"/drafts/{item.pk}/")
    answer = maria.submit("/approve/")
    assert state(item) == "pending"
    assert "Please look once more" in answer
    assert "your next visit comes with a" in answer
    maria.submit("/approve/")
    assert state(item) == "pending"
    maria.submit("/approve/", reason="checked")
    assert state(item) == "approved"
    assert Decision.objects.get().reason == "checked"


def test_edit_save_and_send(desk: Desk, maria: Person) -> None:
    item = desk.draft()
    maria.page(f"/drafts/{item.pk}/?edit=1")
    maria.submit("/edit/", ("act", "save"), body="Hello Dana, see you soon.")
    assert "Hello Dana" in ApprovalItem.objects.get(pk=item.pk).revision.body
    maria.page(f"/drafts/{item.pk}/?edit=1")
    maria.submit("/edit/", ("act", "send"), body="Hello Dana, until soon!")
    assert state(item) == "approved"
    assert b"until soon!" in bytes(Effect.objects.get(item=item).body)


@pytest.mark.parametrize(
    ("body", "words"),
    [("   ", "The text is empty"), ("x" * 2001, "longer than 2000"), ("", "The text is empty")],
)
def test_a_text_that_cannot_be_taken_comes_back_with_the_reason(
    desk: Desk, maria: Person, body: str, words: str
) -> None:
    item = desk.draft()
    maria.page(f"/drafts/{item.pk}/?edit=1")
    answer = maria.submit("/edit/", ("act", "send"), body=body)
    assert maria.status == 422
    assert words in answer
    assert body.strip()[:100] in answer
    assert state(item) == "pending"


def test_words_typed_on_an_older_text_are_kept_and_said(desk: Desk, maria: Person) -> None:
    item = desk.draft()
    maria.page(f"/drafts/{item.pk}/?edit=1")
    other = Person(desk.person("Maya Chen"))
    other.page(f"/drafts/{item.pk}/?edit=1")
    other.submit("/edit/", ("act", "save"), body="Maya's words.")
    answer = maria.submit("/edit/", ("act", "send"), body="Maria's own words.")
    assert maria.status == 409
    assert "Maria&#x27;s own words." in answer
    assert state(item) == "pending"


def test_reject_for_each_reason(desk: Desk, maria: Person) -> None:
    reasons = ("wrong_fact", "wrong_tone", "bad_timing", "not_this_client", "handled")
    for reason in (*reasons, "against_policy"):
        item = desk.draft(desk.client(reason, "King"))
        maria.page(f"/drafts/{item.pk}/")
        maria.submit("/reject/", ("reason", reason))
        assert state(item) == "rejected", reason
        assert Decision.objects.get(item=item).reason == reason


def test_later_in_each_way(desk: Desk, maria: Person) -> None:
    zone = ZoneInfo("America/Los_Angeles")
    for choice in ("half-hour", "lunch", "opening"):
        due = clock.now() + timedelta(days=5)
        item = desk.draft(desk.client(choice, "King"), due_at=due)
        maria.page(f"/drafts/{item.pk}/")
        maria.submit("/snooze/", ("later", choice))
        until = ApprovalItem.objects.get(pk=item.pk).snoozed_until
        assert until is not None and until > clock.now()
        if choice == "lunch":
            assert until.astimezone(zone).hour == 14
    item = desk.draft(desk.client("Own", "Time"), due_at=clock.now() + timedelta(days=5))
    wanted = (clock.now() + timedelta(days=1)).astimezone(zone).replace(second=0, microsecond=0)
    maria.page(f"/drafts/{item.pk}/")
    maria.submit("/snooze/", ("later", "pick"), until=wanted.strftime("%Y-%m-%dT%H:%M"))
    assert ApprovalItem.objects.get(pk=item.pk).snoozed_until == wanted
    maria.page("/?view=later")
    assert "4 put off" in maria.html
    maria.page(f"/drafts/{item.pk}/")
    maria.submit("/snooze/", ("later", "now"))
    assert ApprovalItem.objects.get(pk=item.pk).snoozed_until is None


def test_later_without_a_time_asks_for_one(desk: Desk, maria: Person) -> None:
    item = desk.draft()
    maria.page(f"/drafts/{item.pk}/")
    answer = maria.submit("/snooze/", ("later", "pick"))
    assert maria.status == 422
    assert "Please choose when it should come back." in answer


def test_write_it_anew_and_already_handled(desk: Desk, maria: Person) -> None:
    item = desk.draft()
    maria.page(f"/drafts/{item.pk}/")
    maria.submit("/regenerate/", instruction="Shorter, please")
    assert "It is being written anew." in maria.html
    assert Decision.objects.get(kind="regenerate").words == "Shorter, please"
    other = desk.draft(desk.client("Elena", "Rossi"))
    maria.page(f"/drafts/{other.pk}/")
    assert f'formaction="/drafts/{other.pk}/handled/"' in maria.html
    token = Forms(maria.html).found[-1]["values"]["csrfmiddlewaretoken"]
    maria.browser.post(f"/drafts/{other.pk}/handled/", {"csrfmiddlewaretoken": token})
    assert state(other) == "rejected"


def test_an_unknown_outcome_is_settled_by_whoever_looked(desk: Desk, maria: Person) -> None:
    for answer, after in (("yes", "sent"), ("no", "failed")):
        item = desk.draft(desk.client(answer, "King"))
        approve(item, desk.person(f"Approver{answer} Person"))
        ApprovalItem.objects.filter(pk=item.pk).update(state="sending")
        ApprovalItem.objects.filter(pk=item.pk).update(state="unknown")
        Effect.objects.filter(item=item).update(outcome="unknown", settled_at=clock.now())
        page = maria.page(f"/drafts/{item.pk}/")
        assert "May have been sent. Check the platform" in page
        maria.submit("/settle/", ("sent", answer))
        assert state(item) == after


def test_what_the_platform_cannot_do_becomes_a_manual_step() -> None:
    desk = desk_make(capabilities=["read", "webhooks"])
    maria = Person(desk.person("Maria Ruiz"))
    item = desk.draft()
    page = maria.page(f"/drafts/{item.pk}/")
    assert "I will do it by hand" in page
    answer = maria.submit("/approve/")
    assert state(item) == "manual"
    assert "sms:+1555" in answer or "sms:%2B" in answer or "sms:+" in answer
    assert item.revision is not None
    assert item.revision.body in answer
    maria.submit("/by-hand/")
    assert state(item) == "by_hand"


def test_a_stale_draft_shows_what_changed_in_two_columns(desk: Desk, maria: Person) -> None:
    item = desk.draft()
    change = {"label": "Starts", "before": "Friday 2:00 pm", "now": "Friday 3:00 pm"}
    ApprovalItem.objects.filter(pk=item.pk).update(state="stale", changes=[change])
    page = maria.page(f"/drafts/{item.pk}/")
    assert "Something changed, so it was not sent" in page
    assert page.index("Friday 2:00 pm") < page.index("Friday 3:00 pm")
    assert "/approve/" not in re.sub(r"<template.*?</template>", "", page, flags=re.DOTALL)


def test_the_second_person_is_told_who_was_faster(desk: Desk, maria: Person) -> None:
    item = desk.draft()
    maria.page(f"/drafts/{item.pk}/")
    approve(item, desk.person("Maya Chen"))
    answer = maria.submit("/approve/")
    assert maria.status == 409
    assert "Maya Chen was faster" in answer
    assert Decision.objects.filter(kind="approve").count() == 1


def test_several_at_once_are_read_first_and_the_rest_is_told(desk: Desk, maria: Person) -> None:
    good = [desk.draft(desk.client(name, "King")) for name in ("Dana", "Elena")]
    odd = desk.draft(desk.client("Jo", "Park"), body="Hi Jo, see you on Friday at 4:15 pm.")
    page = maria.page("/")
    values = re.findall(r'name="wanted" value="([^"]+)"', page)
    assert len(values) == 3
    assert f'value="{odd.pk}:' in page and "disabled" in page.split(f'value="{odd.pk}:')[1][:90]
    token = Forms(page).found[-1]["values"]["csrfmiddlewaretoken"]
    url = "/drafts/send-several/"
    said = {"wanted": values, "csrfmiddlewaretoken": token}
    answer = maria.browser.post(url, said).content.decode()
    assert "Read these 2, then send" in answer
    assert Decision.objects.count() == 0
    done = maria.browser.post(url, said | {"sure": "1"}).content.decode()
    assert "2 drafts are going out." in done
    assert "Left out" in done and "Jo P." in done
    assert [state(item) for item in good] == ["approved", "approved"]
    assert state(odd) == "pending"


def test_mangled_picks_send_nothing(desk: Desk, maria: Person) -> None:
    desk.draft()
    token = Forms(maria.page("/")).found[-1]["values"]["csrfmiddlewaretoken"]
    for value in ("", "x", "1", "1:2", "0:0:0", "9" * 90, "1:x:y", "-1:2:3"):
        said = {"wanted": [value], "csrfmiddlewaretoken": token, "sure": "1"}
        assert maria.browser.post("/drafts/send-several/", said).status_code == 200, value
        assert Decision.objects.count() == 0, value


def test_what_was_typed_can_be_thrown_away(desk: Desk, maria: Person) -> None:
    item, user = desk.draft(), User.objects.get(name="Maria Ruiz")
    TypedText.objects.create(item=item, user=user, body="Half a sente", base_revision=1)
    assert "Half a sente" in maria.page(f"/drafts/{item.pk}/")
    token = Forms(maria.html).found[-1]["values"]["csrfmiddlewaretoken"]
    url = f"/drafts/{item.pk}/leave-editor/"
    page = maria.browser.post(url, {"csrfmiddlewaretoken": token}, follow=True).content.decode()
    assert "Half a sente" not in page
    assert not TypedText.objects.exists()


def test_activity_finds_what_was_decided_by_client(desk: Desk, maria: Person) -> None:
    for name in ("Dana", "Elena"):
        item = desk.draft(desk.client(name, "King"))
        maria.page(f"/drafts/{item.pk}/")
        maria.submit("/reject/", ("reason", "bad_timing"))
    everything = maria.page("/activity/")
    assert "Dana K." in everything and "Elena K." in everything
    assert "Maria Ruiz" in everything
    only = maria.page("/activity/?q=elena")
    assert "Elena K." in only and "Dana K." not in only
    assert "Nothing fits what you chose." in maria.page("/activity/?outcome=sent")


def approve(item: ApprovalItem, user: User) -> None:
    revision = ApprovalItem.objects.get(pk=item.pk).revision
    assert revision is not None
    item_approve(
        user=user,
        item_id=item.pk,
        revision_id=revision.pk,
        evidence_sha256=revision.evidence_sha256,
    )
