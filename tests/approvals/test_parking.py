"""Step away with one key, and go on from the exact spot on any device."""

from __future__ import annotations

import json
from html import unescape

import pytest
from django.test import Client as Visitor

from approvals.models import ParkedSpot
from approvals.presence import presence_of, presence_seen
from approvals.services.parking import Spot, spot_left_at, spot_park, spot_resume, spots_parked
from core.models import AuditEvent
from tests.support.desks import Desk, desk_make
from tests.support.stations import browser_of, pin_give, station_make, take_over

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_db")]


@pytest.fixture
def desk() -> Desk:
    return desk_make()


def test_parking_keeps_the_place_and_lets_the_draft_go(desk: Desk) -> None:
    item, maria = desk.draft(), desk.person()
    presence_seen(item_id=item.pk, user_id=maria.pk, name="Maria", editing=True)
    browser = Visitor()
    browser.force_login(maria)
    place = {"path": f"/drafts/{item.pk}/?kind=x", "scroll": "12", "list_scroll": "300"}
    field = {"field": "own-words", "text": "shorter, pl", "caret": "11"}
    assert browser.post("/park/", place | field)["Location"] == "/parked/"
    assert presence_of([item.pk]) == {}
    cover = browser.get("/parked/").content.decode()
    assert "Dana" not in cover and "Maria" not in cover
    other = Visitor()
    other.force_login(maria)
    assert other.post("/parked/resume/")["Location"] == place["path"]
    page = unescape(other.get(place["path"]).content.decode())
    said = page.split('name="spot" content="', 1)[1].split('">', 1)[0]
    assert json.loads(said) == {
        "scroll": 12,
        "list": 300,
        "field": "own-words",
        "text": "shorter, pl",
        "caret": 11,
    }
    assert not ParkedSpot.objects.exists()
    events = AuditEvent.objects.filter(action__startswith="desk.").order_by("pk")
    assert [event.action for event in events] == ["desk.parked", "desk.resumed"]


def test_the_same_key_on_another_device_goes_on_instead_of_parking_twice(desk: Desk) -> None:
    item, maria = desk.draft(), desk.person()
    here, there = Visitor(), Visitor()
    here.force_login(maria)
    there.force_login(maria)
    here.post("/park/", {"path": f"/drafts/{item.pk}/"}, headers={"HX-Request": "true"})
    answer = there.post("/park/", {"path": "/today/"}, headers={"HX-Request": "true"})
    assert answer.json() == {"go": f"/drafts/{item.pk}/"}
    assert here.post("/parked/resume/")["Location"] == "/", "it was taken up elsewhere"


@pytest.mark.parametrize(
    "path",
    ["//elsewhere.example/", "https://elsewhere.example/", "javascript:alert(1)", "", "/\\x"],
)
def test_a_spot_is_always_a_page_of_ours(desk: Desk, path: str) -> None:
    assert spot_park(user=desk.person(), spot=Spot(path)).path == "/"


def test_a_draft_one_may_not_see_is_not_parked(desk: Desk) -> None:
    item, therapist = desk.draft(), desk.person("Sarah Lind", "provider")
    assert spot_park(user=therapist, spot=Spot(f"/drafts/{item.pk}/")).item is None


def test_a_colleagues_spot_leads_only_at_its_own_station(desk: Desk) -> None:
    item, maria, ben = desk.draft(), desk.person(), desk.person("Ben Okafor")
    pin_give(maria)
    station, secret = station_make(desk.location)
    other, _ = station_make(desk.location, "Back room")
    tablet = browser_of(secret)
    take_over(tablet, maria)
    tablet.post("/park/", {"path": f"/drafts/{item.pk}/"})
    left = spot_left_at(station=station, user=ben)
    assert left is not None and left.item == item
    assert spot_left_at(station=other, user=ben) is None
    assert [spot.item_id for spot in spots_parked(location_ids=[desk.location.pk])] == [item.pk]
    assert spot_resume(user=ben) is None, "what Maria parked is Maria's"


def test_within_two_minutes_the_same_person_goes_on_at_a_station_without_a_pin(desk: Desk) -> None:
    item, maria = desk.draft(), desk.person()
    pin_give(maria)
    tablet = browser_of(station_make(desk.location)[1])
    take_over(tablet, maria)
    tablet.post("/park/", {"path": f"/drafts/{item.pk}/"})
    assert tablet.post("/parked/resume/")["Location"] == f"/drafts/{item.pk}/"
    tablet.post("/station/leave/")
    assert tablet.post("/parked/resume/")["Location"].startswith("/sign-in/")
