"""One press takes a way out for somebody late: the calendar is changed as the sentence says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client as Visitor

from approvals.models import ApprovalItem, Decision, Effect
from approvals.schedule.lateness import WayShown, lates_shown
from approvals.services.calls import Call, call_settle
from approvals.services.decisions import item_undo
from core import clock
from integrations.models import Appointment, User
from tests.approvals.rescheduling.salon import NOON, Salon, salon_make

pytestmark = pytest.mark.django_db


@pytest.fixture
def salon() -> Iterator[Salon]:
    """Monday noon; Sarah has Dana at one, who comes a quarter of an hour late, and Grace at two."""
    with clock.frozen(NOON):
        made = salon_make()
        made.worker("Sarah Lind", "massage", "facial")
        made.worker("Jonas Weber", "massage")
        made.book("Dana King", "Sarah", 13)
        made.book("Grace Hale", "Sarah", 14, "Facial")
        yield made


@pytest.fixture
def maria(salon: Salon) -> User:
    user = salon.desk.person("Maria Ruiz")
    comes_late(user, 15)
    return user


def comes_late(user: User, minutes: int) -> None:
    visit = visit_of("Dana")
    call = Call("late", f"k{minutes}", appointment_id=visit.pk, minutes=minutes)
    call_settle(user=user, client_id=visit.client_id or 0, call=call)


def visit_of(name: str) -> Appointment:
    found = Appointment.objects.select_related("client", "location", "service", "staff")
    visit = found.filter(client__first_name=name).order_by("pk").first()
    assert visit is not None
    return visit


def ways() -> dict[str, WayShown]:
    """What can be pressed, by the words of its button."""
    shown = lates_shown([visit_of("Dana")], clock.now())
    return {way.label: way for late in shown for way in late.ways if way.label}


def press(user: User, key: str) -> Any:
    browser = Visitor()
    browser.force_login(user)
    url = f"/late/{visit_of('Dana').pk}/"
    return browser.post(url, {"way": key, "back": "/today/"}, follow=True)


def changes(item: ApprovalItem) -> list[tuple[str, dict[str, Any]]]:
    """(appointment, its new fields) of every effect of a draft, in order."""
    effects = Effect.objects.filter(item=item).order_by("position")
    said = [json.loads(bytes(one.body or b"")) for one in effects]
    return [(one["appointment"], one["fields"]) for one in said]


def taken() -> ApprovalItem:
    return ApprovalItem.objects.get(occasion__startswith="way:")


def test_one_press_gives_the_late_client_to_somebody_free(salon: Salon, maria: User) -> None:
    page = press(maria, ways()["Give Dana K. to Jonas Weber"].key).content.decode()
    assert "The calendar is being changed. Please tell the client." in page
    assert "Dana K. comes late: Give Dana K. to Jonas Weber" in page
    assert "Jonas Weber is free" not in page, "nobody presses a second way"
    at = salon.at(13.25).astimezone(clock.now().tzinfo).isoformat()
    jonas = salon.staff["Jonas"].external_id
    [(appointment, fields)] = changes(taken())
    assert appointment == visit_of("Dana").external_id
    assert (fields["starts_at"], fields["staff"]) == (at, jonas)
    assert Decision.objects.get(item=taken()).actor_name == "Maria Ruiz"


def test_a_second_press_changes_nothing_more(salon: Salon, maria: User) -> None:
    first, second = list(ways().values())[:2]
    press(maria, first.key)
    press(maria, first.key)
    press(maria, second.key)
    assert len(changes(taken())) == 1


def test_the_client_after_them_keeps_the_hour_or_waits_a_little(salon: Salon, maria: User) -> None:
    salon.staff["Jonas"].skills = ["massage", "facial"]
    salon.staff["Jonas"].save()
    press(maria, ways()["Give Grace H. to Jonas Weber"].key)
    [(appointment, fields)] = changes(taken())
    assert appointment == visit_of("Grace").external_id
    assert fields["staff"] == salon.staff["Jonas"].external_id
    assert "starts_at" not in fields

    item_undo(user=maria, item_id=taken().pk)
    ApprovalItem.objects.filter(pk=taken().pk).update(state="withdrawn")
    comes_late(maria, 10)
    press(maria, ways()["Move Grace H. to 2:10 pm"].key)
    [(_, fields)] = changes(ApprovalItem.objects.filter(occasion__startswith="way:").latest("pk"))
    assert fields == {"starts_at": salon.at(14 + 1 / 6).astimezone(clock.now().tzinfo).isoformat()}


def test_of_two_services_moved_later_the_last_moves_first(salon: Salon, maria: User) -> None:
    salon.staff["Jonas"].skills = []
    salon.staff["Jonas"].save()
    dana = visit_of("Dana")
    later = {"starts_at": salon.at(15.5), "ends_at": salon.at(16.25)}
    Appointment.objects.filter(client__first_name="Grace").update(**later)
    second = salon.book(dana.client or "", "Sarah", 14, "Facial", visit_id="vis_1")
    Appointment.objects.filter(pk=dana.pk).update(visit_id="vis_1")
    comes_late(maria, 60)
    label = next(one for one in ways() if one.startswith("Move Dana K. to"))
    press(maria, ways()[label].key)
    assert [one for one, _ in changes(taken())] == [second.external_id, dana.external_id]


def test_a_way_that_is_free_no_more_changes_nothing(salon: Salon, maria: User) -> None:
    key = ways()["Give Dana K. to Jonas Weber"].key
    salon.book("Iris Adler", "Jonas", 13.5)
    page = press(maria, key).content.decode()
    assert "The calendar has changed meanwhile." in page
    press(maria, "made:up")
    assert not ApprovalItem.objects.filter(occasion__startswith="way:").exists()


def test_who_does_not_decide_there_finds_no_such_visit(salon: Salon, maria: User) -> None:
    key = ways()["Give Dana K. to Jonas Weber"].key
    stranger = salon.desk.person("Nora Else", "provider")
    assert press(stranger, key).status_code in {403, 404}
    assert not ApprovalItem.objects.filter(occasion__startswith="way:").exists()
