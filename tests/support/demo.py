"""The whole product beside its sandbox salon, as `make demo` runs it, for stories in a browser."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import StringIO
from typing import Any
from unittest import mock

from django.core.management import call_command
from django.test import override_settings

from core import clock
from integrations import hooks
from integrations.sandbox.remote import Remote
from tests.support import servers, services
from tests.support.beat import beating


@dataclass
class DemoStack:
    """A running demo: where the desk and the salon are, and what can be done in the salon."""

    desk: str
    sandbox: str
    token: str
    remote: Remote
    taken: list[tuple[str, str, str]] = field(default_factory=list)

    def client(self, first: str, last: str, phone: str) -> str:
        """Somebody new who agreed to texts; returns the salon's id."""
        agreed = {"transactional": True, "marketing": False, "at": f"{clock.now():%Y-%m-%d}"}
        never = {"transactional": False, "marketing": False, "at": None}
        consent = {"sms": agreed, "email": never}
        order = {"firstName": first, "lastName": last, "phone": phone, "consent": consent}
        return str(self.remote.act("add_client", **order)["id"])

    def book(self, client: str, at: str = "") -> dict[str, Any]:
        """A booking at the salon's front desk, at the next free moment after tomorrow; ``at``: of
        this location."""
        slot = self._free_slot(at)
        self.taken.append((slot["staffId"], slot["startTime"], slot["endTime"]))
        wanted = {key: slot[key] for key in ("startTime", "staffId", "serviceId", "locationId")}
        return self.remote.act("book", clientId=client, **wanted)

    def texts(self, client: str) -> list[dict[str, Any]]:
        """What really went to this client's phone, by the salon's own record."""
        found = self.remote.get("messages", clientId=client, channel="sms", direction="outbound")
        return list(found["data"])

    def _free_slot(self, at: str = "") -> dict[str, Any]:
        begin = clock.now() + timedelta(days=1)
        services_of_salon = self.remote.get("records/service")["data"]
        for service in services_of_salon:
            for place in [one for one in service["locationIds"] if at in ("", one)]:
                for slot in self._availability(service["id"], place, begin):
                    if not self._clashes(slot):
                        return slot | {"serviceId": service["id"], "locationId": place}
        raise AssertionError("the salon has no free hour in the next week")

    def _availability(self, service: str, place: str, begin: datetime) -> list[dict[str, Any]]:
        answer = self.remote.http.get(
            "/v1/availability",
            headers={"Authorization": f"Bearer {self.token}"},
            params={
                "locationId": place,
                "serviceId": service,
                "from": f"{begin:%Y-%m-%dT%H:%M:%SZ}",
                "to": f"{begin + timedelta(days=7):%Y-%m-%dT%H:%M:%SZ}",
            },
        )
        return list(answer.raise_for_status().json()["data"])

    def _clashes(self, slot: dict[str, Any]) -> bool:
        return any(
            staff == slot["staffId"] and start < slot["endTime"] and slot["startTime"] < end
            for staff, start, end in self.taken
        )


@contextmanager
def running(env: dict[str, str], desk: str, sandbox_port: int) -> Iterator[DemoStack]:
    """The sandbox, the demo's set-up, a worker and the beat, beside a web that runs already.

    Quiet hours are lifted: the story is told at any hour of the day.
    """
    # The folder is every worker's of this run; the salon is one worker's own.
    folder = services.folder()
    state = folder / f"demo-{services.worker_name()}.sqlite3"
    for old in folder.glob(f"{state.name}*"):
        old.unlink()
    env = env | {"SANDBOX_STATE": str(state), "SANDBOX_SMALL": "1"}
    with ExitStack() as stack:
        target = "integrations.sandbox.wsgi:application"
        salon = stack.enter_context(
            servers.http_server("sandbox", "wsgi", target, sandbox_port, env)
        )
        with told(env, desk, salon.url):
            call_command("demo_setup", stdout=StringIO())
        stack.enter_context(
            servers.celery_worker("worker-demo", "inbox,drafts,effects,routine", env)
        )
        stack.enter_context(beating())
        remote = Remote(salon.url)
        stack.callback(remote.http.close)
        yield DemoStack(desk, salon.url, env["SANDBOX_TOKEN"], remote)


@contextmanager
def told(env: Mapping[str, str], desk: str, salon: str) -> Iterator[None]:
    """This process as one of the demo's own: a command of theirs can be run in it, which spares the
    seconds of importing everything once more."""
    secrets = {name: env[name] for name in ("SANDBOX_TOKEN", "SANDBOX_WEBHOOK_SECRET")}
    allowed = [salon.removeprefix("http://")]
    # Deliveries carry the real time: by a clock that stands still none of them is ever due.
    with (
        mock.patch.object(clock, "_frozen", None),
        mock.patch.dict(os.environ, secrets),
        override_settings(DEMO=True, SANDBOX_URL=salon, WEB_ORIGIN=desk, OUTBOUND_ALLOW=allowed),
    ):
        hooks.forget_connections()
        yield
    hooks.forget_connections()
