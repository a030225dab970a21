"""The desk asks the salon's own material; who tunes agents looks after it."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser

from agents.knowledge.fitting import fits_drain
from agents.models import KnowledgeSource
from core.models import AuditDetail, AuditEvent
from integrations.models import Service
from tests.support.desks import Desk, desk_make

pytestmark = pytest.mark.django_db
MATERIAL = "/ask/material/"


@pytest.fixture
def desk() -> Desk:
    return desk_make("Maple Street", "Harbor")


def signed_in(person: Any) -> Browser:
    browser = Browser()
    browser.force_login(person)
    return browser


def added(browser: Browser, desk: Desk, **more: Any) -> Any:
    form = {"act": "add", "at": desk.location.pk, "title": "Our policies", "kind": "policy"}
    return browser.post(MATERIAL, form | more, follow=True)


def asked(browser: Browser, question: str, at: object = "") -> str:
    answer = browser.post("/ask/", {"question": question, "at": at}, follow=True)
    return str(answer.content.decode())


def test_a_question_is_answered_from_what_a_manager_added_and_is_audited(desk: Desk) -> None:
    mona = signed_in(desk.person("Mona Manager", "manager", desk.location))
    text = "# Dogs\nSmall dogs are <b>welcome</b>.\n# Parking\nBehind the house."
    assert "is answered from now" in added(mona, desk, text=text).content.decode()
    maria = signed_in(desk.person("Maria Ruiz", "front_desk", desk.location))
    shown = asked(maria, "can I bring my dog")
    assert "Small dogs are &lt;b&gt;welcome&lt;/b&gt;." in shown and "not in our" not in shown
    assert "This is not in our material" in asked(maria, "do you pierce ears")
    events = AuditEvent.objects.filter(action="ask.asked").order_by("pk")
    assert len(events) == 2
    detail = AuditDetail.objects.get(event_id=events[0].pk)
    assert detail.data == {"question": "can I bring my dog"}


def test_nobody_asks_or_looks_after_what_is_not_theirs(desk: Desk) -> None:
    mona = signed_in(desk.person("Mona Manager", "manager", desk.location))
    added(mona, desk, text="# Dogs\nSmall dogs are welcome.")
    source = KnowledgeSource.objects.get()
    nina = signed_in(desk.person("Nina Vogel", "manager", desk.locations[1]))
    assert "Small dogs" not in asked(nina, "dogs", at=desk.location.pk)
    assert nina.get(f"{MATERIAL}{source.pk}/").status_code == 404
    assert nina.post(f"{MATERIAL}{source.pk}/", {"act": "retire"}).status_code == 404
    maria = signed_in(desk.person("Maria Ruiz", "front_desk", desk.location))
    assert maria.get(MATERIAL).status_code == 403
    stranger = signed_in(desk.person("Tess Lind", "cleaner", desk.location))
    assert stranger.get("/ask/").status_code == 403


def test_what_all_locations_answer_from_is_changed_by_who_has_them_all(desk: Desk) -> None:
    mona = signed_in(desk.person("Mona Manager", "manager", desk.location))
    Service.objects.create(connection=desk.connection, external_id="s1", name="Facial", minutes=60)
    assert mona.post(MATERIAL, {"act": "read", "at": desk.location.pk}).status_code == 302
    assert not KnowledgeSource.objects.exists() and fits_drain() == 1
    menu = KnowledgeSource.objects.get(location=None)
    assert mona.get(f"{MATERIAL}{menu.pk}/").status_code == 200
    assert mona.post(f"{MATERIAL}{menu.pk}/", {"act": "retire"}).status_code == 403
    olga = signed_in(desk.person("Olga Owner", "owner"))
    assert olga.post(f"{MATERIAL}{menu.pk}/", {"act": "retire"}).status_code == 302
    menu.refresh_from_db()
    assert menu.retired_at is not None


def test_a_file_that_cannot_be_read_says_why_and_the_page_keeps_what_was_typed(desk: Desk) -> None:
    mona = signed_in(desk.person("Mona Manager", "manager", desk.location))
    table = SimpleUploadedFile("faq.csv", b"a,b\n1,2\n")
    answer = added(mona, desk, file=table)
    assert answer.status_code == 422
    shown = answer.content.decode()
    assert "faq.csv, line 1: needs one column" in shown and 'value="Our policies"' in shown
    both = added(mona, desk, text="x", file=SimpleUploadedFile("x.md", b"# A\nb"))
    assert "one of the two" in both.content.decode()
    backwards = added(mona, desk, text="x", valid_from="2026-06-12", valid_until="2026-06-11")
    assert "before the first day" in backwards.content.decode()


def test_an_older_version_is_brought_back_by_a_press(desk: Desk) -> None:
    mona = signed_in(desk.person("Mona Manager", "manager", desk.location))
    added(mona, desk, text="# Dogs\nSmall dogs are welcome.")
    added(mona, desk, text="# Dogs\nNo dogs any more.")
    page = f"{MATERIAL}{KnowledgeSource.objects.get().pk}/"
    assert "No dogs any more." in mona.get(page).content.decode()
    assert mona.post(page, {"act": "revert", "number": "9"}).status_code == 404
    mona.post(page, {"act": "revert", "number": "1"})
    assert "Small dogs are welcome." in asked(mona, "dogs", at=desk.location.pk)
