"""A model server over real HTTP that can be told to misbehave."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

USAGE = {
    "prompt_tokens": 900,
    "completion_tokens": 60,
    "total_tokens": 960,
    "prompt_tokens_details": {"cached_tokens": 800},
}
Answer = Callable[["Handler"], None]


@dataclass
class ModelServer:
    """``answers`` are used in turn, the last one for ever; ``requests`` are what came in."""

    port: int = 0
    answers: list[Answer] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def says(self, body: str, subject: str = "") -> None:
        self.answers = [completion(json.dumps({"subject": subject, "body": body}))]

    @property
    def heard(self) -> str:
        return json.dumps(self.requests)


class Handler(BaseHTTPRequestHandler):
    # Without these every call takes 48 ms (delayed acknowledgements).
    disable_nagle_algorithm = True
    wbufsize = 65536
    protocol_version = "HTTP/1.1"
    box: ModelServer

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        self.box.requests.append(json.loads(self.rfile.read(length)))
        turn = min(len(self.box.requests), len(self.box.answers)) - 1
        with contextlib.suppress(OSError):
            self.box.answers[turn](self)

    def send(self, body: bytes, status: int = 200, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *args: Any) -> None:
        """Quiet."""


def completion(content: str | None, finish: str = "stop", **message: Any) -> Answer:
    """A well-formed chat completion with this content."""
    data = {
        "id": "cmpl_1",
        "object": "chat.completion",
        "created": 1,
        "model": "gpt-5-mini",
        "choices": [
            {
                "index": 0,
                "finish_reason": finish,
                "message": {"role": "assistant", "content": content, **message},
            }
        ],
        "usage": USAGE,
    }
    return raw(json.dumps(data).encode())


def raw(body: bytes, status: int = 200, kind: str = "application/json") -> Answer:
    return lambda handler: handler.send(body, status, kind)


def hang(handler: Handler) -> None:
    """Accepts and never answers."""
    handler.box.stopping.wait(30)


def drip(handler: Handler) -> None:
    """A byte every tenth of a second: no single read ever times out."""
    handler.send_response(200)
    handler.send_header("content-type", "application/json")
    handler.send_header("content-length", "100000")
    handler.end_headers()
    while not handler.box.stopping.wait(0.1):
        handler.wfile.write(b" ")
        handler.wfile.flush()


@contextmanager
def serving() -> Iterator[ModelServer]:
    box = ModelServer()
    handler = type("BoxedHandler", (Handler,), {"box": box})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    box.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield box
    finally:
        box.stopping.set()
        server.shutdown()
        server.server_close()
