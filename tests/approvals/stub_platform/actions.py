"""The acting port of the stub: does a key once, whatever is asked, if it honours keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.platforms.base import ActionResult, Actions
from tests.approvals.stub_platform import world


class StubActions(Actions):
    def perform(self, action: str, payload: Mapping[str, Any], key: str) -> ActionResult:
        world.asked.append(key)
        if world.before_apply is not None:
            world.before_apply(action)
        if "idempotency" not in world.able or key not in world.keys(action):
            world.done.append((action, key, dict(payload)))
        if world.after_apply is not None:
            world.after_apply(action)
        return ActionResult(f"ref-{len(world.done)}")

    def look_up(self, action: str, payload: Mapping[str, Any], key: str) -> ActionResult | None:
        world.looked_up.append(key)
        if world.on_look_up is not None:
            world.on_look_up(action)
        return ActionResult(f"found-{key[-6:]}") if key in world.keys(action) else None


def actions(connection: Any) -> StubActions:
    return StubActions(connection)
