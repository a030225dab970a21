"""A planted draft met on the desk's own pages: told at once, in the pane or on a page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Visitor

from approvals.attention.planting import plant
from approvals.models import ApprovalItem, Decision, Effect, LocationTrust, SeededDraft
from core import clock
from integrations.models import User
from tests.support.desks import Desk, desk_make

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return desk_make("Maple Street")


@pytest.fixture
def maria(desk: Desk) -> User:
    return desk.person("Maria Ruiz")


@pytest.fixture
def seed(desk: Desk, maria: User) -> SeededDraft:
    client = desk.client("Dana", "King")
    visit = desk.appointment(client)
    item = desk.draft(client, appointment_id=visit.pk)
    ApprovalItem.objects.filter(pk=item.pk).update(state="approved")
    ApprovalItem.objects.filter(pk=item.pk).update(state="sending")
    ApprovalItem.objects.filter(pk=item.pk).update(state="sent", closed_at=clock.now())
    LocationTrust.objects.create(location=desk.location, seeded_percent=5)
    planted = plant(desk.location)
    assert planted is not None
    return planted


def seen(seed: SeededDraft, **more: Any) -> dict[str, Any]:
    item = ApprovalItem.objects.select_related("revision").get(pk=seed.item_id)
    assert item.revision is not None
    said = {"revision": item.revision.pk, "evidence": item.revision.evidence_sha256}
    return said | {"seconds": "5", "base_revision": 1} | more


@pytest.mark.parametrize("htmx", [True, False], ids=["in the pane", "without a script"])
@pytest.mark.parametrize(
    ("view", "more", "said", "outcome"),
    [
        ("approve", {}, "it would have gone out", "missed"),
        ("reject", {"reason": "wrong_fact"}, "you caught it", "caught"),
        ("edit", {"act": "send", "body": "Hi Dana, see you."}, "you caught it", "caught"),
        ("edit", {"act": "save", "body": "Hi Dana, see you."}, "you caught it", "caught"),
        ("handled", {}, "This was a test", "aside"),
    ],
)
def test_the_press_is_answered_with_what_it_was(
    maria: User, seed: SeededDraft, htmx: bool, view: str, more: Any, said: str, outcome: str
) -> None:
    browser = Visitor()
    browser.force_login(maria)
    before = Decision.objects.count()
    headers = {"HX-Request": "true"} if htmx else {}
    url = f"/drafts/{seed.item_id}/{view}/"
    answer = browser.post(url, seen(seed, **more), headers=headers)
    shown = answer.content.decode()
    assert answer.status_code == 200 and said in shown
    assert seed.planted in shown and "Dana" in shown and "nothing can be sent" in shown
    assert ("<html" in shown) is not htmx
    seed.refresh_from_db()
    assert seed.outcome == outcome
    assert Decision.objects.count() == before
    assert not Effect.objects.filter(item=seed.item_id).exists()
    again = browser.post(url, seen(seed, **more), headers=headers)
    assert again.status_code == 409


def test_several_at_once_leave_it_out_and_do_not_count_it(
    desk: Desk, maria: User, seed: SeededDraft
) -> None:
    other = desk.draft()
    browser = Visitor()
    browser.force_login(maria)
    wanted = [
        f"{pk}:{said['revision']}:{said['evidence']}"
        for pk, said in ((seed.item_id, seen(seed)), (other.pk, seen(SeededDraft(item=other))))
    ]
    answer = browser.post("/drafts/send-several/", {"wanted": wanted, "sure": "1"})
    assert "1 draft is going out." in answer.content.decode()
    seed.refresh_from_db()
    assert seed.outcome == ""


def test_the_list_gives_nothing_away_and_activity_nor_today_know_it(
    maria: User, seed: SeededDraft
) -> None:
    browser = Visitor()
    browser.force_login(maria)
    assert f"/drafts/{seed.item_id}/" in browser.get("/").content.decode()
    card = browser.get(f"/drafts/{seed.item_id}/").content.decode()
    assert seed.planted in card
    assert "seeded" not in card and "test" not in card.casefold().replace("latest", "")
    for page in ("/activity/", "/conversations/", "/handover/"):
        assert f"/drafts/{seed.item_id}/" not in browser.get(page).content.decode()
    assert clock.now() - seed.planted_at < timedelta(minutes=1)
