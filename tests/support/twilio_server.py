"""A stand-in for Twilio's Messages API that speaks its wire format over real HTTP.

Basic auth, form bodies, RFC 2822 dates, numbered errors, lists in pages: as documented. It can be
told to refuse, to slow down, or to take a text and lose the answer.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from core import clock

SID = "AC" + "0123456789abcdef" * 2
TOKEN = "twilio-auth-token-canary"
API_KEY = ("SK" + "a" * 32, "api-key-secret-canary")


@dataclass
class Trick:
    """What happens to the next request: an error, or an applied text whose answer is lost."""

    status: int = 0
    code: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False
    body: bytes | None = None


@dataclass
class TwilioServer:
    port: int
    messages: list[dict[str, Any]] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)
    queries: list[dict[str, str]] = field(default_factory=list)
    tricks: list[Trick] = field(default_factory=list)
    numbers: dict[str, str] = field(default_factory=dict)
    status: str = "queued"
    error_code: int | None = None
    account_status: str = "active"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def take(self, form: dict[str, str]) -> dict[str, Any]:
        number = len(self.messages) + 1
        message = {
            "sid": f"SM{number:032x}",
            "account_sid": SID,
            "to": form["To"],
            "from": form.get("From"),
            "messaging_service_sid": form.get("MessagingServiceSid"),
            "body": form["Body"],
            "status": self.status,
            "direction": "outbound-api",
            "date_created": format_datetime(clock.now().replace(microsecond=0)),
            "date_sent": None,
            "error_code": self.error_code,
            "error_message": None,
            "num_segments": "1",
            "uri": f"/2010-04-01/Accounts/{SID}/Messages/SM{number:032x}.json",
        }
        self.messages.append(message)
        return message

    @classmethod
    @contextmanager
    def running(cls) -> Iterator[TwilioServer]:
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        server.twilio = cls(server.server_address[1])  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield server.twilio  # type: ignore[attr-defined]
        finally:
            server.shutdown()
            server.server_close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65536

    @property
    def twilio(self) -> TwilioServer:
        return self.server.twilio  # type: ignore[attr-defined, no-any-return]

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        trick = self.twilio.tricks.pop(0) if self.twilio.tricks else Trick()
        if not self._known():
            return
        if trick.status:
            self._error(trick.status, trick.code, trick.headers)
            return
        form = dict(parse_qsl(raw.decode(), keep_blank_values=True, strict_parsing=True))
        self.twilio.forms.append(form)
        message = self.twilio.take(form)
        if trick.drop:
            self.close_connection = True
            return
        self._say(201, message, body=trick.body)

    def do_GET(self) -> None:
        if not self._known():
            return
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        self.twilio.queries.append(query)
        rest = parts.path.removeprefix(f"/2010-04-01/Accounts/{SID}")
        if rest == ".json":
            self._say(200, {"sid": SID, "status": self.twilio.account_status})
        elif rest == "/Messages.json":
            self._say(200, {"messages": self._found(query), "next_page_uri": None})
        elif rest == "/IncomingPhoneNumbers.json":
            known = self.twilio.numbers.get(query.get("PhoneNumber", ""))
            rows = [] if known is None else [{"sms_url": known}]
            self._say(200, {"incoming_phone_numbers": rows})
        else:
            sid = rest.removeprefix("/Messages/").removesuffix(".json")
            one = [message for message in self.twilio.messages if message["sid"] == sid]
            self._say(200, one[0]) if one else self._error(404, 20404, {})

    def _found(self, query: dict[str, str]) -> list[dict[str, Any]]:
        return [
            message
            for message in reversed(self.twilio.messages)
            if query.get("To") in (None, message["to"])
            and query.get("From") in (None, message["from"])
        ]

    def _known(self) -> bool:
        given = self.headers.get("Authorization", "")
        pairs = [(SID, TOKEN), API_KEY]
        known = {"Basic " + base64.b64encode(":".join(pair).encode()).decode() for pair in pairs}
        if given in known:
            return True
        self._error(401, 20003, {})
        return False

    def _error(self, status: int, code: int | None, headers: dict[str, str]) -> None:
        said = {
            "code": code,
            "message": f"The number {self.twilio.forms[-1]['To'] if self.twilio.forms else ''} …",
            "more_info": f"https://www.twilio.com/docs/errors/{code}",
            "status": status,
        }
        self._say(status, said, headers)

    def _say(
        self,
        status: int,
        data: Any,
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
    ) -> None:
        raw = json.dumps(data).encode() if body is None else body
        self.send_response(status)
        for name, value in {"Content-Length": str(len(raw)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: the test's own output is what matters."""
