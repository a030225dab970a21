"""A shared device: nobody is signed in until somebody proves who they are, for two idle minutes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Visitor

from approvals.models import ApprovalItem, Decision, TypedText
from approvals.permissions import rights_of
from core import clock
from core.models import AuditEvent
from integrations.models import Pin, Station, User
from integrations.roles import sessions_end
from integrations.stations import station_revoke
from tests.support.desks import PASSWORD, Desk, desk_make
from tests.support.stations import BOSS, PIN, browser_of, pin_give, station_make, take_over

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_db")]


@pytest.fixture
def desk() -> Desk:
    return desk_make("Maple Street", "Harbor")


@pytest.fixture
def maria(desk: Desk) -> User:
    user = desk.person("Maria Ruiz")
    pin_give(user)
    return user


@pytest.fixture
def ben(desk: Desk) -> User:
    user = desk.person("Ben Okafor", "front_desk", desk.location)
    pin_give(user, "8064")
    return user


@pytest.fixture
def tablet(desk: Desk) -> Visitor:
    return browser_of(station_make(desk.location)[1])


@contextmanager
def later(monkeypatch: pytest.MonkeyPatch, span: timedelta) -> Iterator[None]:
    real = clock.now
    with monkeypatch.context() as patch:
        patch.setattr(clock, "now", lambda: real() + span)
        yield


def approve(browser: Visitor, item: ApprovalItem) -> Any:
    assert item.revision is not None
    seen = {"revision": item.revision.pk, "evidence": item.revision.evidence_sha256}
    return browser.post(f"/drafts/{item.pk}/approve/", seen)


def test_with_nobody_there_no_page_is_shown_and_no_press_counts(
    desk: Desk, maria: User, tablet: Visitor
) -> None:
    item = desk.draft()
    page = tablet.get("/", follow=True)
    assert "Who is there?" in page.content.decode()
    assert "Dana" not in page.content.decode()
    posts = ["approve", "edit", "reject", "snooze", "undo", "regenerate", "handled", "typed"]
    for name in posts:
        answer = tablet.post(f"/drafts/{item.pk}/{name}/", {"reason": "bad_timing"})
        assert answer.status_code == 302
        assert answer["Location"].startswith("/sign-in/")
    assert approve(tablet, item).status_code == 302
    assert ApprovalItem.objects.get(pk=item.pk).state == "pending"
    assert not Decision.objects.exists()
    assert not TypedText.objects.exists()


def test_what_is_decided_carries_the_person_who_took_over(
    desk: Desk, maria: User, ben: User, tablet: Visitor
) -> None:
    first, second = desk.draft(), desk.draft(desk.client("Elena"))
    assert take_over(tablet, maria)["Location"] == "/"
    approve(tablet, first)
    assert take_over(tablet, ben, "8064")["Location"] == "/"
    approve(tablet, second)
    by = list(Decision.objects.order_by("id").values_list("actor_name", flat=True))
    assert by == ["Maria Ruiz", "Ben Okafor"]
    rows = AuditEvent.objects.filter(action="item.approved").order_by("id")
    assert [row.actor_name for row in rows] == ["Maria Ruiz", "Ben Okafor"]
    station = Station.objects.get()
    assert {row.facts["station"] for row in rows} == {f"{station.pk}: Front counter tablet"}
    assert station.last_person == ben


def test_the_presence_mark_names_the_person(desk: Desk, maria: User, tablet: Visitor) -> None:
    from approvals.presence import presence_of

    item = desk.draft()
    take_over(tablet, maria)
    tablet.post(f"/drafts/{item.pk}/presence/", {"editing": ""})
    assert [one.name for one in presence_of([item.pk])[item.pk]] == ["Maria Ruiz"]


def test_after_two_idle_minutes_it_asks_who_is_there(
    desk: Desk, maria: User, tablet: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = desk.draft()
    take_over(tablet, maria)
    with later(monkeypatch, timedelta(seconds=110)):
        assert tablet.get("/").status_code == 200
    with later(monkeypatch, timedelta(seconds=110 + 115)):
        assert tablet.get("/").status_code == 200
    with later(monkeypatch, timedelta(seconds=110 + 115 + 125)):
        assert approve(tablet, item)["Location"].startswith("/sign-in/")
    assert tablet.get("/").status_code == 302, "it asks until somebody answers"
    assert not Decision.objects.exists()


def test_what_a_page_asks_by_itself_keeps_nobody_there(
    desk: Desk, maria: User, tablet: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = desk.draft()
    take_over(tablet, maria)
    with later(monkeypatch, timedelta(seconds=100)):
        asked = {"HTTP_HX_REQUEST": "true"}
        assert tablet.get("/queue/rows/", **asked).status_code == 200
        assert tablet.post(f"/drafts/{item.pk}/presence/", {"editing": ""}).status_code == 200
        assert tablet.get("/stream-token/").status_code == 200
    with later(monkeypatch, timedelta(seconds=125)):
        assert tablet.post("/station/here/").status_code == 401
    take_over(tablet, maria)
    with later(monkeypatch, timedelta(seconds=100)):
        assert tablet.post("/station/here/").status_code == 204
    with later(monkeypatch, timedelta(seconds=200)):
        assert tablet.get("/").status_code == 200


def test_rights_end_at_the_stations_location(desk: Desk, maria: User, tablet: Visitor) -> None:
    harbor = desk.draft(location=desk.locations[1])
    own = Visitor()
    own.force_login(maria)
    assert own.get(f"/drafts/{harbor.pk}/").status_code == 200
    take_over(tablet, maria)
    assert tablet.get(f"/drafts/{harbor.pk}/").status_code == 404
    assert approve(tablet, harbor).status_code == 404
    assert not Decision.objects.exists()


def test_a_pin_opens_no_setting_no_admin_and_no_password(desk: Desk, tablet: Visitor) -> None:
    olga = desk.person("Olga Owner", "owner", is_staff=True, is_superuser=True)
    pin_give(olga)
    take_over(tablet, olga)
    assert tablet.get("/").status_code == 200
    for page in ("/people/", "/stations/", "/connect/", "/password/"):
        assert tablet.get(page).status_code == 403, page
    assert tablet.get("/admin/")["Location"].startswith("/admin/login/")
    assert tablet.post("/preferences/pin/", {"pin": "5183", "again": "5183"}).status_code == 403
    assert "Admin" not in tablet.get("/").content.decode()
    olga.at_station = Station.objects.get()
    assert not rights_of(olga).any("tune_agents", "read_audit")
    with pytest.raises(RuntimeError):
        olga.save()


def test_who_left_or_has_no_role_here_takes_over_nothing(
    desk: Desk, maria: User, ben: User, tablet: Visitor
) -> None:
    take_over(tablet, ben, "8064")
    assert tablet.get("/").status_code == 200
    ben.groups.clear()
    assert tablet.get("/").status_code == 302
    assert "Ben" not in tablet.get("/station/").content.decode()
    assert take_over(tablet, ben, "8064").status_code == 422
    User.objects.filter(pk=maria.pk).update(is_active=False)
    assert take_over(tablet, maria).status_code == 422
    assert not AuditEvent.objects.filter(action="station.taken_over", actor_id=maria.pk).exists()


def test_a_new_pin_ends_the_take_over_by_the_old_one(maria: User, tablet: Visitor) -> None:
    take_over(tablet, maria)
    pin_give(maria, "5183")
    assert tablet.get("/").status_code == 302
    assert take_over(tablet, maria, PIN).status_code == 422
    assert take_over(tablet, maria, "5183").status_code == 302


def test_an_ended_station_is_nobodys_from_the_next_press(maria: User, tablet: Visitor) -> None:
    take_over(tablet, maria)
    assert station_revoke(actor=BOSS, station=Station.objects.get())
    assert tablet.get("/")["Location"].startswith("/sign-in/")
    assert tablet.get("/station/")["Location"] == "/sign-in/"
    assert not station_revoke(actor=BOSS, station=Station.objects.get()), "ended once"


def test_a_made_up_cookie_is_no_station(maria: User) -> None:
    stranger = browser_of("made-up")
    assert stranger.get("/station/")["Location"] == "/sign-in/"
    assert take_over(stranger, maria)["Location"] == "/sign-in/"


def test_ending_somebodys_sign_ins_ends_their_take_over(maria: User, tablet: Visitor) -> None:
    take_over(tablet, maria)
    assert sessions_end(maria) == 1
    assert tablet.get("/").status_code == 302


def test_a_password_sign_in_at_a_station_ends_after_two_idle_minutes_too(
    desk: Desk, tablet: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    olga = desk.person("Olga Owner", "manager")
    assert tablet.get("/sign-in/")["Location"].startswith("/station/")
    assert tablet.get("/sign-in/?password=1").status_code == 200
    tablet.post("/sign-in/?password=1", {"username": olga.email, "password": PASSWORD})
    assert tablet.get("/stations/").status_code == 200
    with later(monkeypatch, timedelta(seconds=125)):
        assert tablet.get("/stations/").status_code == 302
    assert tablet.get("/stations/").status_code == 302


def test_half_typed_words_of_a_colleague_can_be_gone_on_from_at_the_same_station(
    desk: Desk, maria: User, ben: User, tablet: Visitor
) -> None:
    item = desk.draft()
    take_over(tablet, maria)
    words = {"body": "Hi Dana, we will", "base_revision": 1, "caret": 16}
    tablet.post(f"/drafts/{item.pk}/typed/", words)
    take_over(tablet, ben, "8064")
    shown = tablet.get(f"/drafts/{item.pk}/?uncover=1").content.decode()
    assert "Maria Ruiz was writing this on this device" in shown
    assert "Hi Dana, we will" in shown
    left = TypedText.objects.get()
    assert left.user == maria, "they stay hers until somebody goes on from them"
    own = Visitor()
    own.force_login(ben)
    assert "was writing this" not in own.get(f"/drafts/{item.pk}/").content.decode()
    taken = tablet.get(f"/drafts/{item.pk}/?edit=1&words={left.pk}&uncover=1").content.decode()
    assert taken.index("<textarea") < taken.index("Hi Dana, we will")


def test_one_lands_where_the_device_was_left(
    desk: Desk, maria: User, ben: User, tablet: Visitor
) -> None:
    item = desk.draft()
    spot = f"/drafts/{item.pk}/?kind=confirmations"
    take_over(tablet, maria)
    tablet.post("/park/", {"path": spot, "idle": "1", "scroll": "40"})
    assert take_over(tablet, ben, "8064")["Location"] == spot
    assert take_over(tablet, maria)["Location"] == spot, "hers is still hers"
    assert take_over(tablet, maria, next="/today/")["Location"] == "/today/"
    assert take_over(tablet, maria, next="https://elsewhere.example/")["Location"] == "/"
    assert take_over(tablet, maria, next="//elsewhere.example/")["Location"] == "/"


def test_the_page_after_taking_over_says_who_is_here(maria: User, tablet: Visitor) -> None:
    take_over(tablet, maria)
    page = tablet.get("/").content.decode()
    assert 'name="say" content="Maria, you are here now.' in page
    assert "Maria Ruiz at Front counter tablet" in page
    assert 'name="say"' not in tablet.get("/").content.decode(), "said once"


def test_a_manager_makes_a_browser_a_station_and_is_signed_out_of_it(desk: Desk) -> None:
    olga = desk.person("Olga Owner", "manager", desk.location)
    browser = Visitor()
    browser.force_login(olga)
    form = {"location": desk.location.pk, "name": "Front counter tablet"}
    assert browser.post("/stations/add/", form)["Location"] == "/station/"
    assert browser.get("/")["Location"].startswith("/sign-in/")
    cookie = browser.cookies["station"]
    assert cookie["httponly"] and cookie["samesite"] == "Lax"
    station = Station.objects.get()
    assert station.counter and cookie.value not in station.secret_sha256
    browser.force_login(olga)
    assert browser.post("/stations/add/", {**form, "location": 0}).status_code == 404
    elsewhere = {**form, "location": desk.locations[1].pk}
    assert browser.post("/stations/add/", elsewhere).status_code == 404


def test_a_manager_gives_pins_at_own_locations_only(desk: Desk) -> None:
    olga = desk.person("Olga Owner", "manager", desk.location)
    nina = desk.person("Nina Vogel", "front_desk", desk.locations[1])
    ben = desk.person("Ben Okafor", "front_desk", desk.location)
    browser = Visitor()
    browser.force_login(olga)
    assert browser.post(f"/people/{nina.pk}/pin/").status_code == 404
    shown = browser.post(f"/people/{ben.pk}/pin/", follow=True).content.decode()
    assert "This is shown once." in shown
    assert Pin.objects.get(user=ben).temporary
    assert "This is shown once." not in browser.get("/stations/").content.decode()
    browser.post(f"/people/{ben.pk}/no-pin/")
    assert not Pin.objects.exists()
    ended = AuditEvent.objects.filter(action__startswith="pin.").order_by("pk")
    assert [event.action for event in ended] == ["pin.reset", "pin.removed"]
    tess = Visitor()
    tess.force_login(ben)
    assert tess.get("/stations/").status_code == 403
