"""An offered time becomes a draft that somebody approves; nothing is booked by asking."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client as Browser

from approvals.errors import NotPossible
from approvals.models import ApprovalItem, Effect
from approvals.services.decisions import item_approve
from copilot.ask.asker import MayNot
from copilot.ask.booking import booking_draft
from copilot.ask.models import CannedAnswer
from integrations.models import Service, User
from tests.copilot.ask.conftest import MORNING, Booked, Salon

pytestmark = pytest.mark.django_db


def test_an_offered_time_is_made_a_draft_and_approved(
    salon: Salon, booked: Booked, maria: User
) -> None:
    client = booked("Dana", salon.sarah, hours=24)
    browser = Browser()
    browser.force_login(maria)
    shown = browser.post("/ask/", {"question": "90 minutes with Kim today after 11"}, follow=True)
    assert "Book this" in shown.content.decode()
    at = (MORNING + timedelta(hours=3)).isoformat()
    query = {"at": salon.place.pk, "staff": salon.kim.pk, "starts_at": at, "minutes": 90}
    page = browser.get("/ask/book/", query | {"name": "dana"}).content.decode()
    assert re.search(rf'name="client"\s+value="{client.pk}"', page)
    assert browser.post("/ask/book/", query | {"act": "draft"}).status_code == 422
    made = {"act": "draft", "client": client.pk, "service": salon.massage.pk}
    answer = browser.post("/ask/book/", query | made)
    item = ApprovalItem.objects.select_related("revision").get()
    assert answer["Location"] == f"/drafts/{item.pk}/"
    assert item.state == "pending"
    assert not Effect.objects.exists()
    assert item.title == "Book Dana K.: Hot stone massage, today at 12 pm"
    assert item.revision is not None
    assert item.revision.evidence.get().check_kind == "slot_free"
    card = browser.get(answer["Location"]).content.decode()
    assert "Book Dana K." in card
    item_approve(
        user=maria,
        item_id=item.pk,
        revision_id=item.revision.pk,
        evidence_sha256=item.revision.evidence_sha256,
        seconds=5,
    )
    assert Effect.objects.get().type == "book_appointment"


def test_what_cannot_be_booked_says_why(salon: Salon, booked: Booked, maria: User) -> None:
    client = booked("Dana", salon.sarah)
    wanted = {
        "user": maria, "location": salon.place, "client_id": client.pk,
        "service_id": salon.massage.pk, "staff_id": salon.kim.pk,
        "starts_at": MORNING + timedelta(hours=2),
    }  # fmt: skip
    with pytest.raises(NotPossible, match="still to come"):
        booking_draft(**wanted | {"starts_at": MORNING})
    with pytest.raises(NotPossible, match="no longer offered"):
        booking_draft(**wanted | {"service_id": 0})
    Service.objects.filter(pk=salon.massage.pk).update(skill="reiki")
    with pytest.raises(NotPossible, match="does not do this"):
        booking_draft(**wanted)
    assert not ApprovalItem.objects.exists()


def test_nobody_books_for_a_client_who_is_not_theirs(
    salon: Salon, booked: Booked, maria: User, tess: User
) -> None:
    other = booked("Zora", salon.kim, location=salon.desk.locations[1])
    colleagues = booked("Yara", salon.kim, hours=2)
    for user, client in ((maria, other), (tess, colleagues), (tess, other)):
        with pytest.raises(MayNot):
            booking_draft(
                user=user, location=salon.place, client_id=client.pk,
                service_id=salon.massage.pk, staff_id=salon.sarah.pk,
                starts_at=MORNING + timedelta(hours=2),
            )  # fmt: skip
    browser = Browser()
    browser.force_login(tess)
    query = {"at": salon.place.pk, "staff": salon.sarah.pk,
             "starts_at": (MORNING + timedelta(hours=2)).isoformat()}  # fmt: skip
    page = browser.get("/ask/book/", query | {"client": colleagues.pk, "name": "Yara"})
    assert "Yara K" not in page.content.decode()
    assert not ApprovalItem.objects.exists()


def test_the_panel_of_a_draft_asks_about_its_client(
    salon: Salon, booked: Booked, maria: User, tess: User
) -> None:
    client = booked("Dana", salon.kim)
    item = salon.desk.draft(client)
    browser = Browser()
    browser.force_login(maria)
    url = f"/ask/draft/{item.pk}/"
    assert url in browser.get(f"/drafts/{item.pk}/").content.decode()
    assert "About Dana K." in browser.get(url).content.decode()
    fragment = browser.post(url, {"look": "about_item"}, HTTP_HX_REQUEST="true")
    assert "Hot stone massage" in fragment.content.decode()
    hour = browser.post(url, {"look": "next_hour"}, HTTP_HX_REQUEST="true").content.decode()
    assert "Looked for:" in hour
    browser.force_login(tess)
    assert browser.get(url).status_code == 404
    assert browser.post(url, {"look": "about_item"}).status_code == 404


def test_the_salons_own_answers_are_written_by_managers(salon: Salon, maria: User) -> None:
    browser = Browser()
    browser.force_login(maria)
    assert browser.get("/ask/answers/").status_code == 403
    browser.force_login(salon.desk.person("Mona Manager", "manager", salon.place))
    form = {"act": "save", "question": "Dogs?", "phrasings": "", "answer": "Small ones."}
    assert browser.post("/ask/answers/", form).status_code == 302
    again = browser.post("/ask/answers/", form)
    assert again.status_code == 422 and "has an answer here already" in again.content.decode()
    assert "Dogs?" in browser.get("/ask/").content.decode()
    one = {"one": str(CannedAnswer.objects.get().pk), "act": "delete"}

    assert browser.post("/ask/answers/", one).status_code == 302
    assert not CannedAnswer.objects.exists()
