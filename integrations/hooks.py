"""Storing a delivery: one insert, and the little cache that keeps it one insert.

A connection is kept per process for a few seconds with its secrets resolved, so that a busy hook
asks the database for nothing but the insert itself. A changed secret counts within that time.
"""

import hashlib
import time
from datetime import datetime
from uuid import UUID

from django.db import InterfaceError, OperationalError
from django.db import connection as database

from core import clock
from integrations.models import Connection, InboundEvent

KEPT_SECONDS = 3.0
MOST_KEPT = 1000
_kept: dict[UUID, tuple[float, Connection | None]] = {}

INSERT = """
    INSERT INTO integrations_inboundevent
        (connection_id, delivery_id, source, kind, body, body_sha256, received_at, outcome,
         announced, state, attempts, not_before, last_error)
    VALUES (%s, %s, 'webhook', %s, %s, %s, %s, '', '[]', 'waiting', 0, %s, '')
    ON CONFLICT (connection_id, delivery_id) DO NOTHING"""


def hook_connection(pk: UUID) -> Connection | None:
    """The connection a hook belongs to; None when there is none or it is switched off."""
    now = time.monotonic()
    held = _kept.get(pk)
    if held is not None and held[0] > now:
        return held[1]
    found = Connection.objects.filter(pk=pk).exclude(status=Connection.Status.OFF).first()
    if len(_kept) >= MOST_KEPT:
        _kept.clear()
    _kept[pk] = (now + KEPT_SECONDS, found)
    return found


def forget_connections() -> None:
    """Read connections anew (tests, and pages that just changed one in this process)."""
    _kept.clear()


def delivery_store(connection: Connection, delivery_id: str, kind: str, body: bytes) -> bool:
    """Insert one delivery; False when its id is known. In autocommit the row is durable on return.

    A cursor and not the ORM: this is the one statement of the hottest path, at half the cost.
    """
    now = clock.now()
    values: list[str | bytes | datetime] = [
        str(connection.pk),
        delivery_id,
        kind[:80],
        body,
        hashlib.sha256(body).hexdigest(),
        now,
        now,
    ]
    # Django asks a kept connection "SELECT 1" before its first use in a request: a third of what
    # this costs. The insert itself tells as well, and repeating it is safe.
    database.health_check_done = True  # type: ignore[attr-defined]
    try:
        return _inserted(values)
    except (OperationalError, InterfaceError):
        if database.in_atomic_block:
            raise
        database.close()
        # Stored by either try: the first one's answer may be what was lost.
        return _inserted(values) or True


def _inserted(values: list[str | bytes | datetime]) -> bool:
    with database.cursor() as cursor:
        cursor.execute(INSERT, values)
        return cursor.rowcount == 1


def is_other_body(connection: Connection, delivery_id: str, body: bytes) -> bool:
    """Whether a known delivery id came with another body this time (the first one is kept)."""
    first = InboundEvent.objects.filter(connection=connection, delivery_id=delivery_id)
    return first.exclude(body_sha256=hashlib.sha256(body).hexdigest()).exists()
