"""Being noticed: who is told, when, with which words, and who never is."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.core import mail
from django.test import Client as Browser

from approvals.errors import NotPossible
from approvals.models import Notice, PushDevice
from approvals.services import notice_sending, noticing
from approvals.services.devices import device_add, device_remove
from core import clock
from core.errors import Temporary
from integrations.channels import push as web_push
from integrations.channels.push import Gone, Target, sealed, to_bytes, to_text
from integrations.models import Shift, User
from tests.approvals.desk import Desk, drafted, location_make, person_make, staff_make

MINUTES_3 = timedelta(minutes=3, seconds=5)


def target(number: int = 1) -> Target:
    key = ec.derive_private_key(number + 7, ec.SECP256R1()).public_key()
    return Target(
        f"https://push.example/send/{number}", to_text(web_push._point(key)), to_text(b"s" * 16)
    )


def told_on(user: User, number: int = 1) -> PushDevice:
    return device_add(user=user, target=target(number), label="Tablet")


@pytest.fixture
def pushed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, str]]]:
    """What went to browsers: (address, what was said)."""
    sent: list[tuple[str, dict[str, str]]] = []
    monkeypatch.setattr(
        notice_sending, "push", lambda to, said: sent.append((to.endpoint, dict(said)))
    )
    return sent


@pytest.fixture
def nobody_looks(redis_db: Any) -> None:
    """No page is open anywhere."""


def look(held: Any, minutes: float = 3) -> int:
    held.move(timedelta(minutes=minutes))
    noticing.notices_look(clock.now())
    return notice_sending.notices_drain()


def test_a_push_says_how_many_wait_and_names_no_client(
    desk: Desk, held: Any, pushed: list[Any], nobody_looks: None
) -> None:
    told_on(desk.maria)
    drafted(desk)
    drafted(desk, subject="visit:2", due_at=clock.now() + timedelta(hours=1))
    look(held)
    ((address, said),) = pushed
    assert said["text"] == "2 drafts wait at Maple Street, one is short of time."
    assert address == "https://push.example/send/1"
    everything = json.dumps(said)
    assert not any(word in everything for word in ("Dana", "Kay", "555", "massage"))
    look(held, 1)
    assert len(pushed) == 1


def test_an_email_follows_only_if_nobody_looked_for_three_minutes(
    desk: Desk, held: Any, pushed: list[Any], nobody_looks: None
) -> None:
    told_on(desk.maria)
    told_on(desk.tom, 2)
    drafted(desk, due_at=clock.now() + timedelta(hours=1))
    look(held)
    assert (len(pushed), mail.outbox) == (2, [])
    browser = Browser()
    browser.force_login(desk.tom)
    assert browser.post("/noticed/").json()["short"] == 1
    held.move(MINUTES_3)
    notice_sending.notices_drain()
    ((to,),) = [one.to for one in mail.outbox]
    assert to == desk.maria.email
    assert mail.outbox[0].subject == "One draft waits at Maple Street, one is short of time."
    assert "Dana" not in mail.outbox[0].body
    held.move(MINUTES_3)
    notice_sending.notices_drain()
    assert len(mail.outbox) == 1


def test_whoever_has_a_page_open_is_told_nothing(
    desk: Desk, held: Any, pushed: list[Any], nobody_looks: None
) -> None:
    told_on(desk.maria)
    drafted(desk)
    noticing.page_seen(user=desk.maria)
    look(held)
    assert pushed == []
    assert Notice.objects.get().why == "seen"


def test_nobody_is_told_about_a_location_that_is_not_theirs(
    desk: Desk, held: Any, pushed: list[Any], nobody_looks: None
) -> None:
    harbor = location_make(desk.connection, "loc_2", name="Harbor")
    ada = person_make("Ada", harbor, "front_desk")
    told_on(ada)
    drafted(desk)
    look(held)
    assert (pushed, Notice.objects.count()) == ([], 0)
    Notice.objects.create(user=ada, location=desk.location, kind="short", key="planted")
    notice_sending.notices_drain()
    assert pushed == []
    assert Notice.objects.get().why == "not theirs any more"


def test_by_shifts_only_who_works_now_is_told(
    desk: Desk, held: Any, pushed: list[Any], nobody_looks: None
) -> None:
    staff = {who: staff_make(desk, who, f"sta_{who.pk}") for who in (desk.maria, desk.tom)}
    for number, (who, row) in enumerate(staff.items()):
        told_on(who, number)
        starts = clock.now() + timedelta(days=number)
        Shift.objects.create(
            connection=desk.connection,
            external_id=f"sh_{number}",
            staff=row,
            location=desk.location,
            starts_at=starts,
            ends_at=starts + timedelta(hours=8),
        )
    drafted(desk)
    look(held)
    assert [address for address, _ in pushed] == ["https://push.example/send/0"]


def test_out_of_hours_only_what_cannot_wait_for_the_opening(
    desk: Desk, held: Any, pushed: list[Any], nobody_looks: None
) -> None:
    told_on(desk.maria)
    drafted(desk)
    held.move(timedelta(hours=12))
    look(held)
    assert pushed == []
    drafted(desk, subject="visit:2", due_at=clock.now() + timedelta(hours=9))
    look(held)
    assert len(pushed) == 1


def test_a_browser_that_is_gone_is_forgotten_and_a_failing_one_is_not(
    desk: Desk, held: Any, nobody_looks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, failing = told_on(desk.maria, 1), told_on(desk.maria, 2)

    def answer(to: Target, said: Any) -> None:
        raise Gone("gone") if to.endpoint == gone.endpoint else Temporary("away")

    monkeypatch.setattr(notice_sending, "push", answer)
    drafted(desk)
    look(held)
    assert [one.pk for one in PushDevice.objects.all()] == [failing.pk]
    assert PushDevice.objects.get().failed_at is not None


def test_nothing_is_said_about_what_does_not_wait_any_more(
    desk: Desk, held: Any, pushed: list[Any], nobody_looks: None
) -> None:
    told_on(desk.maria)
    item = drafted(desk)
    held.move(timedelta(minutes=3))
    noticing.notices_look(clock.now())
    from approvals.services.decisions import item_handled

    item_handled(user=desk.tom, item_id=item.pk)
    notice_sending.notices_drain()
    assert (pushed, Notice.objects.get().why) == ([], "nothing waits any more")


def test_devices_are_taken_from_browsers_only_and_removed_by_their_person(desk: Desk) -> None:
    for wrong in (
        Target("http://push.example/1", target().public_key, target().secret),
        Target("https://push.example/1", "AAAA", target().secret),
        Target("https://push.example/1", target().public_key, "AAAA"),
        Target("javascript:alert(1)", target().public_key, target().secret),
    ):
        with pytest.raises(NotPossible):
            device_add(user=desk.maria, target=wrong)
    device = told_on(desk.maria)
    assert not device_remove(user=desk.tom, device_id=device.pk)
    assert device_remove(user=desk.maria, device_id=device.pk)
    for number in range(12):
        told_on(desk.maria, number)
    assert PushDevice.objects.filter(user=desk.maria).count() == 10


def test_the_pages_of_being_told(desk: Desk, nobody_looks: None) -> None:
    browser = Browser()
    browser.force_login(desk.maria)
    page = browser.get("/preferences/").content.decode()
    assert 'id="tell-here"' in page
    body = {"endpoint": "https://push.example/9", "p256dh": target().public_key, "auth": "x"}
    said = browser.post("/push/add/", json.dumps(body), content_type="application/json")
    assert said.status_code == 422
    body["auth"] = target().secret
    said = browser.post("/push/add/", json.dumps(body), content_type="application/json")
    assert said.status_code == 200
    device = PushDevice.objects.get()
    assert browser.post(f"/push/{device.pk}/remove/").status_code == 302
    assert len(to_bytes(browser.get("/push/key/").json()["key"])) == 65
    worker = browser.get("/service-worker.js")
    assert worker["Content-Type"].startswith("text/javascript")
    assert 'data-noticed="/noticed/"' in page


def test_a_push_is_encrypted_as_in_the_example_of_rfc_8291() -> None:
    public = (
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
    )
    own = int.from_bytes(to_bytes("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big")
    body = sealed(
        Target("https://push.example/", public, "BTBZMqHH6r4Tts7J_aSIgg"),
        b"When I grow up, I want to be a watermelon",
        salt=to_bytes("DGv6ra1nlYgDCS1FRnbzlw"),
        own=ec.derive_private_key(own, ec.SECP256R1()),
    )
    assert to_text(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS"
        "6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qu"
        "lcy4a-fN"
    )


def test_a_push_is_signed_for_its_service_and_says_who_we_are(
    held: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[dict[str, Any]] = []

    class Door:
        def __init__(self, origin: str, **options: Any) -> None:
            self.origin = origin

        def post(self, path: str, **options: Any) -> None:
            calls.append({"origin": self.origin, "path": path, **options})

    monkeypatch.setattr(web_push, "OutboundClient", Door)
    web_push.push(target(3), {"text": "One draft waits.", "tag": "desk-1"})
    (call,) = calls
    assert (call["origin"], call["path"]) == ("https://push.example", "/send/3")
    token = call["headers"]["Authorization"].removeprefix("vapid t=").split(",")[0]
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert claims["aud"] == "https://push.example"
    assert claims["exp"] > clock.now().timestamp()
    assert b"draft" not in call["content"]
