"""Connect and People: from nothing to a salon that is read, loaded and peopled, in plain words."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Visitor
from django.urls import reverse

from agents.models import AgentConfig
from core import clock
from core.audit import Actor
from core.models import Secret
from integrations import roles
from integrations.inbox import inbox_drain
from integrations.models import (
    Client,
    Connection,
    HandGrant,
    InboundEvent,
    Invitation,
    Location,
    StaffMember,
    SyncRun,
    User,
)
from integrations.platforms.base import Record
from tests.integrations.salon import connection_make, location_make, store

pytestmark = pytest.mark.django_db
ADMIN = Actor.system("test")
PLACES = ["connect", "connect-new", "people"]
CSV = "Client ID,First Name,Mobile Phone\ncli_1,Grace,503-555-0142\n,Nobody,\n"


@pytest.fixture
def salon() -> Connection:
    made = connection_make(mode="hooks_only", base_url="", token_ref="", webhook_secret_ref="")
    location_make(made)
    return made


def person(role: str, place: Location | None = None) -> User:
    user = User.objects.create_user(f"{role}@example.com", "x" * 12, name=role.title())
    place = place or Location.objects.get()
    roles.grant_by_hand(actor=ADMIN, user=user, location=place, role=role, ends_on=None)
    return user


def visitor(user: User | None) -> Visitor:
    browser = Visitor()
    if user is not None:
        browser.force_login(user)
    return browser


def root() -> Visitor:
    return visitor(User.objects.create_superuser("root@example.com", "x" * 12, name="Root"))


def page(browser: Visitor, name: str, *args: Any) -> str:
    answer = browser.get(reverse(name, args=args))
    assert answer.status_code == 200
    return answer.content.decode()


def press(browser: Visitor, to: str, /, *args: Any, **form: Any) -> str:
    answer = browser.post(reverse(to, args=args), form, follow=True)
    assert answer.status_code == 200, answer.content[:300]
    return answer.content.decode()


@pytest.mark.parametrize("name", PLACES)
def test_who_may_come_in(salon: Connection, name: str) -> None:
    url = reverse(name)
    assert visitor(person("manager")).get(url).status_code == 200
    assert visitor(person("front_desk")).get(url).status_code == 403
    assert visitor(None).get(url).status_code == 302
    assert root().get(url).status_code == 200


def test_another_salons_connection_is_as_if_it_were_not_there(salon: Connection) -> None:
    manager = visitor(person("manager"))
    other = connection_make(name="Other")
    far = location_make(other, "loc_9")
    other_grant = HandGrant.objects.create(
        user=person("provider", far), location=far, role="manager", granted_by="x"
    )
    store(other, Record("staff", "sta_9", {"name": "Far Away", "email": "far@example.com"}))
    for name in ("connect-one", "connect-odd", "connect-progress"):
        assert manager.get(reverse(name, args=[other.pk])).status_code == 404
    posts: list[tuple[str, list[Any]]] = [
        *((f"connect-{act}", [other.pk]) for act in ("test", "read", "key", "switch", "place")),
        *((f"connect-{act}", [other.pk]) for act in ("they-left", "first-step", "upload")),
        ("people-invite", [StaffMember.objects.get().pk]),
        ("people-end", [HandGrant.objects.exclude(role="provider").get(location=far).pk]),
    ]
    for name, args in posts:
        assert manager.post(reverse(name, args=args)).status_code == 404, name
    assert "Far Away" not in page(manager, "people")
    assert "Other" not in page(manager, "connect")
    assert HandGrant.objects.filter(pk=other_grant.pk).exists()


def test_an_admin_without_a_role_sets_up_and_sees_no_clients_record(salon: Connection) -> None:
    manager, admin = visitor(person("manager")), root()
    upload(manager, salon)
    kept = InboundEvent.objects.get()
    SyncRun.objects.create(
        connection=salon, kind="file:clients", finished_at=clock.now(), error="Line 3: Grace twice."
    )
    body = b'{"name": "Grace"}'
    InboundEvent.objects.create(connection=salon, delivery_id="1", outcome="odd", body=body)
    file, odd = reverse("connect-file", args=[salon.pk, kept.pk]), f"/connect/{salon.pk}/odd/"
    for url in (file, odd, "/", "/today/", "/activity/"):
        assert admin.get(url).status_code == 403, url
    sent = SimpleUploadedFile("clients.csv", CSV.encode(), "text/csv")
    to = reverse("connect-upload", args=[salon.pk])
    assert admin.post(to, {"kind": "clients", "file": sent}).status_code == 403
    shown = page(admin, "connect-one", salon.pk) + page(admin, "connect-progress", salon.pk)
    assert "Grace" not in shown and odd not in shown
    assert "1 delivery we could not read" in shown and "needs a role here" in shown
    seen = page(manager, "connect-one", salon.pk)
    assert "Line 3: Grace twice." in seen and odd in seen
    assert manager.get(file).status_code == manager.get(odd).status_code == 200


def test_a_role_lets_the_admin_in_where_it_is_and_nowhere_else(salon: Connection) -> None:
    admin = User.objects.create_superuser("root@example.com", "x" * 12, name="Root")
    roles.grant_by_hand(
        actor=ADMIN, user=admin, location=Location.objects.get(), role="owner", ends_on=None
    )
    other = connection_make(name="Other")
    location_make(other, "loc_9")
    browser = visitor(admin)
    assert browser.get(reverse("connect-odd", args=[salon.pk])).status_code == 200
    assert browser.get(reverse("connect-odd", args=[other.pk])).status_code == 404
    assert browser.get(reverse("connect-one", args=[other.pk])).status_code == 200


def test_the_first_admin_connects_the_full_platform(db: None) -> None:
    browser = root()
    assert "Nothing is connected yet" in page(browser, "connect")
    shown = browser.get(reverse("connect-new"), {"way": "mangomint:"}).content.decode()
    assert "Access token" in shown and "https://api.mangomint.com/v1" in shown
    form = {"way": "mangomint:", "name": "Maple", "base_url": "https://api.mangomint.com/v1"}
    missing = browser.post(reverse("connect-new"), form)
    assert missing.status_code == 422
    assert "Access token is missing" in missing.content.decode()
    assert not Connection.objects.exists()
    secrets = {"token_ref": "tok-123", "webhook_secret_ref": "whsec_" + "QUJD" * 8}
    said = press(browser, "connect-new", **form, **secrets)
    made = Connection.objects.get()
    assert f"/hooks/mangomint/{made.pk}/" in said
    assert "Everything is off" in said
    assert "tok-123" not in said and "tok-123" not in page(browser, "connect-one", made.pk)
    assert made.secret() == "tok-123" and Secret.objects.count() == 2


def test_an_address_that_must_not_be_called_is_refused_in_plain_words(db: None) -> None:
    form = {"way": "mangomint:", "name": "X", "base_url": "https://169.254.169.254:8080/latest"}
    secrets = {"token_ref": "t", "webhook_secret_ref": "s"}
    answer = root().post(reverse("connect-new"), form | secrets)
    assert answer.status_code == 422
    assert "Only https on port 443" in answer.content.decode()


def test_the_secret_address_is_shown_once_and_can_be_renewed(db: None) -> None:
    browser = root()
    said = press(browser, "connect-new", way="mangomint:hooks_only", name="Small")
    made = Connection.objects.get()
    found = re.search(rf"/hooks/mangomint/{made.pk}/([\w-]+)/", said)
    assert found and "shown this once" in said
    again = page(browser, "connect-one", made.pk)
    assert found[1] not in again and "Make a new address" in again
    renewed = press(browser, "connect-key", made.pk)
    other = re.search(rf"/hooks/mangomint/{made.pk}/([\w-]+)/", renewed)
    assert other and other[1] != found[1]
    url = f"/hooks/mangomint/{made.pk}"
    for key, status in ((found[1], 401), (other[1], 202)):
        answer = browser.post(f"{url}/{key}/", data=b"{}", content_type="application/json")
        assert answer.status_code == status


def test_testing_says_what_can_and_cannot_be_done(salon: Connection) -> None:
    said = press(root(), "connect-test", salon.pk)
    assert "hear about changes at once" in said
    assert said.index("Here we cannot") < said.index("book and move appointments")
    full = connection_make(name="Full", token_ref="env:NOT_THERE")
    said = press(visitor(User.objects.get(email="root@example.com")), "connect-test", full.pk)
    assert "NOT_THERE is not set" in said


def upload(browser: Visitor, salon: Connection, text: str = CSV, kind: str = "clients") -> str:
    sent = SimpleUploadedFile("clients.csv", text.encode(), "text/csv")
    return press(browser, "connect-upload", salon.pk, kind=kind, file=sent)


def test_a_file_is_looked_at_and_then_loaded(salon: Connection) -> None:
    browser = visitor(person("manager"))
    said = upload(browser, salon)
    assert "2 rows" in said and "Grace" in said
    assert "Line 3: neither a client number nor a phone nor an e-mail." in said
    kept = InboundEvent.objects.get()
    form = {"column-client_id": "0", "column-first_name": "1", "column-client_phone": "2"}
    again = press(browser, "connect-file", salon.pk, kept.pk, **form, again="1")
    assert not Client.objects.exists() and "Load 2 rows" in again
    said = press(browser, "connect-file", salon.pk, kept.pk, **form, load="1", as_of="2026-06-12")
    assert "0 of 2" in said and 'hx-trigger="every 2s"' in said
    inbox_drain()
    said = page(browser, "connect-progress", salon.pk)
    assert "Clients: 2 rows read" in said and "Line 3:" in said
    assert "hx-trigger" not in said
    assert Client.objects.get().name == "Grace"


def test_a_file_that_is_no_table_is_refused_and_columns_that_lack_are_named(
    salon: Connection,
) -> None:
    browser = visitor(person("manager"))
    assert "Excel workbook" in upload(browser, salon, "PK\x03\x04 and so on")
    assert "We can load" in upload(browser, salon, kind="robots")
    assert "Choose a file first" in press(browser, "connect-upload", salon.pk, kind="clients")
    upload(browser, salon, "a,b\n1,2\n")
    kept = InboundEvent.objects.get()
    said = press(browser, "connect-file", salon.pk, kept.pk, load="1")
    assert "Choose the column that says which client it is." in said
    assert not SyncRun.objects.exists()


def test_a_file_of_another_connection_cannot_be_opened(salon: Connection) -> None:
    browser = visitor(person("manager"))
    upload(browser, salon)
    other = connection_make(name="Other")
    kept = InboundEvent.objects.get()
    InboundEvent.objects.update(connection=other)
    assert browser.get(reverse("connect-file", args=[salon.pk, kept.pk])).status_code == 404


def test_a_location_by_hand_needs_a_time_zone_that_exists(salon: Connection) -> None:
    browser = visitor(person("manager"))
    said = press(browser, "connect-place", salon.pk, name="Harbor", timezone="Mars/Olympus")
    assert "is no time zone" in said
    press(browser, "connect-place", salon.pk, name="Harbor", timezone="America/New_York")
    assert Location.objects.filter(name="Harbor", timezone="America/New_York").exists()


def test_odd_deliveries_are_shown_as_text(salon: Connection) -> None:
    InboundEvent.objects.create(
        connection=salon,
        delivery_id="1",
        source="webhook",
        outcome="odd",
        body=b'{"hello": "<script>alert(1)</script>"}',
        last_error="We do not know this shape.",
    )
    browser = visitor(person("manager"))
    assert "1 delivery we could not read" in page(browser, "connect-one", salon.pk)
    said = page(browser, "connect-odd", salon.pk)
    assert "&lt;script&gt;" in said and "<script>alert" not in said


def test_the_one_suggestion_switches_confirmations_on(salon: Connection) -> None:
    said = press(visitor(person("manager")), "connect-first-step", salon.pk)
    config = AgentConfig.objects.get()
    assert (config.agent, config.enabled, config.stage) == ("confirmation", True, "review")
    assert "1 agent switched on" in said


def test_off_and_on_again(salon: Connection) -> None:
    browser = visitor(person("manager"))
    for status in (Connection.Status.OFF, Connection.Status.OK):
        press(browser, "connect-switch", salon.pk)
        salon.refresh_from_db()
        assert salon.status == status


def test_a_held_sync_waits_for_an_admins_word(salon: Connection) -> None:
    browser = visitor(person("manager"))
    for number in range(6):
        said = {"name": f"P{number}", "roles": [{"location": "loc_1", "role": "provider"}]}
        store(salon, Record("staff", f"sta_{number}", said))
    roles.roles_sync(salon)
    StaffMember.objects.filter(external_id__in=["sta_0", "sta_1", "sta_2"]).update(active=False)
    SyncRun.objects.create(connection=salon, kind="poll", held=True, finished_at=clock.now())
    assert "More than a third of the staff are gone" in page(browser, "connect-one", salon.pk)
    said = press(browser, "connect-they-left", salon.pk)
    assert "Taken over" in said and "More than a third" not in said


def test_staff_are_invited_and_their_sign_in_is_shown(
    salon: Connection, django_capture_on_commit_callbacks: Any
) -> None:
    browser = visitor(person("manager"))
    roles_said = [{"location": "loc_1", "role": "front_desk"}]
    store(
        salon,
        Record("staff", "sta_1", {"name": "Maria", "email": "m@example.com", "roles": roles_said}),
        Record("staff", "sta_2", {"name": "Nils", "roles": roles_said}),
    )
    assert "Front desk at Maple Street" in page(browser, "people")
    maria, nils = StaffMember.objects.order_by("external_id")
    with django_capture_on_commit_callbacks(execute=True):
        press(browser, "people-invite", maria.pk)
    assert mail.outbox[0].to == ["m@example.com"]
    assert "Invite again" in page(browser, "people")
    assert "There is no e-mail address" in press(browser, "people-invite", nils.pk)
    assert "on its way to n@x.com" in press(browser, "people-invite", nils.pk, email="n@x.com")


def test_without_a_mail_server_the_link_is_given_to_whoever_invites(
    salon: Connection, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    said = press(
        visitor(person("manager")),
        "people-by-hand",
        name="Tess",
        email="tess@example.com",
        role="front_desk",
        location=Location.objects.get().pk,
    )
    link = re.search(r"http://[^/ ]+(/invitation/[\w-]+/)", said)
    assert "No mail server is set up, so nothing was sent. Give Tess this link yourself" in said
    assert link and "Welcome, Tess" in visitor(None).get(link[1]).content.decode()


def test_a_person_by_hand_is_invited_and_the_grant_can_be_ended(salon: Connection) -> None:
    browser = visitor(person("manager"))
    place = Location.objects.get()
    form = {"name": "Temp", "email": "temp@example.com", "role": "front_desk"}
    ends = (clock.now() + timedelta(days=9)).date()
    said = press(browser, "people-by-hand", **form, location=place.pk, ends_on=ends.isoformat())
    assert "on its way to temp@example.com" in said
    assert Invitation.objects.get().grant_ends_on == ends
    refused = press(browser, "people-by-hand", **form, location="9999")
    assert "Choose a location and a role" in refused
    refused = press(browser, "people-by-hand", **(form | {"role": "root"}), location=place.pk)
    assert "Choose a location and a role" in refused
    temp = User.objects.create_user("t@example.com", "x" * 12, name="Tess")
    grant = roles.grant_by_hand(
        actor=ADMIN, user=temp, location=place, role="provider", ends_on=None
    )
    assert "Tess" in page(browser, "people")
    press(browser, "people-end", grant.pk)
    assert not HandGrant.objects.filter(user=temp).exists()
