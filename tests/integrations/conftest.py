"""Fixtures of integrations: secrets in the environment, and a salon's connections."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from core import clock
from integrations import hooks
from integrations.models import Connection
from integrations.sandbox.remote import Remote
from tests.integrations import salon
from tests.support import free_ports, servers


@pytest.fixture(autouse=True)
def secrets_in_place(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TEST_HOOK_SECRET", salon.SECRET)
    monkeypatch.setenv("TEST_HOOK_SECRET_OLD", salon.OLD_SECRET)
    monkeypatch.setenv("TEST_TOKEN", "a-token")
    hooks.forget_connections()
    yield
    hooks.forget_connections()


@pytest.fixture
def connection(db: None) -> Connection:
    """A full connection without locations."""
    return salon.connection_make()


@pytest.fixture
def maple(connection: Connection) -> Connection:
    """A full connection with one location (Los Angeles)."""
    salon.location_make(connection)
    return connection


@pytest.fixture
def plain(db: None) -> Connection:
    """The platform as most salons have it."""
    return salon.hooks_only_make()


@pytest.fixture(scope="session")
def one_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Server]:
    """One small salon process for all adapter tests; ``platform`` makes it fresh for each."""
    port = free_ports.any_port()
    env = dict(os.environ) | {
        "SANDBOX_PORT": str(port),
        "SANDBOX_TOKEN": "a-token",
        "SANDBOX_LIMITED_TOKEN": "a-limited-token",
        "SANDBOX_WEBHOOK_SECRET": salon.SECRET,
        "SANDBOX_SMALL": "1",
        "SANDBOX_STATE": str(tmp_path_factory.mktemp("platform") / "salon.sqlite3"),
    }
    target = "integrations.sandbox.wsgi:application"
    with servers.http_server("platform", "wsgi", target, port, env) as server:
        yield server


@pytest.fixture
def remote(one_sandbox: servers.Server) -> Iterator[Remote]:
    """The other side of the platform: its controls, after a reset. Both clocks stand at noon."""
    made = Remote(one_sandbox.url)
    made.post("knobs", reset=True)
    made.post("clock", now=salon.NOON.isoformat().replace("+00:00", "Z"))
    made.post("reset", seed=7, small=True, keep_webhooks=False)
    with clock.frozen(salon.NOON):
        yield made
    made.http.close()


@pytest.fixture
def platform(
    db: None, remote: Remote, one_sandbox: servers.Server, settings: Any, redis_db: Any
) -> Connection:
    """A full connection to that salon, over real HTTP."""
    settings.OUTBOUND_ALLOW = [f"127.0.0.1:{one_sandbox.port}"]
    return salon.connection_make(base_url=f"{one_sandbox.url}/v1", rate_per_second=1000)
