"""The one door by which news travels up: integrations announces, listeners registered here hear.

Listeners run inside the transaction that finishes the InboundEvent and only write rows. Each runs
in a savepoint: one that raises is handed to ``on_failure`` and does not stop the others.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import transaction

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Listener:
    """``kinds``: the Events it wants to hear, with all that derive from them; None: every one."""

    name: str
    hear: Callable[[Any], None]
    kinds: tuple[type, ...] | None = None

    def wants(self, event: Any) -> bool:
        return self.kinds is None or isinstance(event, self.kinds)


_listeners: dict[str, Listener] = {}


def listen(name: str, *kinds: type) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
    """Register a function that hears every Event, or those of ``kinds`` only.

    ``name`` is stable: retries are kept under it. Name the kinds wherever you can: each listener
    called costs every delivery a savepoint, two statements, whatever it does then.
    """

    def register(hear: Callable[[Any], None]) -> Callable[[Any], None]:
        if name in _listeners:
            raise ValueError(f"two listeners are named {name!r}")
        _listeners[name] = Listener(name, hear, kinds or None)
        return hear

    return register


def announce(event: Any, on_failure: Callable[[str, Any, str], None]) -> None:
    """Let every listener hear ``event``; ``on_failure(name, event, error)`` keeps a retry row."""
    for listener in [one for one in _listeners.values() if one.wants(event)]:
        try:
            with transaction.atomic():
                listener.hear(event)
        except Exception as error:
            logger.exception("listener %s raised", listener.name)
            on_failure(listener.name, event, f"{type(error).__name__}: {error}"[:500])


def announce_to(name: str, event: Any) -> None:
    """Let one listener hear an event again (its retry row came due)."""
    _listeners[name].hear(event)
