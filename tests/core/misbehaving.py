"""A small real HTTP server that does whatever the path says."""

from __future__ import annotations

import gzip
import json
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Seen:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Misbehaving:
    port: int
    seen: list[Seen] = field(default_factory=list)
    answers: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    release: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def answer(
        self, path: str, status: int, data: Any = None, headers: dict[str, str] | None = None
    ) -> None:
        body = data if isinstance(data, bytes) else json.dumps(data).encode()
        self.answers[f"/v1{path}"] = (status, headers or {}, body)

    @classmethod
    @contextmanager
    def running(cls, ssl_context: Any = None) -> Iterator[Misbehaving]:
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        if ssl_context:
            server.socket = ssl_context.wrap_socket(server.socket, server_side=True)
        server.salon = cls(server.server_address[1])  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield server.salon  # type: ignore[attr-defined]
        finally:
            server.salon.release.set()  # type: ignore[attr-defined]
            server.shutdown()
            server.server_close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Else every answer waits 40 ms for a delayed acknowledgement.
    disable_nagle_algorithm = True
    wbufsize = 65536

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except OSError:
            self.close_connection = True

    def do_any(self) -> None:
        salon: Misbehaving = self.server.salon  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        salon.seen.append(Seen(self.command, self.path, headers, body))
        path = self.path.partition("?")[0]
        trick = getattr(self, f"trick_{path.rsplit('/', 1)[-1].replace('-', '_')}", None)
        if path in salon.answers:
            self.say(*salon.answers[path])
        elif trick:
            trick()
        else:
            self.say(200, {}, json.dumps({"path": self.path}).encode())

    do_GET = do_POST = do_PATCH = do_DELETE = do_any

    def say(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def trick_hang(self) -> None:
        self.server.salon.release.wait(20)  # type: ignore[attr-defined]
        self.close_connection = True

    def trick_reset(self) -> None:
        """The request is read whole, then the connection is reset: was it applied?"""
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()
        self.close_connection = True

    def trick_drop(self) -> None:
        self.close_connection = True

    def trick_half(self) -> None:
        self.say(200, {"Content-Length": "1000"}, b'{"id": ')
        self.close_connection = True

    def trick_drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100000")
        self.end_headers()
        while not self.server.salon.release.wait(0.05):  # type: ignore[attr-defined]
            self.wfile.write(b" ")
            self.wfile.flush()
        self.close_connection = True

    def trick_drip_headers(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not self.server.salon.release.wait(0.05):  # type: ignore[attr-defined]
            self.wfile.write(b"a")
            self.wfile.flush()
        self.close_connection = True

    def trick_endless(self) -> None:
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        for _ in range(400):
            self.wfile.write(b" " * 65536)
        self.close_connection = True

    def trick_bomb(self) -> None:
        packed = gzip.compress(b" " * (40 * 1024 * 1024))
        self.say(200, {"Content-Encoding": "gzip"}, packed)

    def trick_zipped(self) -> None:
        self.say(200, {"Content-Encoding": "gzip"}, gzip.compress(b'{"zipped": true}'))

    def trick_garbage(self) -> None:
        self.wfile.write(b"this is not HTTP at all\r\n\r\n")
        self.close_connection = True

    def trick_html(self) -> None:
        self.say(200, {"Content-Type": "text/html"}, b"<html>maintenance</html>")

    def trick_empty(self) -> None:
        self.send_response(204)
        self.end_headers()

    def trick_cookie(self) -> None:
        self.say(200, {"Set-Cookie": "session=of-another; Path=/"}, b"{}")

    def log_message(self, format: str, *args: Any) -> None:
        pass
