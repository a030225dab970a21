"""Two hundred idle live streams: how many database connections they hold, and the fan-out.

The baseline is the same count before the first stream was opened.
"""

import json
import socket
import time
from collections.abc import Iterator

from benchmarks.figures import Figure, none_of, percentile
from benchmarks.stack import Stack, stack

STREAMS = 200
LISTEN_SECONDS = 10


def run() -> Iterator[Figure]:
    with stack() as made:
        made.stream()
        before = held(made)
        streams = [opened(made, stream_path(person)) for person in range(1, STREAMS + 1)]
        deadline = time.monotonic() + LISTEN_SECONDS
        most = 0
        while time.monotonic() < deadline:
            most = max(most, held(made))
            time.sleep(0.5)
        reached, fan_out = heard_by_all(streams)
        extra = max(0, most - before)
        yield Figure(
            "database connections held by 200 idle streams",
            str(extra),
            "0",
            f"{before} before the first stream",
            extra == 0 and len(streams) == STREAMS,
        )
        yield none_of(
            "streams that missed a hint",
            STREAMS - reached,
            STREAMS,
            f"fan-out p95 {percentile(fan_out, 95):.0f} ms",
        )


def held(made: Stack) -> int:
    """Connections of the product's role, this process's own left out."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE usename = 'copilot_app'"
            " AND pid <> pg_backend_pid()"
        )
        return int(cursor.fetchone()[0])


def stream_path(person: int) -> str:
    """The address with one person's right to listen at location 1."""
    from copilot.listening import token_make

    return f"/stream?token={token_make(person, [1])}"


def opened(made: Stack, path: str) -> socket.socket:
    stream = socket.create_connection(("127.0.0.1", made.ports["stream"]), timeout=10)
    origin = made.url("web")
    stream.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: {origin}\r\n\r\n".encode())
    first = stream.recv(65536)
    if b" 200 " not in first.split(b"\r\n", 1)[0]:
        raise RuntimeError(f"a stream was refused: {first[:200]!r}")
    return stream


def heard_by_all(streams: list[socket.socket]) -> tuple[int, list[float]]:
    """Publish one hint; how many streams got it, and after how many milliseconds each."""
    from core import hints, redis

    began = time.monotonic()
    redis.client().publish(hints.CHANNEL, json.dumps({"location": 1, "kind": "queue"}))
    took = []
    for stream in streams:
        stream.settimeout(3)
        text = b""
        try:
            while b"event: hint" not in text:
                text += stream.recv(65536)
        except TimeoutError:
            continue
        took.append((time.monotonic() - began) * 1000)
    return len(took), took or [0.0, 0.0]
