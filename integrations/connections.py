"""The state of a connection: working, or needing an admin, with the reason in plain words."""

from core import clock
from core.audit import Actor, audit_record
from core.hints import hint_on_commit
from integrations.models import Connection, Location

SYSTEM = Actor.system("connection")


def connection_needs_attention(connection: Connection, reason: str) -> bool:
    """Mark it for an admin; False when it was marked with this reason already. Work waits."""
    return _status_set(connection, Connection.Status.NEEDS_ATTENTION, reason)


def connection_ok(connection: Connection, *, by: Actor = SYSTEM) -> bool:
    """A call went through, or an admin (``by``) switched it on. Costs nothing where it is known."""
    if connection.status == Connection.Status.OK:
        return False
    return _status_set(connection, Connection.Status.OK, "", by)


def connection_off(*, actor: Actor, connection: Connection) -> bool:
    """Stop hearing and polling; what we hold stays."""
    return _status_set(connection, Connection.Status.OFF, f"switched off by {actor.name}", actor)


def _status_set(connection: Connection, status: str, reason: str, actor: Actor = SYSTEM) -> bool:
    reason = reason[:300]
    rows = Connection.objects.filter(pk=connection.pk).exclude(status=status, status_reason=reason)
    if actor is SYSTEM:
        # What an admin switched off stays off, whatever a late worker finds out.
        rows = rows.exclude(status=Connection.Status.OFF)
    changed = rows.update(status=status, status_reason=reason, status_at=clock.now()) == 1
    if changed:
        connection.status, connection.status_reason = status, reason
        audit_record(
            action=f"connection.{status}",
            actor=actor,
            connection=connection.pk,
            subject=f"connection:{connection.pk}",
            facts={"reason": reason},
        )
        for pk in Location.objects.filter(connection=connection).values_list("pk", flat=True):
            hint_on_commit(pk, "connection")
    return changed
