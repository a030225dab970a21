"""Pause sending, no drafts, something went wrong: enforced at drafting, approval and sending."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser

from approvals import brakes, effects
from approvals.errors import AlreadyDecided, NoRight, NotPossible
from approvals.models import ApprovalItem, Effect, Mishap, Notice, SendingPause
from approvals.services import braking
from approvals.services.items import item_fill
from core import clock
from core.models import AuditEvent
from integrations.models import Location
from tests.approvals.desk import (
    AGENT,
    BODY,
    Desk,
    approved,
    drafted,
    effect_of,
    location_make,
    opened,
    person_make,
    proposal_make,
    sent_after,
    state_of,
)
from tests.approvals.stub_platform import World


def pause(desk: Desk, why: str = "The price list is wrong") -> SendingPause:
    return braking.sending_pause(user=desk.maria, location_id=desk.location.pk, reason=why)


def care(desk: Desk, subject: str = "care:1") -> ApprovalItem:
    action = proposal_make(desk).actions[0].model_copy(update={"purpose": "care"})
    return drafted(desk, subject=subject, purpose="care", actions=(action,))


def mishap(desk: Desk, days: int = 14) -> Mishap:
    return braking.mishap_report(
        user=desk.maria,
        client_id=desk.client.pk,
        appointment_id=desk.appointment.pk,
        days=days,
        words="The oil was too hot",
    )


def test_pausing_is_kept_with_who_when_and_why_and_audited(desk: Desk) -> None:
    made = pause(desk)
    assert brakes.sending_paused(desk.location.pk)
    assert (made.reason, made.paused_by_name) == ("The price list is wrong", "Maria")
    resumed = braking.sending_resume(user=desk.tom, location_id=desk.location.pk)
    assert (resumed.pk, resumed.resumed_by_name) == (made.pk, "Tom")
    assert not brakes.sending_paused(desk.location.pk)
    actions = AuditEvent.objects.filter(subject=f"pause:{made.pk}").order_by("pk")
    assert [row.action for row in actions] == ["sending.paused", "sending.resumed"]


def test_a_second_press_says_who_was_first(desk: Desk) -> None:
    pause(desk)
    with pytest.raises(AlreadyDecided) as told:
        braking.sending_pause(user=desk.tom, location_id=desk.location.pk, reason="Also")
    assert told.value.who == "Maria"
    braking.sending_resume(user=desk.tom, location_id=desk.location.pk)
    with pytest.raises(AlreadyDecided) as told:
        braking.sending_resume(user=desk.maria, location_id=desk.location.pk)
    assert told.value.who == "Tom"
    with pytest.raises(NotPossible):
        pause(desk, "  ")


def test_only_who_decides_there_presses(desk: Desk) -> None:
    other = location_make(desk.connection, "loc_2", name="Harbor")
    guest_desk = person_make("Ada", other, "front_desk")
    sarah = person_make("Sarah", desk.location, "provider")
    for user in (guest_desk, sarah):
        with pytest.raises(NoRight):
            braking.sending_pause(user=user, location_id=desk.location.pk, reason="No")
    assert not brakes.sending_paused(desk.location.pk)


def test_what_was_held_waits_and_is_checked_again_on_resume(
    desk: Desk, world: World, held: Any
) -> None:
    goes, changed = drafted(desk), drafted(desk, subject="visit:2")
    for item in (goes, changed):
        approved(desk, item)
    pause(desk)
    sent_after(held)
    assert (world.done, effect_of(goes).last_error) == ([], brakes.PAUSED)
    ApprovalItem.objects.filter(pk=changed.pk).update(due_at=clock.now() + timedelta(seconds=5))
    held.move(timedelta(seconds=6))
    made = braking.sending_resume(user=desk.maria, location_id=desk.location.pk)
    assert made.released == 2
    effects.effects_drain()
    assert (world.bodies(), state_of(changed)) == ([BODY], "missed")


def test_a_moment_that_passes_during_a_pause_is_missed_at_once(
    desk: Desk, world: World, held: Any
) -> None:
    item = drafted(desk, due_at=clock.now() + timedelta(minutes=5))
    approved(desk, item)
    pause(desk)
    sent_after(held, 400)
    assert (world.done, state_of(item)) == ([], "missed")


def test_a_pause_elsewhere_holds_nothing_here(desk: Desk, world: World, held: Any) -> None:
    other = location_make(desk.connection, "loc_2", name="Harbor")
    person_make("Maria", other, "front_desk")
    braking.sending_pause(user=desk.maria, location_id=other.pk, reason="Flood")
    approved(desk, drafted(desk))
    sent_after(held)
    assert world.bodies() == [BODY]


def test_a_pause_pressed_while_the_effect_is_in_work_still_holds_it(
    desk: Desk, world: World, held: Any
) -> None:
    """The worker has looked already; the press comes while it reads the facts again."""
    item = drafted(desk)
    approved(desk, item)
    world.on_read = lambda: pause(desk) if not brakes.sending_paused(desk.location.pk) else None
    sent_after(held)
    assert (world.done, state_of(item), effect_of(item).attempts) == ([], "approved", 0)
    world.on_read = None
    braking.sending_resume(user=desk.maria, location_id=desk.location.pk)
    effects.effects_drain()
    assert world.bodies() == [BODY]


def test_without_the_last_look_that_press_would_come_too_late(
    desk: Desk, world: World, held: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(effects, "paused_by_now", lambda effect, checked: False)
    item = drafted(desk)
    approved(desk, item)
    world.on_read = lambda: pause(desk) if not brakes.sending_paused(desk.location.pk) else None
    sent_after(held)
    assert world.bodies() == [BODY]


@pytest.mark.django_db(transaction=True)
def test_of_a_press_and_a_call_exactly_one_is_first(shared_desk: Desk, world: World) -> None:
    """The press holds the location's row, uncommitted, when the call wants to begin: it waits."""
    item = drafted(shared_desk)
    approved(shared_desk, item)
    Effect.objects.filter(item=item).update(not_before=clock.now())
    pressed, go_on, done = threading.Event(), threading.Event(), threading.Event()

    def press() -> None:
        from django.db import transaction

        try:
            with clock.frozen(clock.now()), transaction.atomic():
                pause(shared_desk)
                pressed.set()
                go_on.wait(60)
        finally:
            connection.close()
            done.set()

    hand = threading.Thread(target=press)
    hand.start()
    assert pressed.wait(60)
    # The first look does not see the uncommitted press; the locked one waits for it.
    assert not brakes.sending_paused(shared_desk.location.pk)
    threading.Timer(0.2, go_on.set).start()
    effects.effects_drain()
    hand.join(60)
    assert done.is_set()
    assert (world.done, state_of(item)) == ([], "approved")


def test_no_drafts_for_a_client_closes_what_waits_and_can_be_undone(desk: Desk) -> None:
    from approvals.services.wishes import client_no_drafts

    item = drafted(desk)
    client_no_drafts(user=desk.maria, client_id=desk.client.pk, none=True)
    assert state_of(item) == "withdrawn"
    again = opened(desk, occasion="again")
    assert item_fill(actor=AGENT, item_id=again.pk, proposal=proposal_make(desk)) is None
    client_no_drafts(user=desk.maria, client_id=desk.client.pk, none=False)
    assert state_of(drafted(desk, subject="visit:3")) == "pending"


def test_after_a_mishap_what_is_nice_steps_back_and_the_manager_is_told(desk: Desk) -> None:
    boss = person_make("Rosa", desk.location, "manager")
    nice, needed = care(desk), drafted(desk)
    made = mishap(desk)
    assert (state_of(nice), state_of(needed)) == ("withdrawn", "pending")
    assert made.item is not None
    assert (made.item.right, made.item.state) == ("read_digest", "manual")
    assert "oil was too hot" in made.item.state_reason
    assert [row.user_id for row in Notice.objects.all()] == [boss.pk]
    from approvals.permissions import rights_of

    assert rights_of(boss).may_see(made.item)
    assert not rights_of(desk.tom).may_see(made.item)
    assert AuditEvent.objects.filter(action="mishap.reported").count() == 1


def test_during_a_mishap_nothing_nice_is_drafted_approved_or_sent(
    desk: Desk, world: World, held: Any
) -> None:
    waits, goes = care(desk), care(desk, "care:9")
    approved(desk, goes)
    Mishap.objects.create(
        location=desk.location,
        client=desk.client,
        until=clock.now() + timedelta(days=7),
        user=desk.maria,
        user_name="Maria",
    )
    with pytest.raises(NotPossible, match="went wrong"):
        approved(desk, waits)
    sent_after(held)
    assert (world.done, state_of(goes)) == ([], "withdrawn")
    fresh = opened(desk, subject="care:2")
    action = proposal_make(desk).actions[0].model_copy(update={"purpose": "care"})
    proposal = proposal_make(desk, subject="care:2", purpose="care", actions=(action,))
    assert item_fill(actor=AGENT, item_id=fresh.pk, proposal=proposal) is None
    approved(desk, drafted(desk))
    sent_after(held)
    assert world.bodies() == [BODY]


def test_a_mishap_ends_after_its_span_or_by_a_press(desk: Desk, held: Any) -> None:
    first = mishap(desk, days=7)
    assert brakes.stepping_back([desk.client.pk]) == {desk.client.pk}
    held.move(timedelta(days=7, minutes=1))
    assert brakes.stepping_back([desk.client.pk]) == set()
    second = mishap(desk)
    braking.mishap_end(user=desk.tom, mishap_id=second.pk)
    assert brakes.stepping_back([desk.client.pk]) == set()
    assert second.item is not None and state_of(second.item) == "withdrawn"
    with pytest.raises(AlreadyDecided):
        braking.mishap_end(user=desk.tom, mishap_id=second.pk)
    assert first.pk != second.pk
    with pytest.raises(NotPossible):
        mishap(desk, days=3)


def test_the_banner_stands_on_every_page_and_resumes_without_a_script(desk: Desk) -> None:
    browser = Browser()
    browser.force_login(desk.tom)
    answer = browser.post(
        "/sending/pause/",
        {"location": desk.location.pk, "reason": "<b>Prices</b>", "back": "/today/"},
        follow=True,
    )
    page = answer.content.decode()
    assert answer.redirect_chain == [("/today/", 302)]
    assert "Sending is paused at Maple Street: &lt;b&gt;Prices&lt;/b&gt;." in page
    assert "Tom, today at 10 am" in page
    again = browser.post(f"/sending/{desk.location.pk}/resume/", {"back": "//evil.example/"})
    assert again["Location"] == "/"
    assert "Sending is paused" not in browser.get("/today/").content.decode()
    assert Location.objects.get(pk=desk.location.pk).sending_paused_at is None


def test_a_stranger_to_the_location_neither_sees_nor_presses(desk: Desk) -> None:
    pause(desk)
    other = location_make(desk.connection, "loc_2", name="Harbor")
    browser = Browser()
    browser.force_login(person_make("Ada", other, "front_desk"))
    assert "Sending is paused" not in browser.get("/").content.decode()
    assert browser.post(f"/sending/{desk.location.pk}/resume/").status_code == 404
