"""Best-effort news over Redis: hints to pages, counters of what was refused."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any, Never

import pytest
from django.db import transaction

from copilot.supervisor.processes import Child
from core import hints
from core import redis as our_redis
from core.counters import count, counts
from core.metrics import metrics_text
from tests.support.polling import GENEROUS


@pytest.fixture(autouse=True)
def trusting_redis(redis_db: Any) -> Iterator[None]:
    our_redis.forget_failures()
    yield
    our_redis.forget_failures()


@pytest.fixture
def listening(redis_db: Any) -> Iterator[Callable[[], Any]]:
    subscriber = redis_db.pubsub(ignore_subscribe_messages=True)
    subscriber.subscribe(hints.CHANNEL)
    subscriber.get_message(timeout=GENEROUS)
    yield lambda seconds=GENEROUS: subscriber.get_message(timeout=seconds)
    subscriber.close()


def test_a_hint_says_where_to_look_and_holds_no_data(listening: Any) -> None:
    hints.hint_publish(7, "queue")
    assert json.loads(listening()["data"]) == {"location": 7, "kind": "queue"}


@pytest.mark.django_db(transaction=True)
def test_a_hint_leaves_with_the_commit(listening: Any) -> Never:
    with transaction.atomic():
        hints.hint_on_commit(7)
        assert listening(0.3) is None
    assert listening() is not None
    with pytest.raises(RuntimeError), transaction.atomic():
        hints.hint_on_commit(7)
        raise RuntimeError
    assert listening(0.3) is None


def test_counters_add_up_by_name_and_connection(redis_db: Any) -> None:
    for _ in range(3):
        count("hooks.refused", "c1")
    count("hooks.refused", "c2")
    count("hooks.too_large")
    assert counts() == {
        ("hooks.refused", "c1"): 3,
        ("hooks.refused", "c2"): 1,
        ("hooks.too_large", ""): 1,
    }


@pytest.mark.django_db
def test_counters_are_in_the_metrics(redis_db: Any) -> None:
    count("hooks.refused", "c1")
    assert b'copilot_counted_total{connection="c1",name="hooks.refused"} 1.0' in metrics_text()


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGSTOP])
def test_nothing_fails_and_little_waits_while_redis_is_away(
    redis_process: Child, sign: Any
) -> None:
    os.kill(redis_process.pid, sign)
    try:
        started = time.monotonic()
        for _ in range(50):
            hints.hint_publish(1)
            count("hooks.refused", "c1")
        assert time.monotonic() - started < 2.5
        assert counts() == {}
    finally:
        if sign == signal.SIGSTOP:
            os.kill(redis_process.pid, signal.SIGCONT)
        else:
            redis_process.wait(90)


def test_it_tries_redis_again_after_a_moment(
    redis_db: Any, redis_process: Child, eventually: Callable[..., Any]
) -> None:
    os.kill(redis_process.pid, signal.SIGKILL)
    redis_process.wait(90)
    count("hooks.refused")
    redis_process.start()
    eventually(lambda: count("hooks.refused") or counts())
