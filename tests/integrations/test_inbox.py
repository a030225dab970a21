"""The drain: from stored deliveries to the working copy and Events, whatever goes wrong."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from hypothesis import given
from hypothesis import strategies as st

from core import announce, clock
from core.work import WorkRow
from integrations.events import AppointmentBooked, Event, MessageReceived, OffersChanged
from integrations.inbox import inbox_drain, inbox_queue, listener_drain
from integrations.models import (
    Appointment,
    Client,
    Connection,
    Consent,
    InboundEvent,
    ListenerRetry,
    LocationRole,
)
from integrations.sandbox.remote import Remote
from tests.integrations.salon import NOON, client_record, plain_post, signed_post, store
from tests.integrations.test_mangomint import NORA, booking, free_slot
from tests.support.searches import searched


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    """All but what a first look at the salon's menu says beside it."""
    found: list[Event] = []

    def hear(event: Event) -> None:
        if not isinstance(event, OffersChanged):
            found.append(event)

    listeners = {"test": announce.Listener("test", hear)}
    monkeypatch.setattr(announce, "_listeners", listeners)
    return found


def deliver(connection: Connection, body: dict[str, Any], delivery: str = "d1") -> InboundEvent:
    return InboundEvent.objects.create(
        connection=connection,
        delivery_id=delivery,
        source="webhook",
        kind=str(body.get("event", "")),
        body=json.dumps(body).encode(),
    )


def book(remote: Remote) -> dict[str, Any]:
    nora = remote.act("add_client", **NORA)["id"]
    slot = free_slot(remote)
    said = booking(nora, slot)
    return remote.act(
        "book",
        clientId=nora,
        serviceId=said["service"],
        staffId=said["staff"],
        locationId="loc_1",
        startTime=said["starts_at"],
    )


def created(apt: dict[str, Any]) -> dict[str, Any]:
    return {
        "event": "appointment.created",
        "data": {"id": apt["id"], "client_id": apt["clientId"]},
    }


def test_a_booking_at_the_platform_becomes_one_event(
    platform: Connection, remote: Remote, heard: list[Event]
) -> None:
    apt = book(remote)
    for delivery in ("d1", "d2", "d3"):
        deliver(platform, created(apt), delivery)
    assert inbox_drain() == 3
    row = Appointment.objects.select_related("client", "location", "staff", "service").get()
    assert row.client is not None and row.client.first_name == "Nora"
    assert row.location.name == "Maple Street"
    assert row.staff is not None and row.staff.name and row.service is not None
    assert [type(event) for event in heard] == [AppointmentBooked]
    outcomes = list(InboundEvent.objects.order_by("pk").values_list("outcome", flat=True))
    assert outcomes == ["announced", "nothing_new", "nothing_new"]


def test_late_deliveries_of_a_life_end_in_what_the_platform_says(
    platform: Connection, remote: Remote, heard: list[Event]
) -> None:
    apt = book(remote)
    remote.act("cancel", id=apt["id"], reason="ill")
    deliver(platform, created(apt))
    inbox_drain()
    assert Appointment.objects.get().status == "cancelled"
    assert [type(event).__name__ for event in heard] == ["AppointmentCancelled"]


def test_a_text_from_a_client_arrives_with_its_words(
    platform: Connection, remote: Remote, heard: list[Event]
) -> None:
    apt = book(remote)
    said = remote.act("text", clientId=apt["clientId"], body="STOP")
    body = {"event": "message.received", "data": {"id": said["id"], "client_id": apt["clientId"]}}
    deliver(platform, body)
    inbox_drain()
    [event] = [one for one in heard if isinstance(one, MessageReceived)]
    assert event.client_id == Client.objects.get().pk
    assert not Consent.objects.get(channel="sms", purpose="transactional").granted


def test_unknown_kinds_and_odd_bodies_are_kept_and_marked(
    connection: Connection, plain: Connection
) -> None:
    deliver(connection, {"event": "robot.danced", "data": {"id": "1"}}, "1")
    deliver(connection, {"event": "appointment.created", "data": {}}, "2")
    deliver(plain, {"something": "else"}, "3")
    InboundEvent.objects.create(
        connection=plain, delivery_id="4", source="webhook", body=b"not json at all"
    )
    inbox_drain()
    rows = InboundEvent.objects.order_by("delivery_id")
    assert [row.outcome for row in rows] == ["ignored", "odd", "odd", "odd"]
    assert all(row.state == WorkRow.State.DONE for row in rows)
    assert all(row.last_error for row in rows if row.outcome == "odd")


def test_a_refused_token_marks_the_connection_and_the_work_waits(
    platform: Connection, remote: Remote, heard: list[Event]
) -> None:
    apt = book(remote)
    remote.post("knobs", token_expired=True)
    deliver(platform, created(apt))
    with clock.frozen(NOON) as now:
        for _ in range(20):
            inbox_drain()
            now.move(timedelta(minutes=2))
        platform.refresh_from_db()
        assert platform.status == Connection.Status.NEEDS_ATTENTION
        assert "token" in platform.status_reason
        assert InboundEvent.objects.get().state == WorkRow.State.WAITING
        remote.post("knobs", token_expired=False)
        inbox_drain()
    platform.refresh_from_db()
    assert platform.status == Connection.Status.OK
    assert len(heard) == 1


def test_a_platform_that_is_down_costs_time_and_nothing_else(
    platform: Connection, remote: Remote, heard: list[Event]
) -> None:
    apt = book(remote)
    deliver(platform, created(apt))
    with clock.frozen(NOON) as now:
        for knobs in ({"platform_down": True}, {"platform_down": False, "rate_429": 1}):
            remote.post("knobs", **knobs)
            inbox_drain()
            now.move(timedelta(minutes=20))
        remote.post("knobs", reset=True)
        remote_pause_over()
        inbox_drain()
    assert InboundEvent.objects.get().outcome == "announced"
    assert len(heard) == 1


def remote_pause_over() -> None:
    """The pause a 429 asked for lives in Redis, on Redis's own clock."""
    from core import redis

    redis.client().flushall()


def test_a_record_the_platform_does_not_know_is_looked_for_and_then_kept_aside(
    platform: Connection, remote: Remote
) -> None:
    deliver(platform, created({"id": "apt_9999999", "clientId": ""}))
    with clock.frozen(NOON) as now:
        for _ in range(3):
            inbox_drain()
            now.move(timedelta(minutes=1))
    row = InboundEvent.objects.get()
    assert (row.outcome, row.attempts) == ("odd", 3)


def test_a_worker_that_lost_its_lease_changes_nothing(
    plain: Connection, heard: list[Event]
) -> None:
    row = deliver(plain, {"appointment": {"id": 1, "dateTime": "2027-06-15T14:00:00-06:00"}})
    from integrations.inbox import inbound_handle

    [claimed] = inbox_queue.claim(1)
    InboundEvent.objects.filter(pk=row.pk).update(lease_token=None, state="waiting")
    inbound_handle(claimed)
    assert heard == [] and not Appointment.objects.exists()


def test_a_listener_that_raises_is_tried_again_alone(
    plain: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []
    broken = [True]

    def shaky(event: Event) -> None:
        Client.objects.update(notes="half done")
        if broken[0]:
            raise RuntimeError("not today")
        heard.append(f"shaky {event.key}")

    listeners = {
        "shaky": announce.Listener("shaky", shaky),
        "sound": announce.Listener("sound", lambda event: heard.append(f"sound {event.key}")),
    }
    monkeypatch.setattr(announce, "_listeners", listeners)
    start = clock.now() + timedelta(days=3)
    said = {"id": 1, "dateTime": start.isoformat(), "createdAt": clock.now().isoformat()}
    deliver(plain, {"appointment": said | {"clientInfo": {"phone": "503-555-0142"}}})
    inbox_drain()
    assert [words.split()[0] for words in heard] == ["sound"]
    assert not Client.objects.filter(notes="half done").exists()
    retry = ListenerRetry.objects.get()
    assert retry.listener == "shaky" and "not today" in retry.last_error
    broken[0] = False
    with clock.frozen(clock.now() + timedelta(minutes=1)):
        assert listener_drain() == 1
    assert heard[1:] == [f"shaky {retry.event['key']}"]
    assert ListenerRetry.objects.get().state == WorkRow.State.DONE


def test_a_role_changed_at_the_platform_is_mirrored_when_its_webhook_is_read(
    platform: Connection, remote: Remote
) -> None:
    staff = remote.get("records/staff")["data"][0]
    body = {"event": "staff.updated", "data": {"id": staff["id"]}}
    deliver(platform, body)
    inbox_drain()
    from integrations.models import StaffMember, User

    user = User.objects.create_user("s@example.com", "a long password", name="S")
    StaffMember.objects.filter(external_id=staff["id"]).update(user=user)
    place = LocationRole.objects.first()
    assert place is None
    remote.act("edit_staff", id=staff["id"], roles=[{"locationId": "loc_1", "role": "manager"}])
    store(platform, client_record())
    from tests.integrations.salon import location_make

    location_make(platform)
    deliver(platform, body, "d2")
    inbox_drain()
    assert LocationRole.objects.get(group__user=user).role == "manager"


SEEN_BY_AN_INTEGRATOR = {
    "appointment": {
        "id": 4410231, "status": "booked", "dateTime": "2027-10-15T14:00:00-06:00",
        "createdBy": {"name": "Online Booking", "type": "online"}, "source": "online",
        "currency": "USD", "notes": "", "clientNotes": "Sensitive to fragrance",
        "clientInfo": {"email": "maribel@example.com", "phone": "303-555-0142",
                       "firstName": "Maribel", "lastName": "Okafor"},
        "services": [{"price": 120, "service": {"id": 812, "name": "Hydrating Facial 60",
                                                "category": {"name": "Facials"}}}],
    }
}  # fmt: skip


def test_the_odd_shapes_of_most_salons_are_understood(
    client: Browser, plain: Connection, heard: list[Event]
) -> None:
    bodies: list[dict[str, Any]] = [
        SEEN_BY_AN_INTEGRATOR,
        {"event": "appointment.created", "data": {"id": "77", "dateTime": "2027-01-05T10:00:00Z",
                                                  "client": {"email": "b@example.com"}}},
        {"type": "appointment.cancelled", "data": SEEN_BY_AN_INTEGRATOR},
        {"sale": {"id": 5, "total": 130.5, "closedAt": "2026-01-01T00:00:00Z",
                  "client": {"email": "maribel@example.com"}},
         "lineItems": [{"name": "Serum", "finalPrice": 30.5}]},
        {"form": {"id": 9, "name": "Intake", "submittedAt": clock.now().isoformat()},
         "client": {"email": "maribel@example.com"}},
    ]  # fmt: skip
    for body in bodies:
        assert plain_post(client, plain, body).status_code == 202
    inbox_drain()
    outcomes = InboundEvent.objects.values_list("outcome", flat=True)
    assert set(outcomes) <= {"announced", "nothing_new"}
    row = Appointment.objects.select_related("client").get(external_id="4410231")
    assert row.status == "cancelled"
    assert (row.service_name, str(row.price)) == ("Hydrating Facial 60", "120.00")
    assert row.client is not None and row.client.phone == "+13035550142"
    assert Client.objects.count() == 2


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["id", "appointment", "sale", "form", "event", "type", "data", "dateTime", "services",
             "service", "clientInfo", "client", "phone", "price", "status", "lineItems", "total"]
        ),
        inner,
        max_size=6,
    ),
    max_leaves=20,
)  # fmt: skip


@searched(150)
@given(body=JSON)
def test_no_body_whatsoever_stops_the_inbox(plain: Connection, body: Any) -> None:
    InboundEvent.objects.all().delete()
    InboundEvent.objects.create(
        connection=plain, delivery_id="x", source="webhook", body=json.dumps(body).encode()
    )
    inbox_drain()
    row = InboundEvent.objects.get()
    assert row.state == WorkRow.State.DONE, row.last_error


def test_a_signed_delivery_goes_the_whole_way(
    client: Browser, platform: Connection, remote: Remote, heard: list[Event]
) -> None:
    apt = book(remote)
    assert signed_post(client, platform, created(apt)).status_code == 202
    inbox_drain()
    assert [event.key for event in heard] == [
        f"booked:{apt['id']}:{Appointment.objects.get().starts_at.isoformat()}"
    ]
