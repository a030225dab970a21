"""Signing in: throttled, silent about what was wrong, personas in the demo only."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client as Visitor

from copilot import throttle
from core import redis
from core.audit import Actor
from core.models import AuditEvent
from integrations.accounts import invitation_create
from integrations.models import User
from tests.support.desks import PASSWORD, desk_make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_db")]


@pytest.fixture(autouse=True)
def no_earlier_attempts() -> None:
    throttle._here.clear()
    redis.forget_failures()


@pytest.fixture
def maria() -> User:
    return desk_make().person("Maria Ruiz")


def attempt(browser: Visitor, email: str, password: str) -> Any:
    return browser.post("/sign-in/", {"username": email, "password": password})


def test_signing_in_and_out(maria: User) -> None:
    browser = Visitor()
    assert attempt(browser, "MARIA@example.com".lower(), PASSWORD)["Location"] == "/"
    assert browser.get("/").status_code == 200
    assert browser.post("/sign-out/")["Location"] == "/sign-in/"
    assert browser.get("/")["Location"].startswith("/sign-in/")
    assert AuditEvent.objects.filter(action="account.signed_in").count() == 1


def test_every_failure_reads_the_same(maria: User) -> None:
    gone = User.objects.create_user("gone@example.com", PASSWORD, name="Gone", is_active=False)
    User.objects.create_user("here@example.com", PASSWORD, name="Here")
    said = set()
    for email, password in (
        ("here@example.com", "wrong"),
        ("nobody@example.com", "wrong"),
        (gone.email, PASSWORD),
    ):
        answer = attempt(Visitor(), email, password)
        assert answer.status_code == 200
        text = answer.content.decode()
        said.add(text[text.index("errorlist") : text.index("</ul>")])
    assert len(said) == 1
    assert "do not go together" in said.pop()


def test_guessing_is_slowed_down_and_a_right_password_waits_too(maria: User) -> None:
    browser = Visitor()
    for _ in range(throttle.PER_NAME):
        attempt(browser, maria.email, "wrong")
    answer = attempt(browser, maria.email, PASSWORD)
    assert "Too many attempts" in answer.content.decode()
    assert attempt(Visitor(REMOTE_ADDR="10.9.8.7"), maria.email, PASSWORD).status_code == 302


def test_guessing_many_names_from_one_address_is_slowed_down(maria: User) -> None:
    for number in range(throttle.PER_ADDRESS):
        throttle.sign_in_failed("127.0.0.1", f"person{number}@example.com")
    answer = attempt(Visitor(), maria.email, PASSWORD)
    assert "Too many attempts" in answer.content.decode()


def test_without_redis_each_process_counts_for_itself(
    maria: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis, "attempt", lambda what, call: None)
    browser = Visitor()
    for _ in range(throttle.PER_NAME):
        attempt(browser, maria.email, "wrong")
    assert "Too many attempts" in attempt(browser, maria.email, PASSWORD).content.decode()


def test_a_right_password_forgives_the_wrong_ones_before_it(maria: User) -> None:
    for _ in range(throttle.PER_NAME - 1):
        attempt(Visitor(), maria.email, "wrong")
    assert attempt(Visitor(), maria.email, PASSWORD).status_code == 302
    attempt(Visitor(), maria.email, "wrong")
    assert attempt(Visitor(), maria.email, PASSWORD).status_code == 302


def test_nobody_is_sent_to_another_site_after_signing_in(maria: User) -> None:
    data = {"username": maria.email, "password": PASSWORD, "next": "https://evil.example/"}
    assert Visitor().post("/sign-in/", data)["Location"] == "/"


@pytest.fixture
def persona(maria: User) -> User:
    maria.preferences = {"persona": "Front desk of Maple Street"}
    maria.save()
    return maria


def test_a_persona_is_one_click_in_the_demo(persona: User, settings: Any) -> None:
    settings.DEMO = True
    browser = Visitor()
    assert "Front desk of Maple Street" in browser.get("/sign-in/").content.decode()
    assert browser.post("/demo/persona/", {"person": persona.pk})["Location"] == "/"
    assert browser.get("/").status_code == 200


@pytest.mark.parametrize(
    ("demo", "address", "status"),
    [(False, "127.0.0.1", 404), (True, "10.0.0.5", 404), (True, "", 404), (True, "::1", 302)],
)
def test_personas_exist_in_the_demo_and_on_this_machine_only(
    persona: User, settings: Any, demo: bool, address: str, status: int
) -> None:
    settings.DEMO = demo
    browser = Visitor(REMOTE_ADDR=address)
    assert browser.post("/demo/persona/", {"person": persona.pk}).status_code == status
    page = Visitor(REMOTE_ADDR=address).get("/sign-in/").content.decode()
    assert ("Front desk of Maple Street" in page) is (status == 302)


@pytest.mark.parametrize("person", ["", "x", "0", "99999999999999999999"])
def test_only_a_persona_can_be_chosen(persona: User, settings: Any, person: str) -> None:
    settings.DEMO = True
    other = User.objects.create_user("boss@example.com", PASSWORD, name="Boss")
    assert Visitor().post("/demo/persona/", {"person": person}).status_code == 403
    assert Visitor().post("/demo/persona/", {"person": other.pk}).status_code == 403


def test_preferences_keep_what_is_known_and_nothing_else(maria: User) -> None:
    browser = Visitor()
    browser.force_login(maria)
    wanted = {"theme": "dark", "keys": "off", "sounds": "loud", "is_staff": "1"}
    browser.post("/preferences/", wanted)
    maria.refresh_from_db()
    assert maria.preferences == {"theme": "dark", "keys": "off"}
    page = browser.get("/").content.decode()
    assert 'data-theme="dark"' in page and 'data-keys="off"' in page
    answer = browser.post("/preferences/", {"theme": "light"}, headers={"HX-Request": "true"})
    assert answer.status_code == 204
    maria.refresh_from_db()
    assert maria.preferences == {"theme": "light", "keys": "off"}


def test_changing_the_password(maria: User) -> None:
    browser = Visitor()
    browser.force_login(maria)
    new = "another-long-password"
    data = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert browser.post("/password/", data)["Location"] == "/preferences/"
    assert attempt(Visitor(), maria.email, new).status_code == 302
    assert AuditEvent.objects.filter(action="account.password_changed").exists()


def test_an_invitation_makes_a_sign_in_once() -> None:
    desk = desk_make()
    member = desk.staff("Kim Ono")
    member.email, member.roles = "kim@example.com", []
    member.save()
    _, token = invitation_create(actor=Actor.system("test"), staff=member)
    url = f"/invitation/{token}/"
    assert "Welcome, Kim Ono" in Visitor().get(url).content.decode()
    short = Visitor().post(url, {"name": "Kim", "password": "abc", "again": "abc"})
    assert "errorlist" in short.content.decode()
    uneven = Visitor().post(url, {"name": "Kim", "password": PASSWORD, "again": "other"})
    assert "not the same" in uneven.content.decode()
    good = {"name": "Kim Ono", "password": PASSWORD, "again": PASSWORD}
    assert Visitor().post(url, good)["Location"] == "/sign-in/"
    assert attempt(Visitor(), "kim@example.com", PASSWORD).status_code == 302
    assert "does not work any more" in Visitor().get(url).content.decode()
    assert "does not work any more" in Visitor().get("/invitation/made-up/").content.decode()
