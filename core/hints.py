"""Hints to open dashboards: "something changed at this location; fetch it". Never data.

Beside them, on a channel of its own, what one person is being told.
"""

import json

from django.db import transaction

from core import redis

CHANNEL = "copilot:hints"
# Pieces of an answer for one person alone: the stream passes them to that person and nobody else.
TOLD = "copilot:told"


def hint_publish(location_id: int, kind: str = "queue") -> None:
    """Tell open pages of ``location_id`` to fetch. A lost hint is healed by their polling."""
    said = json.dumps({"location": location_id, "kind": kind})
    redis.attempt("hint", lambda client: client.publish(CHANNEL, said))


def hint_on_commit(location_id: int, kind: str = "queue") -> None:
    transaction.on_commit(lambda: hint_publish(location_id, kind), robust=True)
