"""Doorbells never block, never fail, and never swallow the last ring."""

from __future__ import annotations

import itertools
import json
import os
import signal
import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Never

import pytest
import redis
from django.db import transaction

from copilot.supervisor.processes import Child
from core import doorbell
from core.doorbell import Doorbell


class Heard:
    """A publisher that notes when which task was rung."""

    def __init__(self) -> None:
        self.rings: list[tuple[str, float]] = []

    def __call__(self, task: str) -> None:
        self.rings.append((task, time.monotonic()))

    def times(self, task: str) -> list[float]:
        return [at for rung, at in self.rings if rung == task]


def test_a_hundred_rings_are_two_messages_with_the_quiet_time_between(
    eventually: Callable[..., Any],
) -> None:
    heard = Heard()
    bell = Doorbell(heard)
    bell.ring("inbox")
    eventually(lambda: heard.rings)
    for _ in range(100):
        bell.ring("inbox")
    eventually(lambda: len(heard.rings) == 2)
    threading.Event().wait(0.15)
    first, last = heard.times("inbox")
    assert last - first >= 0.05


def test_work_announced_in_the_quiet_time_is_rung_for_afterwards(
    eventually: Callable[..., Any],
) -> None:
    heard = Heard()
    bell = Doorbell(heard)
    for expected in range(1, 4):
        bell.ring("inbox")
        eventually(lambda expected=expected: len(heard.rings) == expected)
    gaps = [later - earlier for (_, earlier), (_, later) in itertools.pairwise(heard.rings)]
    assert all(gap >= 0.05 for gap in gaps)


def test_one_queue_does_not_silence_another(eventually: Callable[..., Any]) -> None:
    heard = Heard()
    bell = Doorbell(heard)
    bell.ring("inbox")
    bell.ring("drafts")
    eventually(lambda: {task for task, _ in heard.rings} == {"inbox", "drafts"})


def test_a_publisher_that_fails_is_tried_again_at_the_next_ring(
    eventually: Callable[..., Any],
) -> None:
    heard, failures = Heard(), iter([OSError("away"), RuntimeError("away"), None])

    def publish(task: str) -> None:
        failure = next(failures)
        if failure:
            raise failure
        heard(task)

    bell = Doorbell(publish)
    eventually(lambda: bell.ring("inbox") or heard.rings)


def queued(redis_db: Any) -> list[str]:
    return [json.loads(raw)["headers"]["task"] for raw in redis_db.lrange("routine", 0, -1)]


def test_a_ring_reaches_the_tasks_own_queue_from_any_thread(
    redis_db: Any, eventually: Callable[..., Any]
) -> None:
    """Celery's current app belongs to a thread; the doorbell's thread must find ours."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(doorbell.ring, "core.sweep").result()
    eventually(lambda: "core.sweep" in queued(redis_db))


def test_a_message_is_dropped_when_it_is_a_minute_old(
    redis_db: Any, eventually: Callable[..., Any]
) -> None:
    doorbell.ring("core.sweep")
    eventually(lambda: queued(redis_db))
    message = json.loads(redis_db.lindex("routine", 0))
    assert message["headers"]["expires"]


def ring_in_milliseconds() -> float:
    started = time.monotonic()
    doorbell.ring("core.sweep")
    return (time.monotonic() - started) * 1000


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGSTOP])
def test_a_ring_costs_nothing_while_redis_is_away(
    redis_db: Any, redis_process: Child, eventually: Callable[..., Any], sign: Any
) -> None:
    doorbell.ring("core.sweep")
    eventually(lambda: queued(redis_db))
    os.kill(redis_process.pid, sign)
    try:
        # One may be unlucky on a busy machine; one that waits for Redis always takes long.
        assert statistics.median(ring_in_milliseconds() for _ in range(20)) < 100
    finally:
        if sign == signal.SIGSTOP:
            os.kill(redis_process.pid, signal.SIGCONT)
        else:
            redis_process.wait(90)
            redis_process.start()

    def heard_again() -> bool:
        doorbell.ring("core.sweep")
        try:
            return len(queued(redis_db)) > (1 if sign == signal.SIGSTOP else 0)
        except redis.RedisError:
            return False

    eventually(heard_again)


@pytest.mark.django_db(transaction=True)
def test_a_ring_waits_for_the_commit_and_a_rollback_rings_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> Never:
    rung: list[str] = []
    monkeypatch.setattr(doorbell, "ring", rung.append)
    with transaction.atomic():
        doorbell.ring_on_commit("core.sweep")
        assert rung == []
    assert rung == ["core.sweep"]
    with pytest.raises(RuntimeError), transaction.atomic():
        doorbell.ring_on_commit("core.sweep")
        raise RuntimeError
    assert rung == ["core.sweep"]
    doorbell.ring_on_commit("core.sweep")
    assert len(rung) == 2


@pytest.mark.django_db(transaction=True)
def test_a_bell_that_breaks_does_not_break_the_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(task: str) -> None:
        raise RuntimeError("no thread could be started")

    monkeypatch.setattr(doorbell, "ring", broken)
    with transaction.atomic():
        doorbell.ring_on_commit("core.sweep")
    assert not transaction.get_connection().in_atomic_block
