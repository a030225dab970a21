"""The ways back in: a PIN for once and then one's own, and forgiven passwords."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.test import Client as Visitor

from copilot import throttle
from core import redis
from core.models import AuditEvent
from integrations.models import Pin, User
from integrations.pins import pin_reset
from tests.support.desks import PASSWORD, Desk, desk_make
from tests.support.stations import BOSS, browser_of, pin_give, station_make, take_over

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_db")]


@pytest.fixture(autouse=True)
def no_earlier_attempts() -> None:
    throttle._here.clear()
    redis.forget_failures()


@pytest.fixture
def desk() -> Desk:
    return desk_make()


def test_a_pin_for_once_opens_only_the_choice_of_ones_own(desk: Desk) -> None:
    maria = desk.person()
    pin = pin_reset(actor=BOSS, user=maria)
    tablet = browser_of(station_make(desk.location)[1])
    assert take_over(tablet, maria, pin)["Location"] == "/station/pin/"
    assert tablet.get("/")["Location"].startswith("/sign-in/"), "not signed in by it"
    for chosen, again in ((pin, pin), ("1234", "1234"), ("5183", "5184")):
        answer = tablet.post("/station/pin/", {"pin": chosen, "again": again})
        assert answer.status_code == 422
    answer = tablet.post("/station/pin/", {"pin": "5183", "again": "5183"})
    assert answer["Location"] == "/"
    assert tablet.get("/").status_code == 200
    assert not Pin.objects.get().temporary
    assert tablet.get("/station/pin/")["Location"] == "/station/", "once"
    last = AuditEvent.objects.filter(action="pin.set").latest("id")
    assert last.actor_name == "Maria Ruiz"


def test_the_choice_of_a_pin_needs_the_pin_that_was_given(desk: Desk) -> None:
    pin_reset(actor=BOSS, user=desk.person())
    tablet = browser_of(station_make(desk.location)[1])
    assert tablet.post("/station/pin/", {"pin": "5183", "again": "5183"})["Location"] == "/station/"
    assert Pin.objects.get().temporary


def test_ones_own_pin_is_set_behind_ones_password(desk: Desk) -> None:
    maria = desk.person()
    browser = Visitor()
    browser.force_login(maria)
    weak = browser.post("/preferences/pin/", {"pin": "0000", "again": "0000"}, follow=True)
    assert "obvious row" in weak.content.decode()
    browser.post("/preferences/pin/", {"pin": "5183", "again": "5183"})
    tablet = browser_of(station_make(desk.location)[1])
    assert take_over(tablet, maria, "5183").status_code == 302


def test_a_manager_forgives_wrong_passwords_and_the_right_one_works_at_once(desk: Desk) -> None:
    maria, olga = desk.person(), desk.person("Olga Owner", "manager")
    tried = Visitor()
    for _ in range(throttle.PER_NAME):
        tried.post("/sign-in/", {"username": maria.email, "password": "wrong"})
    right = {"username": maria.email, "password": PASSWORD}
    assert tried.post("/sign-in/", right).status_code == 200, "still blocked"
    boss = Visitor()
    boss.force_login(olga)
    assert boss.post(f"/people/{maria.pk}/unlock/").status_code == 302
    assert tried.post("/sign-in/", right).status_code == 302
    assert AuditEvent.objects.filter(action="account.unlocked", actor_name="Olga Owner").exists()


def test_the_manager_sees_who_is_locked_and_the_page_that_asks_says_what_to_do(desk: Desk) -> None:
    maria, olga = desk.person(), desk.person("Olga Owner", "manager")
    pin_give(maria)
    tablet = browser_of(station_make(desk.location)[1])
    for _ in range(8):
        redis.client().delete(f"copilot:pin:{maria.pk}")
        answer = take_over(tablet, maria, "0001")
    assert "Your manager can let you in again" in answer.content.decode()
    boss = Visitor()
    boss.force_login(olga)
    assert "Let in again" in boss.get("/stations/").content.decode()


def test_a_manager_sends_a_link_to_choose_a_new_password_and_it_works_once(
    desk: Desk, mailoutbox: list[EmailMessage], django_capture_on_commit_callbacks: Any
) -> None:
    maria, olga = desk.person(), desk.person("Olga Owner", "manager")
    boss, own = Visitor(), Visitor()
    boss.force_login(olga)
    own.force_login(maria)
    with django_capture_on_commit_callbacks(execute=True):
        boss.post(f"/people/{maria.pk}/password/")
    (mail,) = mailoutbox
    assert mail.to == [maria.email]
    link = "/password/" + str(mail.body).split("/password/", 1)[1].strip()
    form = Visitor().get(link, follow=True)
    page, _ = form.redirect_chain[-1]
    reader = Visitor()
    reader.get(link)
    chosen = {"new_password1": "another-long-one", "new_password2": "another-long-one"}
    assert reader.post(page, chosen)["Location"] == "/sign-in/"
    assert own.get("/").status_code == 302, "signed out everywhere"
    assert "used already" in Visitor().get(link, follow=True).content.decode()
    assert User.objects.get(pk=maria.pk).check_password("another-long-one")
    assert AuditEvent.objects.filter(action="account.password_link").count() == 1


def test_nobody_gets_a_link_for_somebody_who_may_do_more(
    desk: Desk, mailoutbox: list[EmailMessage]
) -> None:
    other = desk_make("Elsewhere")
    olga = desk.person("Olga Owner", "manager")
    admin = desk.person("Ada Admin", "front_desk", is_staff=True)
    both = desk.person("Bo Both", "front_desk")
    both.groups.add(other.role(other.location, "front_desk"))
    boss = Visitor()
    boss.force_login(olga)
    for person in (admin, both):
        boss.post(f"/people/{person.pk}/password/")
    assert mailoutbox == []
    assert not AuditEvent.objects.filter(action="account.password_link").exists()
