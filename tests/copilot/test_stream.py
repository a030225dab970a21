"""The live stream over a real server and a real Redis."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any

import httpx
import pytest

from copilot.listening import token_make
from core.hints import TOLD, hint_publish
from tests.support import services
from tests.support.polling import eventually

pytestmark = pytest.mark.worker


class Listener:
    """One open stream, read without blocking."""

    def __init__(self, port: int, token: str, origin: str = "") -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=5)
        lines = [f"GET /stream?token={token} HTTP/1.1", "Host: 127.0.0.1"]
        lines += [f"Origin: {origin}"] if origin else []
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self.socket.setblocking(False)
        self.text = ""
        self.ended = False

    def read(self) -> str:
        try:
            while part := self.socket.recv(65536):
                self.text += part.decode()
            self.ended = True
        except (BlockingIOError, ConnectionError):
            pass
        return self.text

    def is_ready(self) -> bool:
        return "event: ready" in self.read()

    def hints(self) -> list[dict[str, Any]]:
        lines = self.read().splitlines()
        return [
            json.loads(lines[place + 1][6:])
            for place, line in enumerate(lines)
            if line == "event: hint"
        ]

    def close(self) -> None:
        self.socket.close()


@pytest.fixture
def listeners(stream_server: Any) -> Iterator[Any]:
    with ExitStack() as stack:

        def open_one(user: int = 1, locations: tuple[int, ...] = (1,), **more: str) -> Listener:
            token = more.pop("token", "") or token_make(user, locations)
            listener = Listener(stream_server.port, token, **more)
            return stack.enter_context(closing(listener))

        yield open_one


def figure(url: str, name: str) -> int:
    for line in httpx.get(f"{url}/metrics").text.splitlines():
        if line.startswith(name + " "):
            return int(line.split()[1])
    raise AssertionError(f"{name} is not told")


def test_a_hint_reaches_those_who_may_hear_of_its_location(listeners: Any, redis_db: Any) -> None:
    mine, other = listeners(1, (7,)), listeners(2, (8,))
    eventually(lambda: mine.is_ready() and other.is_ready())
    eventually(lambda: redis_db.pubsub_numsub("copilot:hints")[0][1] == 1)
    hint_publish(7)
    eventually(lambda: {"location": 7, "kind": "queue"} in mine.hints())
    hint_publish(8)
    eventually(lambda: {"location": 8, "kind": "queue"} in other.hints())
    assert all(hint["location"] == 7 for hint in mine.hints())
    assert all(hint["location"] == 8 for hint in other.hints())


def test_a_piece_of_an_answer_reaches_its_person_and_nobody_else(
    listeners: Any, redis_db: Any
) -> None:
    mine, other = listeners(1, (7,)), listeners(2, (7,))
    eventually(lambda: mine.is_ready() and other.is_ready())
    eventually(lambda: redis_db.pubsub_numsub(TOLD)[0][1] == 1)
    for n in (1, 2):
        redis_db.publish(TOLD, json.dumps({"user": 1, "turn": 5, "n": n, "text": f"piece {n}"}))
    redis_db.publish(TOLD, b"[]")
    hint_publish(7)
    eventually(lambda: "piece 2" in mine.read() and other.hints() != [])
    assert mine.read().index("piece 1") < mine.read().index("piece 2")
    assert "piece" not in other.read()


@pytest.mark.parametrize("token", ["", "forged", "a.b.c"])
def test_without_a_good_token_there_is_no_stream(stream_server: Any, token: str) -> None:
    answer = httpx.get(f"{stream_server.url}/stream", params={"token": token})
    assert answer.status_code == 401
    assert "new one" in answer.text


def test_a_token_ends_after_a_minute(stream_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    past = time.time() - 61
    with monkeypatch.context() as patched:
        patched.setattr("django.core.signing.time.time", lambda: past)
        token = token_make(1, [1])
    assert httpx.get(f"{stream_server.url}/stream", params={"token": token}).status_code == 401


def test_another_site_is_refused_and_ours_is_named_exactly(
    stream_server: Any, listeners: Any, server_environment: dict[str, str]
) -> None:
    ours = server_environment["WEB_ORIGIN"]
    listener = listeners(origin=ours)
    eventually(listener.is_ready)
    assert f"access-control-allow-origin: {ours}\r\n" in listener.text
    refused = httpx.get(
        f"{stream_server.url}/stream",
        params={"token": token_make(1, [1])},
        headers={"Origin": "http://elsewhere.example"},
    )
    assert refused.status_code == 403
    assert refused.headers["access-control-allow-origin"] == ours


def test_the_token_is_never_logged(stream_server: Any, listeners: Any) -> None:
    token = token_make(991, [1])
    listener = listeners(token=token)
    eventually(listener.is_ready)
    listener.close()
    assert token not in stream_server.child.tail(500)


@pytest.mark.django_db(transaction=True)
def test_two_hundred_idle_streams_hold_no_database_connection(
    stream_server: Any, listeners: Any
) -> None:
    def connections() -> int:
        with services.superuser() as database:
            row = database.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = %s",
                [f"test_{services.worker_name()}"],
            ).fetchone()
            return int(row[0]) if row else -1

    before, opened = connections(), figure(stream_server.url, "copilot_streams_open")
    streams = [listeners(user, (1,)) for user in range(100, 300)]
    eventually(lambda: all(stream.is_ready() for stream in streams))
    assert figure(stream_server.url, "copilot_streams_open") >= opened + 200
    assert connections() <= before
    hint_publish(1)
    eventually(lambda: all(stream.hints() for stream in streams))
    for stream in streams:
        stream.close()
    eventually(lambda: figure(stream_server.url, "copilot_streams_open") <= opened)


def test_open_streams_survive_a_restart_of_redis(
    listeners: Any, redis_process: Any, redis_db: Any
) -> None:
    stream = listeners(5, (3,))
    eventually(stream.is_ready)
    eventually(lambda: redis_db.pubsub_numsub("copilot:hints")[0][1] == 1)
    redis_process.kill_group()
    redis_process.start()
    # After a gap every page is told to look for itself: what was hinted meanwhile is lost.
    eventually(lambda: {"location": 3, "kind": "queue"} in stream.hints())
    hint_publish(3, "presence")
    eventually(lambda: hint_and_told(stream))
    assert not stream.ended


def hint_and_told(stream: Listener) -> bool:
    from core.redis import forget_failures

    forget_failures()
    hint_publish(3, "presence")
    return {"location": 3, "kind": "presence"} in stream.hints()


def test_one_person_cannot_open_streams_without_end(listeners: Any, stream_server: Any) -> None:
    streams = [listeners(77, (1,)) for _ in range(20)]
    eventually(lambda: all(stream.is_ready() for stream in streams))
    refused = httpx.get(f"{stream_server.url}/stream", params={"token": token_make(77, [1])})
    assert refused.status_code == 429
