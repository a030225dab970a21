"""The product's Celery app with shorter waits, for a run that has seconds and not minutes.

Only waits are shorter: leases, backoff, and how long a lost answer may still be on its way. With
REMOVED_GUARD a named guard is taken away, to show that the witness would see it.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import django

from copilot.worker import app

__all__ = ["app"]

LEASE = timedelta(seconds=8)


def shorten() -> None:
    from approvals import effects
    from core import work

    app.loader.import_default_modules()
    for queue in work.Queue.registered.values():
        object.__setattr__(queue, "lease", LEASE)
        # On a busy machine a short lease runs out under a living worker, which counts as a try.
        object.__setattr__(queue, "most_attempts", queue.most_attempts * 4)
    work.BACKOFF_FIRST, work.BACKOFF_MOST = timedelta(seconds=0.3), timedelta(seconds=2)
    effects.SETTLE_AFTER = timedelta(seconds=1)


class FreshKeys:
    """Actions that give every try a key of its own: what a naive sender does."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def perform(self, action: str, payload: Mapping[str, Any], key: str) -> Any:
        return self.inner.perform(action, payload, f"{key}-{uuid.uuid4().hex[:8]}")

    def look_up(self, action: str, payload: Mapping[str, Any], key: str) -> Any:
        return self.inner.look_up(action, payload, key)


def repeat_blindly() -> None:
    """A lost answer counts as "not sent": nothing is looked up, no key is kept."""
    from approvals import effects

    actions_of = effects.actions_of
    effects.settle_first = effects._call_again
    effects.actions_of = lambda account: FreshKeys(actions_of(account))  # type: ignore


REMOVE: dict[str, Callable[[], None]] = {"settle_first": repeat_blindly}

django.setup()
shorten()
if os.environ.get("REMOVED_GUARD"):
    REMOVE[os.environ["REMOVED_GUARD"]]()
