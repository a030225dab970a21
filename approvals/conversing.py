"""Open conversations hear at once that something was said, or that something arrived."""

from typing import Any

from core.announce import listen
from core.hints import hint_on_commit
from integrations import events
from integrations.models import Location

TALK = (events.MessageReceived, events.StaffReplied, events.MessageStatusChanged)


@listen("conversations", *TALK)
def conversations_hear(event: Any) -> None:
    """A hint to the location's pages; to all of the connection's where the location is unknown."""
    if event.history:
        return
    if event.location_id is not None:
        hint_on_commit(event.location_id, "message")
        return
    here = Location.objects.filter(connection_id=event.connection_id, deleted_at=None)
    for location_id in here.values_list("pk", flat=True)[:50]:
        hint_on_commit(location_id, "message")
