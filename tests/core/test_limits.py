"""The rate limit and pause that all workers of a connection share."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from copilot.supervisor.processes import Child
from core import redis as our_redis
from core.errors import Temporary
from core.http import OutboundClient
from core.limits import Limiter
from tests.core.misbehaving import Misbehaving


@pytest.fixture(autouse=True)
def trusting_redis(redis_db: Any) -> Iterator[None]:
    our_redis.forget_failures()
    yield
    our_redis.forget_failures()


def test_a_burst_goes_through_and_then_calls_are_spread(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr("core.limits.time.sleep", waits.append)
    limiter = Limiter("c1", rate_per_second=0.5)
    limiter.take()
    assert waits == [], "one at once, whatever the rate"
    limiter.take()
    assert 0 < sum(waits) <= 2, "the next one two seconds after it"
    with pytest.raises(Temporary):
        limiter.take()


def test_many_workers_share_one_limit() -> None:
    started = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: Limiter("shared", rate_per_second=40).take(), range(72)))
    assert time.monotonic() - started >= 0.7


def test_two_connections_do_not_share_a_limit() -> None:
    Limiter("a", rate_per_second=0.1).take()
    Limiter("b", rate_per_second=0.1).take()


def test_a_long_line_gives_the_work_back_with_the_time_to_wait() -> None:
    limiter = Limiter("slow", rate_per_second=0.1)
    limiter.take()
    with pytest.raises(Temporary) as raised:
        limiter.take()
    assert raised.value.after is not None
    assert timedelta(seconds=8) < raised.value.after <= timedelta(seconds=10)


def test_a_pause_keeps_every_worker_of_that_connection_away() -> None:
    Limiter("paused", 20).pause(timedelta(seconds=30))
    with pytest.raises(Temporary) as raised:
        Limiter("paused", 20).take()
    assert raised.value.after is not None
    assert timedelta(seconds=29) < raised.value.after <= timedelta(seconds=30)
    Limiter("another", 20).take()


def test_a_retry_after_pauses_the_next_call_before_it_leaves(salon: Misbehaving) -> None:
    salon.answer("/busy", 429, {}, {"Retry-After": "20"})
    client = OutboundClient(salon.url, limiter_key="c9")
    with pytest.raises(Temporary):
        client.get("/busy")
    with pytest.raises(Temporary) as raised:
        client.post("/other", json={})
    assert raised.value.after is not None
    assert raised.value.after > timedelta(seconds=18)
    assert len(salon.seen) == 1


def test_without_redis_calls_go_on(salon: Misbehaving, redis_process: Child) -> None:
    os.kill(redis_process.pid, signal.SIGKILL)
    redis_process.wait(90)
    client = OutboundClient(salon.url, limiter_key="c1", rate_per_second=0.2)
    for _ in range(5):
        client.get("/ok")
    assert len(salon.seen) == 5


def test_a_frozen_redis_costs_one_time_out_and_not_one_per_call(
    salon: Misbehaving, redis_process: Child
) -> None:
    os.kill(redis_process.pid, signal.SIGSTOP)
    try:
        client = OutboundClient(salon.url, limiter_key="c1")
        started = time.monotonic()
        for _ in range(40):
            client.get("/ok")
        # A quarter of a second each would be ten.
        assert time.monotonic() - started < 8
    finally:
        os.kill(redis_process.pid, signal.SIGCONT)


def test_without_a_key_nothing_is_limited(salon: Misbehaving) -> None:
    client = OutboundClient(salon.url, rate_per_second=0.001)
    for _ in range(3):
        client.get("/ok")
    assert len(salon.seen) == 3
