"""Fixtures of approvals: a frozen clock, the stub platform, a desk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from core import clock
from integrations.platforms.base import platforms
from tests.approvals import stub_platform
from tests.approvals.desk import NOW, Desk, desk_make


@pytest.fixture
def held() -> Iterator[Any]:
    """The clock, standing still on a Monday morning; ``held.move`` advances it."""
    with clock.frozen(NOW) as frozen:
        yield frozen


@pytest.fixture
def world() -> Iterator[stub_platform.World]:
    """The stub platform, registered for the length of a test."""
    platforms.names()
    platforms.register("stub", stub_platform.Stub())
    yield stub_platform.fresh()
    platforms.forget("stub")


@pytest.fixture
def desk(db: None, held: Any, world: stub_platform.World) -> Desk:
    return desk_make()


@pytest.fixture
def shared_desk(transactional_db: None, held: Any, world: stub_platform.World) -> Desk:
    """A desk whose rows other connections can see."""
    return desk_make()
