"""Announcing news of our own: what a listener could not take is kept as a retry row."""

from integrations.events import Event
from integrations.inbox import events_announce


def news_announce(event: Event) -> None:
    """Let every listener hear it, in the caller's transaction."""
    events_announce([event])
