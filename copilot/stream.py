"""Live hints to open pages: a small ASGI application beside the pages, without Django's handler.

Django holds a thread per open stream, and a database connection once a view has touched the
database: a few dozen tablets would use up the pool. Here a stream costs about 40 kB and nothing
else. One Redis subscription per process feeds all of them. A hint never carries data; pieces of an
answer go to the person who asked and to nobody else.
"""

import asyncio
import json
import os
import random
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "copilot.settings")

from django.conf import settings

from copilot.listening import Listening, token_read
from copilot.stream_hub import Client, Hub

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

HEARTBEAT_SECONDS = 15.0
# A right that was taken away ends with the stream; the page then asks for a new token.
OPEN_SECONDS = 240.0
SLOW_SECONDS = 10.0
MOST_PER_PERSON = 20
MOST = 5000

hub = Hub(settings.REDIS_URL)


async def application(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
    """``GET /stream?token=…`` and, for machines, ``GET /healthz`` and ``GET /metrics``."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
        return
    if scope["type"] != "http":
        return
    path, method = scope["path"], scope["method"]
    if method != "GET":
        await _answer(send, 405, "Only GET.")
    elif path == "/stream":
        await _stream(scope, receive, send)
    elif path == "/healthz":
        await _answer(send, 200, "ok")
    elif path == "/metrics":
        await _answer(send, 200, hub.figures())
    else:
        await _answer(send, 404, "There is nothing here.")


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            hub.start()
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await hub.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return


async def _stream(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
    if _origin(scope) not in {"", settings.WEB_ORIGIN}:
        await _answer(send, 403, "This stream belongs to another site.")
        return
    query = parse_qs(scope.get("query_string", b"").decode("ascii", "replace"))
    listening = token_read(query.get("token", [""])[0])
    if listening is None:
        await _answer(send, 401, "The token is too old. Ask for a new one.")
        return
    if hub.open >= MOST or hub.open_of(listening.user) >= MOST_PER_PERSON:
        await _answer(send, 429, "Too many open pages.")
        return
    hub.start()
    await _serve(listening, receive, send)


async def _serve(listening: Listening, receive: Receive, send: Send) -> None:
    """Write until the page goes away, is too slow, or its time is over."""
    with hub.joined(listening) as client:
        gone = asyncio.ensure_future(_until_gone(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _headers(True)})
            await _write_until(client, gone, send)
        except (TimeoutError, OSError, RuntimeError):
            # Too slow, or closed while we wrote: the page asks for a new stream by itself.
            hub.dropped += 1
        finally:
            gone.cancel()


async def _write_until(client: Client, gone: "asyncio.Future[None]", send: Send) -> None:
    loop = asyncio.get_running_loop()
    # Jitter: pages that were opened together after a restart must not all come back together.
    end = loop.time() + OPEN_SECONDS * random.uniform(0.9, 1.1)
    await _write(send, b"retry: 3000\nevent: ready\ndata: {}\n\n")
    while not gone.done() and not hub.stopping:
        left = end - loop.time()
        if left <= 0:
            await _write(send, b"event: again\ndata: {}\n\n")
            break
        hints = await client.wait(min(left, HEARTBEAT_SECONDS), gone)
        lines = [f"event: hint\ndata: {json.dumps(hint)}\n\n" for hint in hints]
        told = client.pieces_taken()
        lines += [f"event: piece\ndata: {json.dumps(piece)}\n\n" for piece in told]
        await _write(send, "".join(lines).encode() or b": still here\n\n")
    await asyncio.wait_for(send({"type": "http.response.body", "body": b""}), SLOW_SECONDS)


async def _write(send: Send, body: bytes) -> None:
    part = {"type": "http.response.body", "body": body, "more_body": True}
    await asyncio.wait_for(send(part), SLOW_SECONDS)


async def _until_gone(receive: Receive) -> None:
    while True:
        if (await receive())["type"] == "http.disconnect":
            return


async def _answer(send: Send, status: int, text: str) -> None:
    await send({"type": "http.response.start", "status": status, "headers": _headers(False)})
    await send({"type": "http.response.body", "body": text.encode() + b"\n"})


def _headers(stream: bool) -> list[tuple[bytes, bytes]]:
    kind = b"text/event-stream" if stream else b"text/plain; charset=utf-8"
    return [
        (b"content-type", kind),
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),
        (b"referrer-policy", b"no-referrer"),
        (b"access-control-allow-origin", settings.WEB_ORIGIN.encode()),
        (b"vary", b"Origin"),
    ]


def _origin(scope: MutableMapping[str, Any]) -> str:
    for name, value in scope.get("headers", []):
        if bytes(name).lower() == b"origin":
            return bytes(value).decode("latin-1")
    return ""
