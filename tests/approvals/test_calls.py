"""A call answered and settled: the platform is told, drafts are closed, To call is up to date."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.http import Http404
from django.test import Client as Browser

from approvals.errors import AlreadyDecided, NoRight, NotPossible
from approvals.models import ApprovalItem, CallOutcome, Decision, Notice
from approvals.permissions import rights_of
from approvals.selectors.calling import call_count, call_rows
from approvals.services.calls import Call, call_settle, call_undo, call_wanted, wishes_settled
from core import clock
from core.audit import Actor
from core.models import AuditEvent
from integrations import consent
from integrations.models import Appointment, Location, Message, Service, Shift, User
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
    state_of,
)
from tests.approvals.stub_platform import EVERYTHING, World


def settle(desk: Desk, kind: str, user: User | None = None, **fields: Any) -> CallOutcome:
    said: dict[str, Any] = {"key": f"k-{kind}", "appointment_id": desk.appointment.pk} | fields
    return call_settle(
        user=user or desk.maria, client_id=desk.client.pk, call=Call(kind=kind, **said)
    )


def changes(world: World) -> list[dict[str, Any]]:
    return [payload for name, _, payload in world.done if name == "update_appointment"]


def test_confirmed_by_phone_tells_the_platform_with_that_persons_approval(
    desk: Desk, world: World, held: Any
) -> None:
    made = settle(desk, "confirmed")
    assert made.item is not None
    decision = Decision.objects.get(item=made.item, kind="approve")
    assert (decision.scope, decision.actor) == ("item", desk.maria)
    assert made.item.effects.get().decision_id == decision.pk
    assert (made.user_name, made.appointment_id) == ("Maria", desk.appointment.pk)
    sent_after(held)
    assert changes(world)[0]["fields"] == {"status": "confirmed"}
    assert AuditEvent.objects.filter(action="call.confirmed", subject=f"call:{made.pk}").exists()


def test_a_double_click_is_one_call(desk: Desk, world: World, held: Any) -> None:
    assert settle(desk, "confirmed").pk == settle(desk, "confirmed").pk
    sent_after(held)
    assert (CallOutcome.objects.count(), len(changes(world))) == (1, 1)


def test_a_confirmation_by_phone_closes_that_visits_confirmation_and_reminder_only(
    desk: Desk, world: World, held: Any
) -> None:
    asks = drafted(desk)
    approved(desk, asks)
    reminds = drafted(desk, subject="visit:r", group="reminders")
    other = drafted(desk, subject="visit:o", group="retail")
    settle(desk, "confirmed")
    assert [state_of(one) for one in (asks, reminds, other)] == [
        "withdrawn",
        "withdrawn",
        "pending",
    ]
    asks.refresh_from_db()
    assert asks.state_reason.startswith("Handled by phone (Maria).")
    sent_after(held)
    assert world.bodies() == []


def test_a_visit_called_off_closes_everything_about_it(desk: Desk, world: World, held: Any) -> None:
    drafts = [drafted(desk), drafted(desk, subject="visit:o", group="retail")]
    settle(desk, "cancelled")
    assert {state_of(one) for one in drafts} == {"withdrawn"}
    sent_after(held)
    assert changes(world)[0]["fields"] == {"status": "cancelled"}


def test_all_services_of_one_visit_are_settled_together(
    desk: Desk, world: World, held: Any
) -> None:
    Appointment.objects.filter(pk=desk.appointment.pk).update(visit_id="v1")
    Appointment.objects.create(
        connection=desk.connection,
        external_id="apt_2",
        client=desk.client,
        location=desk.location,
        visit_id="v1",
        starts_at=desk.appointment.starts_at + timedelta(hours=1),
    )
    settle(desk, "moved", moved_to=desk.appointment.starts_at + timedelta(hours=2))
    sent_after(held)
    sent_after(held)
    # Moved later, the second makes way for the first.
    assert [one["appointment"] for one in changes(world)] == ["apt_2", "apt_1"]
    second, first = (one["fields"]["starts_at"] for one in changes(world))
    assert (first, second) == ("2026-06-19T23:30:00+00:00", "2026-06-20T00:30:00+00:00")


def test_a_move_needs_a_time_to_come_and_somebody_who_can(desk: Desk) -> None:
    with pytest.raises(NotPossible, match="still to come"):
        settle(desk, "moved", moved_to=NOW - timedelta(hours=1))
    with pytest.raises(NotPossible, match="has already"):
        settle(desk, "moved", moved_to=desk.appointment.starts_at)
    with pytest.raises(NotPossible, match="Nobody of that name"):
        settle(desk, "moved", moved_to=NOW + timedelta(days=1), staff_id=999_999)
    assert CallOutcome.objects.count() == 0


def test_a_new_time_that_is_taken_meanwhile_comes_back_to_the_desk(
    desk: Desk, world: World, held: Any
) -> None:
    staff = staff_make(desk, desk.tom)
    service = Service.objects.create(connection=desk.connection, external_id="s1", name="Massage")
    Appointment.objects.filter(pk=desk.appointment.pk).update(staff=staff, service=service)
    made = settle(desk, "moved", moved_to=NOW + timedelta(days=1))
    world.free = False
    sent_after(held)
    assert made.item is not None
    assert (world.done, state_of(made.item)) == ([], "stale")


def test_running_late_leaves_a_note_and_tells_the_therapist(
    desk: Desk, world: World, held: Any
) -> None:
    staff = staff_make(desk, desk.tom)
    Appointment.objects.filter(pk=desk.appointment.pk).update(staff=staff, staff_name="Tom")
    with pytest.raises(NotPossible, match="how many minutes"):
        settle(desk, "late")
    settle(desk, "late", minutes=15)
    sent_after(held)
    note = next(payload["body"] for name, _, payload in world.done if name == "add_note")
    assert note.startswith("Called: comes 15 minutes late for Hot stone massage with Tom")
    assert [(row.user_id, row.kind) for row in Notice.objects.all()] == [(desk.tom.pk, "late")]


def test_asked_to_stop_texting_counts_at_once(desk: Desk) -> None:
    item = drafted(desk)
    made = settle(desk, "stopped", appointment_id=None)
    assert consent.opted_out(desk.client, "sms")
    assert state_of(item) == "withdrawn"
    with pytest.raises(NotPossible, match="Wishes"):
        call_undo(user=desk.maria, outcome_id=made.pk)


def test_a_wrong_press_is_taken_back_before_the_platform_hears_of_it(
    desk: Desk, world: World, held: Any
) -> None:
    made = settle(desk, "confirmed")
    call_undo(user=desk.tom, outcome_id=made.pk)
    sent_after(held)
    made.refresh_from_db()
    assert (changes(world), made.undone_by_name) == ([], "Tom")
    with pytest.raises(AlreadyDecided):
        call_undo(user=desk.maria, outcome_id=made.pk)
    again = settle(desk, "confirmed", key="second")
    sent_after(held)
    with pytest.raises(NotPossible, match="knows it already"):
        call_undo(user=desk.maria, outcome_id=again.pk)


def test_where_the_platform_cannot_be_told_it_is_a_step_by_hand(desk: Desk, world: World) -> None:
    world.able = EVERYTHING - {"book", "client_notes"}
    made = settle(desk, "cancelled")
    assert made.item is not None and made.item.state == "manual"
    assert settle(desk, "voicemail", key="v").item is None


def test_who_may_not_change_the_calendar_leaves_it_to_the_queue(desk: Desk, world: World) -> None:
    sarah = person_make("Sarah", desk.location, "provider")
    staff = staff_make(desk, sarah, "sta_2")
    Appointment.objects.filter(pk=desk.appointment.pk).update(staff=staff)
    made = settle(desk, "confirmed", user=sarah)
    assert made.item is not None and made.item.state == "pending"
    approved(desk, ApprovalItem.objects.get(pk=made.item.pk), desk.tom)


def test_nobody_settles_calls_for_a_location_that_is_not_theirs(desk: Desk) -> None:
    ada = person_make("Ada", location_make(desk.connection, "loc_2", name="Harbor"), "front_desk")
    with pytest.raises(Http404):
        settle(desk, "confirmed", user=ada)
    with pytest.raises(NoRight):
        call_undo(user=ada, outcome_id=settle(desk, "voicemail").pk)


# ---- To call ----


def visit(desk: Desk, name: str, hours: float, **fields: Any) -> Appointment:
    client = client_make(desk.connection, f"cli_{name}", first_name=name, phone="+15035550199")
    return Appointment.objects.create(
        connection=desk.connection,
        external_id=f"apt_{name}",
        client=client,
        location=desk.location,
        service_name="Facial",
        starts_at=NOW + timedelta(hours=hours),
        **fields,
    )


def scored(desk: Desk, one: Appointment, risk: str) -> ApprovalItem:
    return ApprovalItem.objects.create(
        connection=desk.connection,
        location=desk.location,
        agent="confirmation",
        subject=f"visit:{one.pk}",
        occasion="booked",
        group="confirmations",
        client=one.client,
        appointment=one,
        loss_risk=risk,
        state="sent",
        closed_at=NOW - timedelta(days=1),
    )


def names(desk: Desk, user: User | None = None) -> list[str]:
    return [row.client.first_name for row in call_rows(rights_of(user or desk.maria))]


def test_to_call_lists_the_unconfirmed_of_today_and_tomorrow_by_loss_risk(desk: Desk) -> None:
    low, high = visit(desk, "Low", 2), visit(desk, "High", 26)
    visit(desk, "Fine", 3, status="confirmed")
    visit(desk, "Later", 24 * 4)
    scored(desk, low, "low")
    scored(desk, high, "high")
    visit(desk, "Unscored", 1)
    assert names(desk) == ["High", "Low", "Unscored"]
    assert call_count(rights_of(desk.maria)) == 3


def test_no_answer_to_a_likely_loss_lands_there_after_the_locations_hour(
    desk: Desk, held: Any
) -> None:
    far, sure = visit(desk, "Far", 24 * 4), visit(desk, "Sure", 24 * 4)
    asked = scored(desk, far, "medium")
    scored(desk, sure, "low")
    Location.objects.filter(pk=desk.location.pk).update(call_from="11:00")
    ApprovalItem.objects.update(closed_at=NOW - timedelta(minutes=5))
    assert names(desk) == []
    held.move(timedelta(hours=1, minutes=1))
    assert names(desk) == ["Far"]
    Message.objects.create(
        connection=desk.connection,
        external_id="m1",
        client=far.client,
        incoming=True,
        channel="sms",
        body="Yes",
        sent_at=clock.now(),
    )
    assert asked.state == "sent" and names(desk) == []


def test_a_settled_call_leaves_the_list_and_a_voicemail_moves_it_down(desk: Desk) -> None:
    first, second = visit(desk, "First", 2), visit(desk, "Second", 3)
    call_settle(
        user=desk.maria,
        client_id=first.client_id or 0,
        call=Call("voicemail", "k1", appointment_id=first.pk),
    )
    assert names(desk) == ["Second", "First"]
    made = call_settle(
        user=desk.maria,
        client_id=second.client_id or 0,
        call=Call("confirmed", "k2", appointment_id=second.pk),
    )
    assert names(desk) == ["First"]
    call_undo(user=desk.maria, outcome_id=made.pk)
    assert names(desk) == ["Second", "First"]


def test_others_add_lines_with_a_reason_and_a_call_settles_them(desk: Desk) -> None:
    said: dict[str, Any] = {
        "actor": Actor.system("test"),
        "location_id": desk.location.pk,
        "client_id": desk.client.pk,
        "reason": "Sarah is out today",
        "due_at": desk.appointment.starts_at,
        "key": "out:1",
        "appointment_id": desk.appointment.pk,
    }
    wish = call_wanted(**said)
    assert call_wanted(**said).pk == wish.pk
    (row,) = call_rows(rights_of(desk.maria))
    assert (row.reason, row.wish) == ("Sarah is out today", wish)
    settle(desk, "voicemail")
    assert call_count(rights_of(desk.maria)) == 1
    settle(desk, "confirmed")
    assert call_count(rights_of(desk.maria)) == 0
    call_wanted(**said)
    wishes_settled(
        actor=Actor.system("test"),
        client_id=desk.client.pk,
        location_id=desk.location.pk,
        key="out:1",
    )
    assert call_count(rights_of(desk.maria)) == 0


def test_a_line_whose_moment_has_passed_or_whose_visit_is_gone_is_not_called(
    desk: Desk, held: Any
) -> None:
    call_wanted(
        actor=Actor.system("test"),
        location_id=desk.location.pk,
        client_id=desk.client.pk,
        reason="Soon",
        due_at=NOW + timedelta(minutes=5),
        key="one",
    )
    call_wanted(
        actor=Actor.system("test"),
        location_id=desk.location.pk,
        client_id=desk.client.pk,
        reason="Gone",
        due_at=NOW + timedelta(days=1),
        key="two",
        appointment_id=desk.appointment.pk,
    )
    Appointment.objects.filter(pk=desk.appointment.pk).update(status="cancelled")
    assert [row.reason for row in call_rows(rights_of(desk.maria))] == ["Soon"]
    held.move(timedelta(minutes=6))
    assert call_rows(rights_of(desk.maria)) == []


def test_to_call_shows_nobody_of_another_location(desk: Desk) -> None:
    visit(desk, "Ours", 2)
    ada = person_make("Ada", location_make(desk.connection, "loc_2", name="Harbor"), "front_desk")
    assert names(desk, ada) == []
    assert call_count(rights_of(ada)) == 0


# ---- pages, as plain forms ----


def test_a_call_is_answered_and_settled_without_a_script(
    desk: Desk, world: World, held: Any
) -> None:
    desk.client.first_name = "Dána <script>"
    desk.client.save()
    item = drafted(desk, body="Hi Dana, see you on Friday at 2:30 pm.")
    browser = Browser()
    browser.force_login(desk.maria)
    page = browser.get(f"/clients/{desk.client.pk}/").content.decode()
    assert "Dána &lt;script&gt;" in page and "<script>Kay" not in page
    assert f"/drafts/{item.pk}/" in page and "tel:+15035550142" in page
    answer = browser.post(
        f"/clients/{desk.client.pk}/call/",
        {
            "kind": "confirmed",
            "key": "abc",
            "appointment": desk.appointment.pk,
            "back": f"/clients/{desk.client.pk}/",
        },
        follow=True,
    )
    assert "comes Friday at 2:30 pm." in answer.content.decode()
    assert "Take it back" in answer.content.decode()
    assert state_of(item) == "withdrawn"
    made = CallOutcome.objects.get()
    undone = browser.post(f"/calls/{made.pk}/undo/", {"back": "/to-call/"}, follow=True)
    assert "Taken back." in undone.content.decode()


def test_free_times_are_offered_and_one_of_them_moves_the_visit(
    desk: Desk, world: World, held: Any
) -> None:
    staff = staff_make(desk, desk.tom)
    Appointment.objects.filter(pk=desk.appointment.pk).update(staff=staff)
    Shift.objects.create(
        connection=desk.connection,
        external_id="sh_1",
        staff=staff,
        location=desk.location,
        starts_at=NOW + timedelta(days=1),
        ends_at=NOW + timedelta(days=1, hours=2),
    )
    browser = Browser()
    browser.force_login(desk.maria)
    url = f"/clients/{desk.client.pk}/"
    page = browser.get(f"{url}?move={desk.appointment.pk}").content.decode()
    assert page.count('name="slot"') == 3
    slot = f"{(NOW + timedelta(days=1)).isoformat()}|{staff.pk}"
    assert slot in page
    said = {"kind": "moved", "key": "abc", "appointment": desk.appointment.pk, "slot": slot}
    answer = browser.post(f"{url}call/", said | {"back": f"{url}?move="}, follow=True)
    assert "comes tomorrow at 10 am instead." in answer.content.decode()
    wrong = browser.post(f"{url}call/", said | {"slot": "nonsense", "key": "x"}, follow=True)
    assert "choose the new day and time" in wrong.content.decode()


def test_the_list_has_its_count_in_the_navigation_and_opens_the_client(desk: Desk) -> None:
    one = visit(desk, "Due", 2)
    browser = Browser()
    browser.force_login(desk.maria)
    page = browser.get("/to-call/").content.decode()
    assert '<span class="num" id="nav-to-call">1</span>' in page
    assert f"/clients/{one.client_id}/" in page and "tel:+15035550199" in page
    browser.force_login(person_make("Ada", location_make(desk.connection, "loc_2"), "front_desk"))
    assert browser.get(f"/clients/{one.client_id}/").status_code == 404
