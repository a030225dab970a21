"""Records into the working copy: what wins, what it becomes, and which Events it means."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import clock
from integrations.events import Event
from integrations.models import (
    Appointment,
    Client,
    Connection,
    Consent,
    Message,
    Sale,
    WaitlistEntry,
)
from integrations.platforms.base import Record
from tests.integrations.salon import (
    appointment_record,
    client_record,
    connection_make,
    location_make,
    store,
)
from tests.support.searches import searched

NOW = datetime(2026, 6, 8, 16, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock_at() -> Any:
    with clock.frozen(NOW):
        yield


def names(events: Sequence[Event]) -> list[str]:
    return [type(event).__name__ for event in events]


def test_a_client_arrives_normalised(maple: Connection) -> None:
    store(
        maple,
        client_record(
            first_name="Zoë\u200b\u202e ",
            last_name="Łukasz\x00",
            email=" Zoe@Example.COM ",
            birthday="1988-04-02",
            total_spend="1540.00",
            no_show_count="3",
        ),
    )
    row = Client.objects.get()
    assert (row.first_name, row.last_name) == ("Zoë", "Łukasz")
    assert row.search_key == "zoe lukasz"
    assert (row.phone, row.phone_last4) == ("+15035550142", "0142")
    assert row.email == "zoe@example.com"
    assert (row.birthday, row.total_spend) == (date(1988, 4, 2), Decimal("1540.00"))
    assert row.no_show_count == 3


@pytest.mark.parametrize(
    ("zone", "typed", "kept"),
    [
        ("America/New_York", "503-555-0142", "+15035550142"),
        ("Europe/London", "020 7946 0018", "+442079460018"),
        ("Europe/Berlin", "030 901820", "+4930901820"),
        ("America/New_York", "+44 20 7946 0018", "+442079460018"),
        ("America/New_York", "call the desk", "call the desk"),
    ],
)
def test_phones_are_read_as_the_country_of_the_location_writes_them(
    db: None, zone: str, typed: str, kept: str
) -> None:
    made = connection_make()
    location_make(made, timezone=zone)
    store(made, client_record(phone=typed))
    assert Client.objects.get().phone == kept


def test_the_platforms_own_time_decides_not_the_order_of_arrival(maple: Connection) -> None:
    store(maple, client_record(first_name="New", at=NOW))
    store(maple, client_record(first_name="Old", at=NOW - timedelta(microseconds=1)))
    assert Client.objects.get().first_name == "New"
    store(maple, client_record(first_name="Tie", at=NOW))
    assert Client.objects.get().first_name == "Tie"


def test_a_booking_before_its_client_waits_on_a_placeholder(maple: Connection) -> None:
    [event] = store(maple, appointment_record(staff="sta_1", service="svc_1")).events
    row = Appointment.objects.select_related("client", "staff", "service").get()
    assert row.client is not None and row.client.external_id == "cli_456"
    assert row.staff is not None and row.service is not None
    assert event.client_id == row.client.pk
    store(maple, client_record(at=NOW - timedelta(days=900)))
    row.client.refresh_from_db()
    assert row.client.first_name == "Grace"


def test_a_life_of_an_appointment_in_events(maple: Connection) -> None:
    start = NOW + timedelta(days=7)

    def at(minute: int, **data: Any) -> list[Event]:
        moment = NOW + timedelta(minutes=minute)
        return store(maple, appointment_record(at=moment, starts_at=start, **data)).events

    [booked] = at(0)
    assert booked.key == f"booked:apt_123:{start.isoformat()}"
    assert at(0) == []
    assert at(1, notes="Window seat") == []
    start += timedelta(hours=2)
    [moved] = at(2)
    assert names([moved]) == ["AppointmentMoved"]
    assert moved.before == (start - timedelta(hours=2)).isoformat()  # type: ignore[attr-defined]
    assert names(at(3, status="confirmed")) == ["AppointmentConfirmed"]
    [gone] = at(4, status="cancelled", cancelled_at=NOW)
    assert gone.key == f"cancelled:apt_123:{NOW.isoformat()}"
    [again] = at(5, status="booked")
    assert again.reinstated and again.key.startswith("booked:apt_123:")  # type: ignore[attr-defined]
    assert names(at(6, status="checked_in")) == ["ClientCheckedIn"]
    assert names(at(7, status="completed")) == ["ServiceCompleted"]


def test_another_therapist_is_a_move(maple: Connection) -> None:
    store(maple, appointment_record(staff="sta_1"))
    later = NOW + timedelta(minutes=1)
    assert names(store(maple, appointment_record(staff="sta_2", at=later)).events) == [
        "AppointmentMoved"
    ]


def test_a_deleted_booking_is_a_cancelled_one(maple: Connection) -> None:
    store(maple, appointment_record())
    said = appointment_record()
    gone = Record(said.kind, said.external_id, said.data, NOW + timedelta(minutes=1), NOW)
    assert names(store(maple, gone).events) == ["AppointmentCancelled"]
    assert Appointment.objects.get().deleted_at == NOW


def test_history_makes_no_events(maple: Connection) -> None:
    applied = store(maple, client_record(), appointment_record(), history=True)
    assert applied.created == 2
    assert applied.events == []


def test_what_was_booked_before_the_connection_is_not_news(maple: Connection) -> None:
    long_ago = maple.live_since - timedelta(days=3)
    assert store(maple, appointment_record(booked_at=long_ago)).events == []
    cancelled = appointment_record(124, booked_at=long_ago, status="cancelled", cancelled_at=NOW)
    assert names(store(maple, cancelled).events) == ["AppointmentCancelled"]


def test_a_merged_client_takes_everything_along(maple: Connection) -> None:
    store(maple, client_record(1), client_record(2, phone="", email=""))
    store(maple, appointment_record(client="cli_1"))
    store(maple, Record("message", "m1", {"client": "cli_1", "sent_at": NOW, "incoming": True}))
    gone, kept = Client.objects.order_by("external_id")
    Consent.objects.create(
        client=gone, channel="sms", purpose="care", origin="here", granted=False, at=NOW
    )
    Client.objects.filter(pk=gone.pk).update(no_drafts=True)
    later = NOW + timedelta(minutes=1)
    merged = client_record(1, merged_into="cli_2", at=later)
    store(maple, merged, client_record(2, phone="", email="", at=later))
    kept.refresh_from_db()
    gone.refresh_from_db()
    assert gone.merged_into == kept and gone.deleted_at is not None
    assert Appointment.objects.get().client == kept
    assert Message.objects.get().client == kept
    assert kept.no_drafts
    assert Consent.objects.get(origin="here").client == kept


def test_a_booking_for_a_merged_client_goes_to_who_remained(maple: Connection) -> None:
    store(maple, client_record(2))
    store(maple, client_record(1, merged_into="cli_2", phone="", email=""))
    store(maple, appointment_record(client="cli_1"))
    assert Appointment.objects.get().client == Client.objects.get(external_id="cli_2")


def test_consent_of_the_platform_is_kept_by_channel_and_purpose(maple: Connection) -> None:
    said = [
        {
            "channel": "sms",
            "purpose": "transactional",
            "granted": True,
            "at": "2024-01-03T17:00:00Z",
        },
        {"channel": "sms", "purpose": "marketing", "granted": False, "at": None},
    ]
    store(maple, client_record(consent=said))
    said[1] = {**said[1], "granted": True}
    [event] = store(maple, client_record(consent=said, at=NOW + timedelta(seconds=1))).events
    assert event.changed == ["consent"]  # type: ignore[attr-defined]
    assert Consent.objects.filter(granted=True).count() == 2


def test_messages_become_received_and_status_events(maple: Connection) -> None:
    store(maple, appointment_record())
    incoming = {
        "client": "cli_456",
        "incoming": True,
        "channel": "sms",
        "body": "1",
        "sent_at": NOW,
    }
    [event] = store(maple, Record("message", "m1", incoming)).events
    assert names([event]) == ["MessageReceived"]
    assert event.location_id == Appointment.objects.get().location_id
    out = {**incoming, "incoming": False, "reference": "effect:9", "status": "queued"}
    store(maple, Record("message", "m2", out, NOW))
    failed = Record("message", "m2", {**out, "status": "failed"}, NOW + timedelta(seconds=1))
    [event] = store(maple, failed).events
    assert (event.reference, event.status) == ("effect:9", "failed")  # type: ignore[attr-defined]


def test_a_text_keeps_what_is_hidden_in_it_and_a_name_does_not(maple: Connection) -> None:
    store(maple, client_record(first_name="An\u2066na", notes="quiet\u200b room\x00"))
    row = Client.objects.get()
    assert (row.first_name, row.notes) == ("Anna", "quiet\u200b room")


def test_a_sale_keeps_its_lines_and_is_announced_once(maple: Connection) -> None:
    lines = [
        {"kind": "service", "name": "Massage", "amount": "120.00"},
        {"kind": "product", "name": "Oil", "amount": "38", "quantity": 2},
    ]
    said = {
        "client": "cli_1",
        "location": "loc_1",
        "total": "196",
        "closed_at": NOW,
        "lines": lines,
    }
    assert names(store(maple, Record("sale", "sal_1", said, NOW)).events) == ["SaleCompleted"]
    assert store(maple, Record("sale", "sal_1", said, NOW)).events == []
    assert Sale.objects.get().lines.count() == 2


def test_one_odd_record_does_not_hold_up_the_others(maple: Connection) -> None:
    odd = appointment_record(1, starts_at="soon")
    strange = appointment_record(2, status="teleported")
    applied = store(maple, odd, strange, appointment_record(3))
    assert [external_id for _, external_id, _ in applied.odd] == ["apt_1", "apt_2"]
    assert Appointment.objects.get().external_id == "apt_3"


def test_a_waitlist_entry_needs_its_client(maple: Connection) -> None:
    applied = store(maple, Record("waitlist", "wl_1", {"location": "loc_1"}))
    assert applied.odd and not WaitlistEntry.objects.exists()


def test_where_no_location_is_named_the_only_one_is_meant(maple: Connection) -> None:
    store(maple, appointment_record(location=""))
    assert Appointment.objects.count() == 1
    location_make(maple, "loc_2")
    assert store(maple, appointment_record(2, location="")).odd
    maple.settings = {"default_location": "loc_2"}
    store(maple, appointment_record(3, location=""))
    assert Appointment.objects.get(external_id="apt_3").location.external_id == "loc_2"


def test_a_client_known_by_phone_gets_the_real_id_later(plain: Connection) -> None:
    contact = Record(
        "client", "contact:503-555-0142", {"first_name": "Grace", "phone": "503-555-0142"}
    )
    store(plain, contact)
    store(plain, contact)
    assert Client.objects.count() == 1
    store(plain, client_record(9))
    assert Client.objects.get().external_id == "cli_9"
    store(plain, contact)
    assert Client.objects.count() == 1


def test_a_family_on_one_phone_is_told_apart_by_first_name(plain: Connection) -> None:
    store(plain, client_record(1, first_name="Ann"), client_record(2, first_name="Bea"))
    said = {"first_name": "Bea", "phone": "503-555-0142"}
    store(
        plain,
        Record("client", "contact:503-555-0142", said),
        appointment_record(client="contact:503-555-0142", location=""),
    )
    assert Appointment.objects.get().client == Client.objects.get(external_id="cli_2")


def test_an_older_file_only_fills_gaps(maple: Connection) -> None:
    store(maple, client_record(first_name="Grace", postal_code=""))
    old = client_record(first_name="Gracie", postal_code="97205")
    record = Record(old.kind, old.external_id, old.data)
    store(maple, record, source="file", history=True, as_of=date(2026, 6, 1))
    row = Client.objects.get()
    assert (row.first_name, row.postal_code, row.as_of) == ("Grace", "97205", None)
    store(maple, record, source="file", history=True, as_of=date(2026, 6, 8))
    row.refresh_from_db()
    assert (row.first_name, row.as_of) == ("Gracie", date(2026, 6, 8))


WHEN = st.sampled_from([NOW + timedelta(days=day) for day in (5, 6)])
STAFF = st.sampled_from(["sta_1", "sta_2"])
CHANGING = st.sampled_from(["booked", "confirmed", "cancelled"])
ENDING = st.sampled_from(["booked", "cancelled", "checked_in", "completed", "no_show"])


@st.composite
def lives(draw: st.DrawFn) -> list[dict[str, Any]]:
    """What a platform may tell of one appointment: booked first, then changed, then over."""
    middle = draw(st.lists(CHANGING, max_size=5))
    statuses = ["booked", *middle, draw(ENDING)]
    return [
        {"status": status, "starts_at": draw(WHEN), "staff": draw(STAFF)} for status in statuses
    ]


def standing(events: Sequence[Event]) -> dict[str, Any]:
    """What drafts would stand at the end: the last thing said wins over all before it."""
    live: dict[str, Any] = {}
    for event in events:
        live["last"] = type(event).__name__
    row = Appointment.objects.get()
    drafts = row.is_upcoming and live["last"] in {
        "AppointmentBooked",
        "AppointmentMoved",
        "AppointmentConfirmed",
    }
    return {"confirmation for": row.starts_at if drafts else None}


@searched(30)
@given(versions=lives(), data=st.data())
def test_any_shuffle_and_repetition_of_a_history_ends_the_same(
    maple: Connection, versions: list[dict[str, Any]], data: st.DataObject
) -> None:
    history = [
        appointment_record(at=NOW + timedelta(seconds=place), **version)
        for place, version in enumerate(versions)
    ]
    repeated = history + data.draw(st.lists(st.sampled_from(history), max_size=6))
    shuffled = data.draw(st.permutations(repeated))
    ends = []
    for order in (history, shuffled):
        Appointment.objects.all().delete()
        events = [event for record in order for event in store(maple, record).events]
        keys = [event.key for event in events]
        assert len(keys) == len(set(keys))
        row = Appointment.objects.get()
        shape = (row.status, row.starts_at, row.staff_id, row.platform_updated_at)
        ends.append((shape, standing(events)))
    assert ends[0] == ends[1]


FIELDS = """first_name phone email birthday notes tags preferences visit_count total_spend
    past_services created_on_platform locale custom_fields"""
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@searched(80)
@given(data=st.fixed_dictionaries(dict.fromkeys(FIELDS.split(), JSON)))
def test_no_value_whatsoever_makes_storing_a_client_fail(
    maple: Connection, data: dict[str, Any]
) -> None:
    applied = store(maple, client_record(**data))
    assert applied.odd == []
    assert Client.objects.filter(external_id="cli_456").exists()
