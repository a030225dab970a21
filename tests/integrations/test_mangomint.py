"""The Mangomint adapter against the sandbox, over real HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.errors import NeedsAttention, Permanent, Temporary, UnknownOutcome
from integrations.ingest import records_apply
from integrations.models import Appointment, Client, Connection, Location, StaffMember
from integrations.platforms.base import CAPABILITIES, RecordKind, platform_of
from integrations.platforms.mangomint.actions import actions
from integrations.platforms.mangomint.reads import PATHS, MangomintReads
from integrations.sandbox.remote import Remote
from tests.integrations.salon import NOON, hooks_only_make

NORA = {
    "firstName": "Nora",
    "lastName": "Test",
    "phone": "+12135550177",
    "email": "nora@example.com",
    "consent": {
        channel: {"transactional": True, "marketing": False, "at": "2026-01-01T00:00:00Z"}
        for channel in ("sms", "email")
    },
}


@pytest.fixture
def reads(platform: Connection) -> MangomintReads:
    found = platform_of(platform).reads(platform)
    assert isinstance(found, MangomintReads)
    return found


@pytest.fixture
def nora(platform: Connection, remote: Remote) -> str:
    return str(remote.act("add_client", **NORA)["id"])


def message(client: str, **more: Any) -> dict[str, Any]:
    return {
        "client": client,
        "location": "loc_1",
        "channel": "sms",
        "address": "+12135550177",
        "subject": "",
        "body": "See you Tuesday ❤️",
        "purpose": "transactional",
        "tags": ["drafted with AI"],
        **more,
    }


def free_slot(remote: Remote) -> dict[str, str]:
    params = {
        "locationId": "loc_1",
        "serviceId": "svc_701",
        "from": "2026-06-16T00:00:00Z",
        "to": "2026-06-20T00:00:00Z",
    }
    bearer = {"Authorization": "Bearer a-token"}
    answer = remote.http.get("/v1/availability", params=params, headers=bearer).json()
    slot: dict[str, str] = answer["data"][0]
    return slot


def booking(client: str, slot: dict[str, str]) -> dict[str, Any]:
    return {
        "client": client,
        "service": "svc_701",
        "staff": slot["staffId"],
        "location": "loc_1",
        "starts_at": slot["startTime"],
        "source": "copilot",
    }


def test_the_whole_salon_reads_into_the_working_copy(
    reads: MangomintReads, platform: Connection, remote: Remote
) -> None:
    for kind in reads.kinds():
        found = list(reads.changed(kind, None))
        records_apply(connection=platform, records=found, source="poll", history=True)
    for kind, model in (("client", Client), ("appointment", Appointment), ("staff", StaffMember)):
        assert model.objects.count() == len(remote.get(f"records/{kind}")["data"]) > 5
    place = Location.objects.get(external_id="loc_1")
    assert place.opening_hours["tue"] == [["09:00", "19:00"]]
    assert "mon" not in place.opening_hours
    known = Appointment.objects.select_related("client", "service", "staff").first()
    assert known is not None and known.client and known.service and known.staff
    assert known.client.search_key and known.price is not None


def test_lists_are_read_over_all_pages(reads: MangomintReads, remote: Remote) -> None:
    ids = [record.external_id for record in reads.changed("product", None)]
    assert len(ids) == len(set(ids)) == len(remote.get("records/product")["data"])


def test_a_poll_overlaps_two_minutes(reads: MangomintReads, nora: str, remote: Remote) -> None:
    found = next(record for record in reads.changed("client", NOON) if record.external_id == nora)
    assert found.updated_at is not None
    inside, outside = (found.updated_at + timedelta(seconds=step) for step in (119, 121))
    assert nora in [record.external_id for record in reads.changed("client", inside)]
    assert nora not in [record.external_id for record in reads.changed("client", outside)]


@pytest.mark.parametrize("kind", sorted(PATHS))
def test_every_kind_can_be_read_by_id(
    reads: MangomintReads, remote: Remote, kind: RecordKind
) -> None:
    known = remote.get(f"records/{kind}")["data"]
    found = reads.record(kind, known[0]["id"])
    assert found is not None and found.external_id == known[0]["id"]
    assert reads.record(kind, "nothing_1") is None


def test_an_id_that_is_half_a_path_leads_nowhere(reads: MangomintReads) -> None:
    for odd in ("../clients", "a/b", "%2e%2e"):
        try:
            assert reads.record("client", odd) is None
        except Permanent as refused:
            assert refused.code == "bad_path"


def test_a_free_slot_is_free_until_it_is_booked(
    reads: MangomintReads, platform: Connection, nora: str, remote: Remote
) -> None:
    slot = free_slot(remote)
    wanted = {"service": "svc_701", "staff": slot["staffId"], "location": "loc_1"}
    at = datetime.fromisoformat(slot["startTime"])
    assert reads.slot_free(**wanted, starts_at=at)
    assert not reads.slot_free(**wanted, starts_at=at + timedelta(minutes=1))
    actions(platform).perform("book_appointment", booking(nora, slot), "effect:1")
    assert not reads.slot_free(**wanted, starts_at=at)
    with pytest.raises(Permanent) as refused:
        actions(platform).perform("book_appointment", booking(nora, slot), "effect:2")
    assert refused.value.code == "slot_taken"


def test_a_message_goes_out_once_under_its_key(
    platform: Connection, nora: str, remote: Remote, reads: MangomintReads
) -> None:
    acting = actions(platform)
    first = acting.perform("send_message", message(nora), "effect:7")
    again = acting.perform("send_message", message(nora), "effect:7")
    assert first.reference == again.reference
    [sent] = remote.get("messages", reference="effect:7")["data"]
    assert sent["body"] == "See you Tuesday ❤️"
    assert sent["tags"] == ["drafted with AI", "purpose:transactional"]
    found = reads.sent_message("effect:7")
    assert found is not None and found.external_id == first.reference
    assert [one.external_id for one in reads.messages_of(nora, NOON - timedelta(days=1))]


def test_marketing_asks_the_platform_for_marketing_consent(platform: Connection, nora: str) -> None:
    with pytest.raises(Permanent) as refused:
        actions(platform).perform("send_message", message(nora, purpose="marketing"), "effect:8")
    assert refused.value.code == "no_consent"


def test_a_lost_reply_is_settled_by_looking_it_up(
    platform: Connection, nora: str, remote: Remote
) -> None:
    acting = actions(platform)
    slot = free_slot(remote)
    tries: list[tuple[str, dict[str, Any]]] = [
        ("send_message", message(nora)),
        ("book_appointment", booking(nora, slot)),
        ("update_client", {"client": nora, "fields": {"custom_fields": {"prep": "Quiet room"}}}),
    ]
    for number, (action, payload) in enumerate(tries):
        key = f"effect:lost-{number}"
        assert acting.look_up(action, payload, key) is None
        remote.post("knobs", drop_reply=1)
        with pytest.raises(UnknownOutcome):
            acting.perform(action, payload, key)
        remote.post("knobs", drop_reply=0)
        assert acting.look_up(action, payload, key) is not None


def test_a_note_cannot_be_looked_up_but_its_key_makes_repeating_safe(
    platform: Connection, nora: str, remote: Remote
) -> None:
    acting, payload = actions(platform), {"client": nora, "body": "Confirmed by text"}
    first = acting.perform("add_note", payload, "effect:9")
    assert acting.perform("add_note", payload, "effect:9").reference == first.reference
    with pytest.raises(UnknownOutcome):
        acting.look_up("add_note", payload, "effect:9")


def test_an_appointment_is_changed_only_as_it_was_seen(
    platform: Connection, nora: str, remote: Remote, reads: MangomintReads
) -> None:
    acting = actions(platform)
    made = acting.perform("book_appointment", booking(nora, free_slot(remote)), "effect:1")
    seen = remote.get(f"record/{made.reference}")["updatedAt"]
    change: dict[str, Any] = {
        "appointment": made.reference,
        "fields": {"status": "confirmed"},
        "if_unchanged_since": seen,
    }
    assert acting.look_up("update_appointment", change, "k") is None
    acting.perform("update_appointment", change, "k")
    assert acting.look_up("update_appointment", change, "k") is not None
    change["fields"] = {"notes": "Late"}
    with pytest.raises(Permanent):
        acting.perform("update_appointment", change, "k2")
    found = reads.record("appointment", made.reference)
    assert found is not None and found.data["notes"] == ""


@pytest.mark.parametrize(
    ("knob", "family"),
    [
        ({"rate_429": 1}, Temporary),
        ({"rate_500": 1}, Temporary),
        ({"platform_down": True}, Temporary),
        ({"token_expired": True}, NeedsAttention),
    ],
)
def test_bad_days_end_in_the_right_family(
    reads: MangomintReads, remote: Remote, knob: dict[str, Any], family: type[Exception]
) -> None:
    remote.post("knobs", **knob)
    with pytest.raises(family):
        reads.record("client", "cli_1001")


def test_the_test_says_what_a_token_can_do(
    reads: MangomintReads, remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert set(reads.test()) == set(CAPABILITIES)
    monkeypatch.setenv("TEST_TOKEN", "a-limited-token")
    limited = MangomintReads(Connection.objects.get())
    assert limited.test() == ["webhooks"]
    monkeypatch.setenv("TEST_TOKEN", "a-wrong-token")
    with pytest.raises(NeedsAttention):
        MangomintReads(Connection.objects.get()).test()


def test_where_nothing_is_offered_nothing_is_tried(db: None) -> None:
    plain = hooks_only_make()
    adapter = platform_of(plain)
    assert adapter.capabilities(plain) == {"webhooks"}
    assert list(adapter.reads(plain).kinds()) == []
    with pytest.raises(Permanent):
        actions(plain).perform("send_message", message("cli_1"), "effect:1")
    with pytest.raises(Permanent):
        adapter.reads(plain).slot_free(
            service="1", staff="", location="1", starts_at=datetime(2026, 6, 1, tzinfo=UTC)
        )


def test_links_lead_where_the_connection_says(connection: Connection) -> None:
    adapter = platform_of(connection)
    assert adapter.deep_link(connection, "client", "cli_1") == ""
    connection.settings = {"deep_links": {"client": "https://app.example.com/clients/{id}"}}
    assert adapter.deep_link(connection, "client", "cli_1").endswith("/clients/cli_1")
    assert "https://desk.example.com/h/" in adapter.support_note(
        connection, "https://desk.example.com/h/"
    )


def test_a_waitlist_entry_is_added_changed_and_found_again(platform: Connection, nora: str) -> None:
    acting = actions(platform)
    made = acting.perform(
        "add_to_waitlist",
        {
            "client": nora,
            "location": "loc_1",
            "service": "svc_701",
            "staff": [],
            "windows": [{"days": "MTWTF", "from": "12:00", "to": "18:00"}],
            "priority": "",
            "note": "any therapist",
        },
        "fdc_wait_1",
    )
    booked = {"entry": made.reference, "fields": {"status": "booked"}}
    assert acting.look_up("update_waitlist", booked, "fdc_wait_2") is None
    acting.perform("update_waitlist", booked, "fdc_wait_2")
    found = acting.look_up("update_waitlist", booked, "fdc_wait_2")
    assert found is not None and found.record is not None
    assert found.record.data["status"] == "booked"
    assert found.record.data["note"] == "any therapist"
