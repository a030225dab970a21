"""Fixtures of approvals: a frozen clock, the stub platform, a desk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from core import clock
from integrations.checks import Changed, Holds, checks
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


@pytest.fixture
def truth() -> Iterator[dict[str, Any]]:
    """A check whose answer the test decides."""
    told: dict[str, Any] = {"holds": True, "what": "The appointment was moved.", "now": "Sat 11 am"}
    checks.names()
    checks.register(
        "test_truth",
        lambda params, reading: Holds() if told["holds"] else Changed(told["what"], told["now"]),
    )
    yield told
    checks.forget("test_truth")
