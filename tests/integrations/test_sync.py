"""First sync, full sync and the poll that finds what webhooks missed."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from core import announce, clock
from core.errors import NeedsAttention, Temporary
from integrations.events import AppointmentBooked, CalendarRead, Event
from integrations.models import Appointment, Client, Connection, StaffMember, SyncRun
from integrations.sandbox.remote import Remote
from integrations.sync import poll_due, sync_ask, sync_run
from tests.integrations.salon import NOON
from tests.integrations.test_inbox import book


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    found: list[Event] = []
    listeners = {"test": announce.Listener("test", found.append)}
    monkeypatch.setattr(announce, "_listeners", listeners)
    return found


def pass_time(remote: Remote, **by: float) -> None:
    """Move the platform's clock along with ours (ours is frozen by the test)."""
    remote.post("clock", advance=timedelta(**by).total_seconds())


def test_the_first_sync_is_history_and_says_how_far_it_is(
    platform: Connection, remote: Remote, heard: list[Event]
) -> None:
    steps: list[tuple[str, int]] = []
    run = sync_run(
        connection=platform, full=True, progress=lambda kind, done: steps.append((kind, done))
    )
    assert [type(event) for event in heard] == [CalendarRead] and heard[0].history
    assert run.kind == "first" and run.finished_at and run.done == steps[-1][1] > 100
    assert steps[0][0] == "location"
    platform.refresh_from_db()
    assert platform.history_complete and platform.status == Connection.Status.OK
    assert Appointment.objects.count() == len(remote.get("records/appointment")["data"])


def test_a_poll_finds_what_webhooks_missed_and_counts_it(
    platform: Connection, remote: Remote, heard: list[Event]
) -> None:
    sync_run(connection=platform, full=True)
    with clock.frozen(NOON + timedelta(minutes=20)) as now:
        pass_time(remote, minutes=20)
        book(remote)
        now.move(timedelta(minutes=10))
        assert poll_due() == 1
        assert len([event for event in heard if isinstance(event, AppointmentBooked)]) == 1
        run = SyncRun.objects.latest("pk")
        assert run.kind == "poll" and run.found_missed >= 1
        assert poll_due() == 0
        now.move(timedelta(seconds=platform.poll_seconds))
        before = len(heard)
        assert poll_due() == 1
        assert len(heard) == before


def test_a_connection_that_was_never_read_is_not_polled(
    platform: Connection, remote: Remote
) -> None:
    assert poll_due() == 0


def test_a_refused_token_during_a_poll_marks_the_connection_and_heals(
    platform: Connection, remote: Remote
) -> None:
    sync_run(connection=platform, full=True)
    remote.post("knobs", token_expired=True)
    with clock.frozen(NOON + timedelta(hours=1)) as now:
        assert poll_due() == 0
        platform.refresh_from_db()
        assert platform.status == Connection.Status.NEEDS_ATTENTION
        remote.post("knobs", token_expired=False)
        now.move(timedelta(minutes=10))
        assert poll_due() == 1
    platform.refresh_from_db()
    assert platform.status == Connection.Status.OK


def test_a_sync_that_was_stopped_goes_on_and_ends_complete(
    platform: Connection, remote: Remote, heard: list[Event]
) -> None:
    calls = 0

    def stop(kind: str, done: int) -> None:
        nonlocal calls
        calls += 1
        if kind == "client" and calls:
            remote.post("knobs", rate_500=1)

    with pytest.raises(Temporary):
        sync_run(connection=platform, full=True, progress=stop)
    failed = SyncRun.objects.get()
    assert failed.error and failed.finished_at
    assert Client.objects.exists() and not platform.history_complete
    remote.post("knobs", rate_500=0)
    run = sync_run(connection=platform, full=True)
    assert run.kind == "first" and platform.history_complete
    assert [type(event) for event in heard] == [CalendarRead]


def test_staff_who_are_listed_no_more_have_left(platform: Connection, remote: Remote) -> None:
    sync_run(connection=platform, full=True)
    StaffMember.objects.create(connection=platform, external_id="sta_gone", name="Gone")
    sync_run(connection=platform, full=False)
    assert not StaffMember.objects.get(external_id="sta_gone").active
    assert StaffMember.objects.filter(active=True).count() > 5


def test_a_poll_in_which_too_many_staff_vanish_is_held(
    platform: Connection, remote: Remote
) -> None:
    sync_run(connection=platform, full=True)
    for staff in remote.get("records/staff")["data"][:6]:
        remote.act("edit_staff", id=staff["id"], active=False)
    run = sync_run(connection=platform, full=False)
    assert run.held


def test_a_merged_client_is_followed_by_the_poll(platform: Connection, remote: Remote) -> None:
    sync_run(connection=platform, full=True)
    one, other = (row["id"] for row in remote.get("records/client")["data"][:2])
    remote.act("merge_clients", id=one, into=other)
    sync_run(connection=platform, full=False)
    gone = Client.objects.get(external_id=one)
    assert gone.merged_into == Client.objects.get(external_id=other)
    assert not Appointment.objects.filter(client=gone).exists()


def command(name: str, *args: str, **options: Any) -> str:
    out = io.StringIO()
    call_command(name, *args, stdout=out, stderr=out, **options)
    return out.getvalue()


def test_connect_tries_reads_and_prints_the_address(platform: Connection, remote: Remote) -> None:
    base_url = platform.base_url
    platform.delete()
    said = command(
        "connect", "mangomint", "--name", "Maple", "--base-url", base_url,
        "--token-env", "TEST_TOKEN", "--webhook-secret-env", "TEST_HOOK_SECRET",
    )  # fmt: skip
    made = Connection.objects.get()
    assert f"/hooks/mangomint/{made.pk}/" in said
    assert "can      read clients" in said and "Read " in said
    assert made.history_complete and made.token_ref == "env:TEST_TOKEN"
    assert "a-token" not in said
    with pytest.raises(CommandError, match="named Maple already"):
        command("connect", "mangomint", "--name", "Maple", "--base-url", base_url)


def test_connect_says_plainly_what_is_wrong_and_keeps_nothing(
    platform: Connection, remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    base_url = platform.base_url
    platform.delete()
    monkeypatch.setenv("TEST_TOKEN", "wrong")
    for args, words in (
        (["--base-url", base_url, "--token-env", "TEST_TOKEN"], "refused our token"),
        (["--base-url", base_url, "--token-env", "NOT_SET_AT_ALL"], "NOT_SET_AT_ALL is not set"),
        (["--base-url", "http://10.0.0.1/v1"], "Only https"),
        (["--mode", "magic"], "not offered"),
    ):
        with pytest.raises(CommandError, match=words):
            command("connect", "mangomint", *args)
    with pytest.raises(CommandError, match="do not know the platform"):
        command("connect", "nowhere")
    assert not Connection.objects.exists()


def test_connect_hooks_only_gives_a_secret_address_once(db: None) -> None:
    said = command("connect", "mangomint", "--name", "Small", "--mode", "hooks_only")
    made = Connection.objects.get()
    [line] = [line for line in said.splitlines() if line.startswith("Webhook address: ")]
    key = line.rstrip("/").rpartition("/")[2]
    assert len(key) >= 30 and made.hook_key_sha256 and key not in made.hook_key_sha256


def test_the_sync_command_goes_on_where_it_left_off(platform: Connection, remote: Remote) -> None:
    assert "records" in command("sync", str(platform.pk))
    assert SyncRun.objects.latest("pk").kind == "first"
    command("sync", "Maple")
    assert SyncRun.objects.latest("pk").kind == "poll"
    with pytest.raises(CommandError, match="no such connection"):
        command("sync", "Nowhere")
    remote.post("knobs", token_expired=True)
    with pytest.raises(CommandError, match="1 could not be read"):
        command("sync")
    with pytest.raises(NeedsAttention):
        sync_run(connection=platform, full=False)


def test_reading_asked_for_by_a_button_is_done_by_a_worker(
    platform: Connection, remote: Remote
) -> None:
    run = sync_ask(platform)
    assert sync_ask(platform) == run
    assert poll_due() == 1
    run.refresh_from_db()
    assert run.finished_at and run.error == "" and run.kind == "first"
    assert sync_ask(platform).kind == "full"


def test_a_run_whose_worker_was_killed_does_not_look_alive_for_ever(
    platform: Connection, remote: Remote
) -> None:
    run = sync_ask(platform)
    SyncRun.objects.update(step="clients")
    with clock.frozen(NOON + timedelta(hours=1)):
        again = sync_ask(platform)
    run.refresh_from_db()
    assert again != run and "stopped" in run.error
