"""What could only go out too late says so in the queue, on the card and at the press, alike."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Visitor
from django.test.utils import CaptureQueriesContext

from approvals.errors import NotPossible
from approvals.models import ApprovalItem
from approvals.permissions import rights_of
from approvals.selectors import queue_page
from approvals.services.planning import too_late_of
from approvals.views.rows import row_view
from core import clock
from integrations.models import Message
from tests.approvals.desk import NOW, Desk, approved, drafted
from tests.approvals.stub_platform import World

pytestmark = pytest.mark.django_db
WHY = "It could only go out tomorrow at 9 am, and then it is too late."


@pytest.fixture
def late(desk: Desk, held: Any) -> ApprovalItem:
    """Ten in the evening, and the visit begins at eight."""
    held.move(timedelta(hours=12))
    return drafted(desk, due_at=NOW + timedelta(hours=22))


def the_row(desk: Desk) -> Any:
    [row] = queue_page(user=desk.maria, rights=rights_of(desk.maria)).rows
    return row_view(row)


def test_row_card_and_press_say_the_same(desk: Desk, late: ApprovalItem) -> None:
    row = the_row(desk)
    assert (row.tag, row.tone, row.text) == ("too late to send", "watch", WHY)
    assert not row.can_pick
    browser = Visitor()
    browser.force_login(desk.maria)
    card = browser.get(f"/drafts/{late.pk}/").content.decode()
    assert "Too late to send" in card and WHY in card
    assert 'id="approve"' not in card and ">Dismiss</button>" in card
    with pytest.raises(NotPossible) as refused:
        approved(desk, late)
    assert refused.value.plain == WHY
    editor = browser.get(f"/drafts/{late.pk}/?edit=1").content.decode()
    assert 'value="save"' in editor and 'value="send"' not in editor


def test_dismissing_it_is_one_press(desk: Desk, late: ApprovalItem) -> None:
    browser = Visitor()
    browser.force_login(desk.maria)
    said = {"revision": late.revision_id, "reason": "bad_timing"}
    browser.post(f"/drafts/{late.pk}/reject/", said)
    assert ApprovalItem.objects.get(pk=late.pk).state == "rejected"


def test_what_still_goes_out_in_time_is_not_marked(desk: Desk, held: Any) -> None:
    held.move(timedelta(hours=12))
    item = drafted(desk, due_at=NOW + timedelta(hours=24))
    assert too_late_of([item], clock.now()) == {}


def test_whoever_wrote_just_now_may_be_answered_at_night(desk: Desk, late: ApprovalItem) -> None:
    Message.objects.create(
        connection=desk.connection,
        external_id="msg_1",
        client=desk.client,
        location=desk.location,
        incoming=True,
        channel="sms",
        body="Is it at eight?",
        sent_at=clock.now() - timedelta(seconds=30),
    )
    assert too_late_of([late], clock.now()) == {}


def test_by_hand_there_are_no_quiet_hours_of_ours(
    desk: Desk, late: ApprovalItem, world: World
) -> None:
    world.able = frozenset({"read"})
    assert too_late_of([late], clock.now()) == {}


def test_once_its_moment_is_over_it_says_so(desk: Desk, held: Any) -> None:
    item = drafted(desk, due_at=NOW + timedelta(hours=1))
    held.move(timedelta(hours=1, seconds=5))
    assert too_late_of([item], clock.now()) == {item.pk: "Its moment has passed."}


@pytest.mark.parametrize("n", [1, 12])
def test_any_number_of_late_drafts_costs_the_same_few_queries(
    desk: Desk, held: Any, n: int
) -> None:
    held.move(timedelta(hours=12))
    due = NOW + timedelta(hours=22)
    items = [drafted(desk, subject=f"visit:{number}", due_at=due) for number in range(n)]
    listed = list(
        ApprovalItem.objects.filter(pk__in=[item.pk for item in items]).select_related(
            "client", "location", "revision"
        )
    )
    with CaptureQueriesContext(connection) as queries:
        found = too_late_of(listed, clock.now())
    assert len(found) == n
    assert len(queries) <= 4, [query["sql"][:90] for query in queries]
    browser = Visitor()
    browser.force_login(desk.maria)
    browser.get("/")
    with CaptureQueriesContext(connection) as queries:
        assert "too late to send" in browser.get("/").content.decode()
    assert len(queries) <= 12, [query["sql"][:90] for query in queries]
