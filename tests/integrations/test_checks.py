"""Checks: every fact a draft rests on is noticed when it changes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from core import clock
from core.audit import Actor
from integrations import consent
from integrations.checks import Changed, Holds, Reading, run_check
from integrations.models import Appointment, Client, Connection, FormResponse
from integrations.platforms.base import Record
from integrations.sandbox.remote import Remote
from tests.integrations.salon import NOON, appointment_record, client_record, store
from tests.integrations.test_mangomint import booking, free_slot

YES = [{"channel": "sms", "purpose": "transactional", "granted": True, "at": NOON}]


@pytest.fixture
def reading(maple: Connection) -> Reading:
    store(
        maple,
        client_record(consent=YES),
        appointment_record(staff="sta_1", service="svc_1", staff_name="Sarah", price="120"),
        Record("form", "frm_1", {"client": "cli_456", "name": "Intake", "complete": False}),
    )
    now = clock.now()
    return Reading(str(maple.pk), now, now)


def visit(**params: Any) -> dict[str, Any]:
    row = Appointment.objects.get()
    return {
        "appointment": row.pk,
        "starts_at": row.starts_at.isoformat(),
        "staff": row.staff_id,
        "service": row.service_name,
        "status_in": ["booked", "confirmed"],
        **params,
    }


def said(answer: Holds | Changed) -> str:
    return answer.what if isinstance(answer, Changed) else ""


def test_an_appointment_as_it_was_holds_and_every_change_is_named(
    maple: Connection, reading: Reading
) -> None:
    params = visit()
    assert isinstance(run_check("appointment_as_was", params, reading), Holds)
    for change, words in (
        ({"staff": "sta_2", "staff_name": "Kim"}, "Somebody else"),
        ({"staff": "sta_1", "staff_name": "Sarah", "service_name": "Facial"}, "service"),
        ({"starts_at": clock.now() + timedelta(days=8)}, "moved"),
        ({"status": "cancelled"}, "cancelled"),
    ):
        start = Appointment.objects.get().starts_at
        store(maple, appointment_record(**{"starts_at": start, **change}))
        assert words in said(run_check("appointment_as_was", params, reading))
    Appointment.objects.update(deleted_at=clock.now())
    assert "gone" in said(run_check("appointment_as_was", params, reading))


@pytest.mark.parametrize("staff", ["sta_1", "Sarah", "", None])
def test_staff_may_be_named_by_any_of_their_names(reading: Reading, staff: str | None) -> None:
    assert isinstance(run_check("appointment_as_was", visit(staff=staff), reading), Holds)


def test_a_changed_price_is_noticed(maple: Connection, reading: Reading) -> None:
    params = {"appointment": Appointment.objects.get().pk, "price": "120.00"}
    assert isinstance(run_check("price_as_was", params, reading), Holds)
    store(maple, appointment_record(price="130"))
    assert "price" in said(run_check("price_as_was", params, reading))


def test_consent_and_address_are_read_again(maple: Connection, reading: Reading) -> None:
    client = Client.objects.get()
    asked = {"client": client.pk, "channel": "sms", "purpose": "transactional"}
    where = {"client": client.pk, "channel": "sms", "address": "+15035550142"}
    assert isinstance(run_check("consent", asked, reading), Holds)
    assert isinstance(run_check("address", where, reading), Holds)
    consent.opt_out_record(actor=Actor.system("test"), client=client, channel="sms")
    assert "no more texts" in said(run_check("consent", asked, reading))
    store(maple, client_record(phone="503-555-0199"))
    assert "Another address" in said(run_check("address", where, reading))
    Client.objects.update(deleted_at=clock.now())
    assert "gone" in said(run_check("address", where, reading))


def test_messages_since_are_noticed_by_who_wrote_them(maple: Connection, reading: Reading) -> None:
    client = Client.objects.get()
    params = {"client": client.pk, "since": reading.read_at.isoformat()}
    kinds = ("no_newer_message", "no_staff_reply", "not_yet_sent")

    def answers() -> list[bool]:
        return [isinstance(run_check(kind, params, reading), Holds) for kind in kinds]

    def write(ident: str, incoming: bool, source: str) -> None:
        at = clock.now() + timedelta(seconds=1)
        data = {"client": "cli_456", "incoming": incoming, "source": source, "sent_at": at}
        store(maple, Record("message", ident, data | {"channel": "sms", "body": "Hi"}))

    assert answers() == [True, True, True]
    write("m1", False, "api")
    assert answers() == [True, True, True]
    write("m2", False, "platform")
    assert answers() == [True, True, False]
    write("m3", False, "front_desk")
    assert answers() == [True, False, False]
    write("m4", True, "client")
    assert answers() == [False, False, False]


def test_a_form_that_was_filled_in_is_noticed(maple: Connection, reading: Reading) -> None:
    params = {"form": FormResponse.objects.get().pk}
    assert isinstance(run_check("form_still_open", params, reading), Holds)
    store(maple, Record("form", "frm_1", {"client": "cli_456", "complete": True}))
    assert "filled in" in said(run_check("form_still_open", params, reading))


def test_a_slot_is_asked_of_the_platform_itself(platform: Connection, remote: Remote) -> None:
    from integrations.platforms.mangomint.actions import actions

    slot = free_slot(remote)
    params = {
        "service": "svc_701",
        "staff": slot["staffId"],
        "location": "loc_1",
        "starts_at": slot["startTime"],
    }
    reading = Reading(str(platform.pk), NOON, NOON)
    assert isinstance(run_check("slot_free", params, reading), Holds)
    client = remote.get("records/client")["data"][0]["id"]
    actions(platform).perform("book_appointment", booking(client, slot), "effect:1")
    assert "taken" in said(run_check("slot_free", params, reading))
    remote.post("knobs", platform_down=True)
    assert "could not ask" in said(run_check("slot_free", params, reading))


@pytest.mark.parametrize(
    "kind",
    ["appointment_as_was", "price_as_was", "consent", "address", "form_still_open", "nobody_knows"],
)
def test_missing_and_unknown_parameters_count_as_changed(reading: Reading, kind: str) -> None:
    assert isinstance(run_check(kind, {}, reading), Changed)
    assert isinstance(
        run_check(kind, {"appointment": "x", "client": [], "form": 0}, reading), Changed
    )


def test_another_connections_records_are_never_read(reading: Reading) -> None:
    from tests.integrations.salon import connection_make

    other = Reading(str(connection_make(name="Other").pk), reading.read_at, reading.at)
    assert isinstance(run_check("appointment_as_was", visit(), other), Changed)
    client = {"client": Client.objects.get().pk, "channel": "sms", "purpose": "transactional"}
    assert isinstance(run_check("consent", client, other), Changed)
