"""What /healthz, /readyz and /metrics say, and the sweep behind them."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client

from copilot.supervisor.processes import Child
from core import clock, doorbell, health, sweep, views
from core import redis as our_redis
from core.audit import Actor, audit_record
from core.heartbeat import beat, due
from core.models import Heartbeat
from core.work import Queue, WorkRow
from tests.core.parcels import Parcel


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    health.remembered.forget()
    our_redis.forget_failures()
    monkeypatch.setattr("core.heartbeat._last_beats", {})
    yield
    health.remembered.forget()
    our_redis.forget_failures()


@pytest.fixture
def client(settings: Any) -> Client:
    settings.ROOT_URLCONF = "core.urls"
    return Client()


@pytest.fixture
def only_parcels(monkeypatch: pytest.MonkeyPatch, parcels: Queue[Parcel]) -> Queue[Parcel]:
    """The other apps' queues have tests of their own."""
    monkeypatch.setattr(health, "all_queues", lambda: [parcels])
    monkeypatch.setattr(sweep, "all_queues", lambda: [parcels])
    monkeypatch.setattr("core.metrics.all_queues", lambda: [parcels])
    return parcels


def all_workers_live() -> None:
    for queue in health.QUEUES:
        Heartbeat.objects.update_or_create(name=f"worker:{queue}", defaults={"at": clock.now()})


def test_healthz_answers_without_database_or_redis(client: Client) -> None:
    """No database fixture here: a query would fail the test."""
    assert client.get("/healthz").content == b"ok\n"


def test_a_probe_may_call_by_any_address_and_over_plain_http(client: Client, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    response = client.get("/healthz", headers={"Host": "10.1.2.3:8000"})
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]


def test_readyz_is_ready_when_everything_works(
    client: Client, only_parcels: Queue[Parcel], redis_db: Any
) -> None:
    all_workers_live()
    response = client.get("/readyz")
    said = response.json()
    assert (response.status_code, said["ready"], said["reasons"]) == (200, True, [])
    assert set(said["workers_seen_seconds_ago"]) == {f"worker:{name}" for name in health.QUEUES}
    assert said["oldest_due_seconds"] == {"toys.parcels_drain": 0.0}


def test_readyz_names_a_silent_and_a_missing_worker(
    client: Client, only_parcels: Queue[Parcel], redis_db: Any
) -> None:
    all_workers_live()
    Heartbeat.objects.filter(name="worker:drafts").update(at=clock.now() - timedelta(minutes=3))
    Heartbeat.objects.filter(name="worker:effects").delete()
    response = client.get("/readyz")
    assert response.status_code == 503
    reasons = response.json()["reasons"]
    assert any("queue drafts has been silent for 18" in reason for reason in reasons)
    assert "No worker of the queue effects has reported yet." in reasons


def test_readyz_names_work_that_waits_too_long(
    client: Client, only_parcels: Queue[Parcel], redis_db: Any
) -> None:
    all_workers_live()
    Parcel.objects.create(not_before=clock.now() - timedelta(minutes=7))
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["reasons"] == ["Work for toys.parcels_drain has been due for 7 minutes."]


def test_readyz_without_redis(
    client: Client, only_parcels: Queue[Parcel], redis_process: Child
) -> None:
    all_workers_live()
    os.kill(redis_process.pid, signal.SIGKILL)
    redis_process.wait(90)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["reasons"][0].startswith("Redis does not answer")


@pytest.mark.django_db
def test_readyz_without_database(
    client: Client, monkeypatch: pytest.MonkeyPatch, redis_db: Any
) -> None:
    def away() -> None:
        raise DatabaseError("password for copilot_app@db is wrong")

    monkeypatch.setattr(health, "_workers", lambda reasons: away())
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["reasons"] == ["The database does not answer."]


def test_readyz_looks_at_most_once_a_second(
    client: Client, only_parcels: Queue[Parcel], redis_db: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []
    real = health.readiness
    monkeypatch.setattr(views, "readiness", lambda: looks.append(1) or real())
    for _ in range(20):
        client.get("/readyz")
    assert len(looks) == 1


def test_metrics_tell_depth_age_and_what_is_dead(
    client: Client, only_parcels: Queue[Parcel], redis_db: Any
) -> None:
    Parcel.objects.create(not_before=clock.now() - timedelta(seconds=30))
    Parcel.objects.create(state=WorkRow.State.DEAD, last_error="Dana +15035550142")
    Parcel.objects.create(state=WorkRow.State.DONE)
    audit_record(
        action="item.approved", actor=Actor.system("test"), client="4711", detail={"name": "Dana"}
    )
    text = client.get("/metrics").content.decode()
    assert 'copilot_work_rows{queue="toys.parcels_drain",state="waiting"} 1.0' in text
    assert 'copilot_work_rows{queue="toys.parcels_drain",state="dead"} 1.0' in text
    assert 'copilot_work_rows{queue="toys.parcels_drain",state="leased"} 0.0' in text
    assert "copilot_audit_unsealed 1.0" in text
    assert "copilot_database_up 1.0" in text
    age = next(line for line in text.splitlines() if "oldest_due_seconds{" in line)
    assert 30 <= float(age.split()[-1]) < 40
    for word in ("Dana", "15035550142", "4711"):
        assert word not in text


@pytest.mark.django_db
def test_metrics_without_database_say_so(
    client: Client, monkeypatch: pytest.MonkeyPatch, redis_db: Any
) -> None:
    def away() -> list:
        raise DatabaseError

    monkeypatch.setattr("core.metrics._queues", away)
    assert b"copilot_database_up 0.0" in client.get("/metrics").content


def test_every_queue_is_known_in_a_web_process() -> None:
    """Queues are named by the tasks, which a web process has no other reason to import."""
    names = {queue.task.split(".")[0] for queue in health.all_queues()}
    assert {"integrations", "agents", "approvals"} <= names


@pytest.mark.django_db
def test_a_beat_writes_at_most_once_in_five_seconds(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        for _ in range(10):
            beat("worker:drafts")
    assert Heartbeat.objects.get().name == "worker:drafts"


@pytest.mark.django_db
def test_something_hourly_is_due_for_one_caller_an_hour() -> None:
    from datetime import UTC, datetime

    with clock.frozen(datetime(2026, 6, 15, 12, tzinfo=UTC)) as held:
        assert [due("hourly", timedelta(hours=1)) for _ in range(3)] == [True, False, False]
        held.move(timedelta(minutes=59))
        assert not due("hourly", timedelta(hours=1))
        held.move(timedelta(minutes=1))
        assert due("hourly", timedelta(hours=1))
        assert due("another", timedelta(hours=1))


def test_the_sweep_takes_rows_back_and_rings_for_what_is_due(
    only_parcels: Queue[Parcel], monkeypatch: pytest.MonkeyPatch, redis_db: Any
) -> None:
    rung: list[str] = []
    monkeypatch.setattr(doorbell, "ring", rung.append)
    assert sweep.sweep() == 0
    assert rung == []
    Parcel.objects.create()
    only_parcels.claim(1)
    Parcel.objects.update(lease_until=clock.now() - timedelta(seconds=1))
    assert sweep.sweep() == 1
    assert rung == ["toys.parcels_drain"]


def test_the_sweep_rings_for_rows_that_died_with_their_worker(
    only_parcels: Queue[Parcel], monkeypatch: pytest.MonkeyPatch, redis_db: Any
) -> None:
    """Nothing of them is due any more, but somebody has to be told."""
    rung: list[str] = []
    monkeypatch.setattr(doorbell, "ring", rung.append)
    Parcel.objects.create()
    only_parcels.claim(1)
    Parcel.objects.update(
        lease_until=clock.now() - timedelta(seconds=1), attempts=only_parcels.most_attempts
    )
    assert sweep.sweep() == 1
    assert not only_parcels.look()[1]
    assert rung == ["toys.parcels_drain"]


def test_one_queue_that_fails_does_not_stop_the_sweep(
    only_parcels: Queue[Parcel], monkeypatch: pytest.MonkeyPatch, redis_db: Any
) -> None:
    class Broken:
        task = "toys.broken"
        model = SimpleNamespace(_meta=SimpleNamespace(db_table="no_such_table"))

        def look(self) -> tuple[bool, bool]:
            raise DatabaseError("no such table")

    rung: list[str] = []
    monkeypatch.setattr(doorbell, "ring", rung.append)
    monkeypatch.setattr(sweep, "all_queues", lambda: [Broken(), only_parcels])
    Parcel.objects.create()
    sweep.sweep()
    assert rung == ["toys.parcels_drain"]


def test_the_sweep_asks_every_queue_for_a_heartbeat(
    only_parcels: Queue[Parcel], redis_db: Any
) -> None:
    sweep.sweep()
    for queue in health.QUEUES:
        (raw,) = redis_db.lrange(queue, 0, -1)
        assert json.loads(raw)["headers"]["task"] == "core.heartbeat"
    sweep.sweep()
    assert redis_db.llen("drafts") == 1, "not again within ten seconds"


def test_the_sweep_goes_on_without_redis(only_parcels: Queue[Parcel], redis_process: Child) -> None:
    os.kill(redis_process.pid, signal.SIGKILL)
    redis_process.wait(90)
    Parcel.objects.create(
        state=WorkRow.State.LEASED, attempts=1, lease_until=clock.now() - timedelta(seconds=1)
    )
    assert sweep.sweep() == 1


@pytest.mark.django_db
def test_a_heartbeat_task_says_that_its_queue_has_a_worker() -> None:
    from core.tasks import heartbeat

    heartbeat("drafts")
    assert Heartbeat.objects.filter(name="worker:drafts").exists()
