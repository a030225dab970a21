"""What people see: rights first, urgency next, and never more queries for a longer list."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404, HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from approvals import presence
from approvals.models import ApprovalItem, TypedText
from approvals.permissions import MANAGER_RIGHT, is_provider_only, requires, rights_of
from approvals.selectors import (
    ActivityFilters,
    QueueFilters,
    QueuePage,
    activity_page,
    counts,
    item_card,
    item_for,
    queue_page,
)
from approvals.services import decisions, items
from approvals.views.rows import groups_of
from core import clock
from core.audit import Actor
from integrations.models import User
from tests.approvals.desk import (
    NOW,
    Desk,
    approved,
    client_make,
    drafted,
    location_make,
    person_make,
    sent_after,
    staff_make,
)
from tests.approvals.stub_platform import World

pytestmark = pytest.mark.django_db


def page_of(user: User, **filters: Any) -> QueuePage:
    return queue_page(user=user, rights=rights_of(user), filters=QueueFilters(**filters))


def ids(page: QueuePage) -> list[int]:
    return [row.item.pk for row in page.rows]


def many(desk: Desk, n: int, **fields: Any) -> None:
    defaults: dict[str, Any] = {
        "connection": desk.connection,
        "location": desk.location,
        "agent": "confirmation",
        "group": "confirmations",
        "client": desk.client,
        "state": "pending",
        "due_at": NOW + timedelta(days=2),
    }
    ApprovalItem.objects.bulk_create(
        ApprovalItem(subject=f"many:{number}", **defaults | fields) for number in range(n)
    )


def test_an_unhappy_review_stands_first_and_under_its_tab(desk: Desk) -> None:
    drafted(desk, subject="visit:1", group="confirmations")
    review = drafted(desk, subject="feedback:1", group="check", due_at=NOW + timedelta(hours=24))
    page = page_of(desk.maria)
    assert ids(page)[0] == review.pk
    assert (page.groups[0].label, page.groups[0].total) == ("Please check", 1)
    assert ids(page_of(desk.maria, group="check")) == [review.pk]


def test_the_queue_is_ordered_by_urgency_and_then_by_moment(desk: Desk) -> None:
    late = drafted(desk, subject="visit:1")
    soon = drafted(desk, subject="visit:2", due_at=NOW + timedelta(minutes=40))
    reminder = drafted(desk, subject="visit:3", group="reminders")
    earlier = drafted(desk, subject="visit:4", due_at=NOW + timedelta(days=1))
    broken = drafted(desk, subject="visit:5", group="aftercare")
    ApprovalItem.objects.filter(pk=broken.pk).update(state="stale")
    page = page_of(desk.maria)
    assert ids(page) == [broken.pk, soon.pk, earlier.pk, late.pk, reminder.pk]
    assert [(group.label, group.total) for group in page.groups] == [
        ("Please check", 1),
        ("Time is short", 1),
        ("Confirmations", 2),
        ("Reminders", 1),
    ]
    assert page.rows[1].useful_for == timedelta(minutes=40)
    assert (page.total, page.snoozed, page.more) == (5, 0, False)


def test_the_order_in_the_database_is_the_order_of_the_policy(desk: Desk) -> None:
    for number, state in enumerate(("pending", "stale", "unknown", "manual", "drafting")):
        for hours in (1, 5):
            many(
                desk,
                1,
                state=state,
                occasion=f"{number}:{hours}",
                due_at=NOW + timedelta(hours=hours),
            )
    orders = [row.group.order for row in page_of(desk.maria).rows]
    assert orders == sorted(orders)
    assert len(orders) == 10


@pytest.mark.parametrize("n", [0, 3, 60])
def test_a_page_takes_the_same_few_queries_at_any_length(desk: Desk, n: int) -> None:
    many(desk, n)
    user = User.objects.get(pk=desk.maria.pk)
    with CaptureQueriesContext(connection) as queries:
        rights = rights_of(user)
        page = queue_page(user=user, rights=rights)
        for row in page.rows:
            assert row.who == "Dana K."
            assert row.item.location.name == "Maple Street"
        # Drawing a line asks for nothing more: every column it needs was read.
        lines = [line for group in groups_of(page) for line in group.rows]
        drawn = {(line.mark, line.seen, line.can_pick) for line in lines}
        assert len(drawn) == len(page.rows)
    assert len(queries) == 4
    assert (page.total, len(page.rows), page.more) == (n, min(n, 50), n > 50)


def test_activity_takes_the_same_few_queries_at_any_length(desk: Desk) -> None:
    many(desk, 30, state="sent", closed_at=NOW)
    rights = rights_of(desk.maria)
    with CaptureQueriesContext(connection) as queries:
        page = activity_page(rights=rights, limit=20)
    assert len(queries) == 4
    assert (len(page.rows), page.next_before) == (20, (NOW, page.rows[-1].item.pk))


def test_what_closed_in_one_moment_is_paged_without_a_gap_or_a_double(desk: Desk) -> None:
    many(desk, 25, state="withdrawn", closed_at=NOW)
    many(desk, 5, state="sent", closed_at=NOW - timedelta(minutes=1), occasion="earlier")
    rights, seen, place = rights_of(desk.maria), [], None
    while True:
        page = activity_page(rights=rights, filters=ActivityFilters(before=place), limit=7)
        seen += [row.item.pk for row in page.rows]
        place = page.next_before
        if place is None:
            break
    everything = ApprovalItem.objects.order_by("-closed_at", "-id").values_list("pk", flat=True)
    assert seen == list(everything)
    assert len(seen) == 30


def test_put_off_drafts_are_counted_apart_and_come_back_at_their_hour(
    desk: Desk, held: Any
) -> None:
    item = drafted(desk)
    decisions.item_snooze(user=desk.maria, item_id=item.pk, until=NOW + timedelta(hours=1))
    page = page_of(desk.maria)
    assert (ids(page), page.total, page.snoozed) == ([], 0, 1)
    assert ids(page_of(desk.maria, snoozed=True)) == [item.pk]
    held.move(timedelta(hours=1))
    assert ids(page_of(desk.maria)) == [item.pk]


def test_search_folds_accents_and_case(desk: Desk) -> None:
    zoe = client_make(
        desk.connection,
        "cli_9",
        first_name="Zoë",
        last_name="Núñez",
        search_key="zoe nunez",
        phone="+15035550155",
    )
    mine = drafted(desk, subject="visit:1")
    many(desk, 1, client=zoe)
    found = page_of(desk.maria, text="ZOÉ nún")
    assert [row.item.client for row in found.rows] == [zoe]
    assert found.total == 1
    assert ids(page_of(desk.maria, text="dana")) == [mine.pk]
    assert ids(page_of(desk.maria, text="nobody")) == []


def test_filters_narrow_the_list_and_the_counts(desk: Desk) -> None:
    drafted(desk, subject="visit:1", loss_risk="high")
    drafted(desk, subject="visit:2", group="reminders")
    soon = drafted(desk, subject="visit:3", due_at=NOW + timedelta(minutes=40))
    assert page_of(desk.maria, risk="high").total == 1
    assert len(page_of(desk.maria, group="reminders").rows) == 1
    assert ids(page_of(desk.maria, group="short")) == [soon.pk]
    assert len(page_of(desk.maria, agent="aftercare").rows) == 0
    assert counts(rights=rights_of(desk.maria)).by_kind == {"confirmations": 2, "reminders": 1}


def test_nobody_sees_another_locations_drafts(desk: Desk) -> None:
    item = drafted(desk)
    kim = person_make("Kim", location_make(desk.connection, "loc_2"), "front_desk")
    assert ids(page_of(kim)) == []
    with pytest.raises(Http404):
        item_for(user=kim, rights=rights_of(kim), item_id=item.pk)
    with pytest.raises(Http404):
        item_for(user=desk.maria, rights=rights_of(desk.maria), item_id=item.pk + 1000)


def test_a_provider_sees_only_drafts_of_own_appointments(desk: Desk) -> None:
    sarah = person_make("Sarah", desk.location, "provider")
    staff = staff_make(desk, sarah)
    other = staff_make(desk, person_make("Kim", desk.location, "provider"), "sta_2")
    mine = drafted(desk, subject="visit:1", staff_id=staff.pk)
    theirs = drafted(desk, subject="visit:2", staff_id=other.pk)
    rights = rights_of(sarah)
    assert is_provider_only(rights, desk.location.pk)
    assert ids(page_of(sarah)) == [mine.pk]
    assert not rights.may_see(theirs)
    with pytest.raises(Http404):
        item_for(user=sarah, rights=rights, item_id=theirs.pk)
    person_make("Sarah", desk.location, "front_desk")
    assert ids(page_of(sarah)) == [mine.pk, theirs.pk], "also at the desk: sees everything there"


def test_a_provider_without_a_staff_record_sees_nothing(desk: Desk) -> None:
    drafted(desk)
    sarah = person_make("Sarah", desk.location, "provider")
    assert ids(page_of(sarah)) == []


def test_drafts_for_comparison_are_shown_to_managers_only(desk: Desk) -> None:
    item = drafted(desk, stage="observe")
    sally = person_make("Sally", desk.location, "manager")
    assert rights_of(sally).has(desk.location.pk, MANAGER_RIGHT)
    assert ids(page_of(desk.maria)) == []
    assert ids(page_of(sally)) == [], "nobody can press on it; it stands on the quality page"
    assert item_for(user=sally, rights=rights_of(sally), item_id=item.pk).pk == item.pk
    with pytest.raises(Http404):
        item_for(user=desk.maria, rights=rights_of(desk.maria), item_id=item.pk)


def test_rights_take_one_query_and_a_lost_role_is_gone_at_the_next(desk: Desk) -> None:
    user = User.objects.get(pk=desk.maria.pk)
    with CaptureQueriesContext(connection) as queries:
        rights = rights_of(user)
    assert len(queries) == 1
    assert rights.locations_with("review_messages") == [desk.location.pk]
    assert not rights.any("read_audit", "tune_agents")
    user.groups.clear()
    assert rights_of(user).locations == []


@pytest.mark.parametrize("who", ["superuser", "inactive", "anonymous"])
def test_being_admin_switched_off_or_nobody_gives_no_rights(desk: Desk, who: str) -> None:
    user: Any = AnonymousUser()
    if who != "anonymous":
        user = desk.maria
        user.is_superuser, user.is_active = who == "superuser", who != "inactive"
        if who == "superuser":
            user.groups.clear()
    assert rights_of(user).locations == []


def test_a_page_that_needs_a_right_is_closed_without_it(desk: Desk, rf: RequestFactory) -> None:
    @requires("review_messages")
    def view(request: Any) -> HttpResponse:
        return HttpResponse(str(request.rights.locations))

    assert view.required_rights == ("review_messages",)  # type: ignore[attr-defined]
    request = rf.get("/")
    request.user = desk.maria
    assert view(request).content == f"[{desk.location.pk}]".encode()
    request.user = AnonymousUser()
    assert view(request).status_code == 302
    desk.tom.groups.clear()
    request.user = desk.tom
    with pytest.raises(PermissionDenied):
        view(request)


def test_a_right_outside_the_list_is_a_mistake_of_the_page() -> None:
    with pytest.raises(ValueError, match="list of rights"):
        requires("review_everything")


def test_the_card_shows_text_why_evidence_client_and_history(desk: Desk) -> None:
    item = drafted(desk)
    decisions.item_edit(
        user=desk.maria, item_id=item.pk, base_revision=1, body="Hi Dana, Friday 9:15 am?"
    )
    TypedText.objects.create(item=item, user=desk.maria, body="half", base_revision=2)
    presence.presence_seen(item_id=item.pk, user_id=desk.tom.pk, name="Tom", editing=True)
    found = item_for(user=desk.maria, rights=rights_of(desk.maria), item_id=item.pk)
    card = item_card(found, user=desk.maria)
    assert [(text, span.verified) for text, span in card.pieces if span] == [
        ("Dana", True),
        ("Friday", True),
        ("9:15 am", False),
    ]
    assert "".join(text for text, _ in card.pieces) == card.revision.body
    assert card.segments.segments == 1
    assert [fact.label for fact in card.evidence] == ["Appointment"]
    assert card.reasons == [{"text": "New booking.", "source": "calendar"}]
    assert [(line.who, line.what) for line in card.history] == [
        ("The standard text", "wrote the text"),
        ("Maria", "edited"),
    ]
    assert card.client.next_visits == [desk.appointment]
    assert card.typed.body == "half"
    assert [(one.name, one.editing) for one in card.present] == [("Tom", True)]
    assert card.evidence_sha256 == found.revision.evidence_sha256


def test_a_held_draft_says_until_when_it_can_be_taken_back(desk: Desk) -> None:
    item = drafted(desk)
    approved(desk, item)
    found = item_for(user=desk.maria, rights=rights_of(desk.maria), item_id=item.pk)
    card = item_card(found, user=desk.maria)
    assert card.undo_until == NOW + timedelta(seconds=10)


def test_who_approved_a_voided_text_is_told(desk: Desk) -> None:
    item = drafted(desk)
    approved(desk, item, desk.tom)
    items.items_withdraw_for(
        actor=Actor.system("test"), client_id=desk.client.pk, reason="Dana wants no more texts."
    )
    (told,) = page_of(desk.tom).told
    assert told.item.pk == item.pk
    assert told.why == "Dana wants no more texts. The approved text did not go out."
    assert page_of(desk.maria).told == []


def test_presence_is_seen_at_once_and_released_after_a_minute(
    desk: Desk, held: Any, redis_db: Any
) -> None:
    item = drafted(desk)
    news = presence.presence_seen(item_id=item.pk, user_id=1, name="Maria", editing=False)
    again = presence.presence_seen(item_id=item.pk, user_id=1, name="Maria", editing=False)
    edits = presence.presence_seen(item_id=item.pk, user_id=1, name="Maria", editing=True)
    assert (news, again, edits) == (True, False, True)
    assert [one.name for one in presence.presence_of([item.pk], but=2)[item.pk]] == ["Maria"]
    assert presence.presence_of([item.pk], but=1) == {}
    held.move(timedelta(seconds=61))
    assert presence.presence_of([item.pk]) == {}
    presence.presence_seen(item_id=item.pk, user_id=1, name="Maria", editing=False)
    presence.presence_left(item_id=item.pk, user_id=1)
    assert presence.presence_of([item.pk]) == {}


@pytest.mark.django_db(transaction=True)
def test_activity_finds_what_was_sent_by_whom(shared_desk: Desk, world: World, held: Any) -> None:
    item = drafted(shared_desk)
    approved(shared_desk, item)
    sent_after(held)
    rights = rights_of(shared_desk.tom)
    page = activity_page(rights=rights, filters=ActivityFilters(text="dana"))
    (row,) = page.rows
    assert (row.who, row.item.state, row.effects[0].outcome) == ("Maria", "sent", "sent")
    assert activity_page(rights=rights, filters=ActivityFilters(text="zoe")).rows == []
    assert row.item.closed_at == clock.now()
