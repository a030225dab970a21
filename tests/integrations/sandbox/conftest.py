"""One small salon for all these tests, made fresh before each; a receiver for its webhooks."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from tests.support import free_ports, servers

TOKEN = "a-token-of-these-tests"
LIMITED = "a-token-for-webhooks-only"
# A Friday, 10 am in Los Angeles and 1 pm in New York, both salons open.
NOON = "2026-06-12T17:00:00Z"


@dataclass
class Salon:
    """The salon as a test meets it: `api` speaks the dialect, the rest is the other side."""

    url: str
    api: httpx.Client
    other_side: httpx.Client

    def act(self, action: str, **order: Any) -> Any:
        answer = self.other_side.post("/sandbox/act", json={"action": action, **order})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def turn(self, **knobs: Any) -> None:
        answer = self.other_side.post("/sandbox/knobs", json=knobs)
        assert answer.status_code == 200, answer.text

    def clock(self, **order: Any) -> Any:
        return self.other_side.post("/sandbox/clock", json=order).json()

    def history(self, kind: str, **params: Any) -> list[dict[str, Any]]:
        params = {"kind": kind, **params}
        return self.other_side.get("/sandbox/history", params=params).json()["data"]

    def record(self, ident: str) -> Any:
        return self.other_side.get(f"/sandbox/record/{ident}").json()

    def records(self, kind: str) -> list[dict[str, Any]]:
        return self.other_side.get(f"/sandbox/records/{kind}").json()["data"]

    def client(self, **details: Any) -> Any:
        """A new client who may be texted and mailed."""
        yes = {"transactional": True, "marketing": False, "at": NOON}
        given = {
            "firstName": "Nora",
            "lastName": "Test",
            "phone": "+12135550177",
            "email": "nora@example.com",
            "consent": {"sms": yes, "email": yes},
        }
        return self.act("add_client", **(given | details))

    def free_slot(self, number: int = 0, service: str = "svc_701") -> dict[str, Any]:
        params = {
            "locationId": "loc_1",
            "serviceId": service,
            "from": "2026-06-16T00:00:00Z",
            "to": "2026-06-20T00:00:00Z",
        }
        slot = self.api.get("/availability", params=params).json()["data"][number]
        return {
            "serviceId": service,
            "locationId": "loc_1",
            "startTime": slot["startTime"],
            "staffId": slot["staffId"],
            "source": "test",
        }

    def book(self, **more: Any) -> Any:
        order = self.free_slot() | {"clientId": more.pop("clientId", None) or self.client()["id"]}
        answer = self.api.post("/appointments", json=order | more)
        assert answer.status_code == 201, answer.text
        return answer.json()


@dataclass
class Receiver:
    """Takes webhooks; `answers` holds the status codes to give, then 202."""

    url: str
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    def bodies(self, event: str = "") -> list[dict[str, Any]]:
        bodies = [json.loads(body) for _, body in list(self.got)]
        return [body for body in bodies if not event or body.get("event") == event]


@pytest.fixture(scope="session")
def salon_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Salon]:
    port = free_ports.any_port()
    env = os.environ | {
        "SANDBOX_STATE": str(tmp_path_factory.mktemp("salon") / "salon.sqlite3"),
        "SANDBOX_TOKEN": TOKEN,
        "SANDBOX_LIMITED_TOKEN": LIMITED,
        "SANDBOX_SMALL": "1",
        "SANDBOX_NOW": NOON,
        "SANDBOX_SEED": "7",
        "WEB_ORIGIN": "http://127.0.0.1:8000",
    }
    target = "integrations.sandbox.wsgi:application"
    with servers.http_server("salon", "wsgi", target, port, env) as server:
        bearer = {"Authorization": f"Bearer {TOKEN}"}
        api = httpx.Client(base_url=f"{server.url}/v1", headers=bearer, timeout=10)
        with api, httpx.Client(base_url=server.url, timeout=20) as other_side:
            yield Salon(server.url, api, other_side)


@pytest.fixture
def salon(salon_process: Salon) -> Salon:
    """A fresh small salon at noon, knobs at rest, nobody subscribed."""
    salon_process.clock(now=NOON)
    salon_process.other_side.post(
        "/sandbox/reset", json={"small": True, "seed": 7, "keep_webhooks": False}
    )
    return salon_process


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            found.got.append((dict(self.headers.items()), body))
            self.send_response(found.answers.pop(0) if found.answers else 202)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Quiet: the test reads what came in."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Receiver(f"http://127.0.0.1:{server.server_port}/hook")
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture
def subscribe(salon: Salon, receiver: Receiver) -> Callable[..., Any]:
    def subscribed(**order: Any) -> Any:
        answer = salon.other_side.post("/sandbox/webhooks", json={"url": receiver.url, **order})
        assert answer.status_code == 200, answer.text
        return answer.json()

    return subscribed
