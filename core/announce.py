"""The one door by which news travels up: integrations announces, listeners registered here hear.

Listeners run inside the transaction that finishes the InboundEvent and only write rows: what they
do can be undone, and done again. One that raises is handed to ``on_failure`` and does not stop the
others.
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

    ``name`` is stable: retries are kept under it. Name the kinds wherever you can: a listener that
    hears an Event to find that it has nothing to do delays every delivery.
    """

    def register(hear: Callable[[Any], None]) -> Callable[[Any], None]:
        if name in _listeners:
            raise ValueError(f"two listeners are named {name!r}")
        _listeners[name] = Listener(name, hear, kinds or None)
        return hear

    return register


def announce(event: Any, on_failure: Callable[[str, Any, str], None]) -> None:
    """Let every listener hear ``event``; ``on_failure(name, event, error)`` keeps a retry row.

    All of them in one savepoint: one each is a third of the statements of a delivery. Only when
    one raises is that undone, and each hears the event again in a savepoint of its own.
    """
    wanting = [one for one in _listeners.values() if one.wants(event)]
    if not wanting:
        return
    try:
        with transaction.atomic():
            for listener in wanting:
                listener.hear(event)
    except Exception:
        for listener in wanting:
            _hear_alone(listener, event, on_failure)


def _hear_alone(
    listener: Listener, event: Any, on_failure: Callable[[str, Any, str], None]
) -> None:
    try:
        with transaction.atomic():
            listener.hear(event)
    except Exception as error:
        logger.exception("listener %s raised", listener.name)
        on_failure(listener.name, event, f"{type(error).__name__}: {error}"[:500])


def announce_to(name: str, event: Any) -> None:
    """Let one listener hear an event again (its retry row came due)."""
    _listeners[name].hear(event)
