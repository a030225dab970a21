"""Fixtures of integrations: secrets in the environment, and a salon's connections."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from integrations import hooks
from integrations.models import Connection
from tests.integrations import salon


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
