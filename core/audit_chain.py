"""Sealing the audit: one hash chain per connection, over rows that were plain inserts.

Chaining inside the business transaction would make every decision of a connection wait for the
one before. So rows are inserted bare, and a sealer links them up about a second later. Order in
the chain is the order of sealing; a row whose transaction committed late is linked late.
"""

import hashlib
import logging
from collections.abc import Iterable
from datetime import timedelta
from itertools import groupby
from typing import Any

from django.db import connection as database
from django.db import transaction

from core import clock
from core.audit import canonical
from core.heartbeat import due
from core.models import AuditEvent, AuditSeal

logger = logging.getLogger(__name__)
START = "0" * 64
# How far back the sealer of every second looks for rows that committed late. A transaction that
# stayed open for longer is found by the complete look, once an hour.
LOOK_BACK = timedelta(minutes=15)
SEALED_FIELDS = (
    "id",
    "connection",
    "location",
    "action",
    "actor_kind",
    "actor_id",
    "actor_name",
    "actor_platform_id",
    "client",
    "subject",
    "correlation",
    "facts",
    "detail_sha256",
)

UNSEALED = """
    SELECT e.id, e.connection FROM core_auditevent e
    WHERE e.id > %s AND NOT EXISTS (SELECT FROM core_auditseal s WHERE s.event_id = e.id)
    ORDER BY e.id LIMIT %s"""


def audit_seal(limit: int = 2000, *, completely: bool = False) -> int:
    """Link up to ``limit`` unsealed rows, oldest first; returns how many were sealed.

    ``completely`` looks at every row there is, not only at those since the look-back.
    """
    after = 0 if completely else _looked_at_until()
    with database.cursor() as cursor:
        # Over all connections in the order of ids: what lies behind the newest seal is then
        # sealed, or was not committed yet.
        cursor.execute(UNSEALED, [after, limit])
        found = sorted(cursor.fetchall(), key=lambda row: (row[1], row[0]))
    sealed = 0
    for name, rows in groupby(found, key=lambda row: row[1]):
        sealed += _seal_connection(name, [pk for pk, _ in rows])
    return sealed


def audit_seal_and_publish() -> int:
    """What the task does every second: seal, and once an hour look completely and log the heads."""
    if not due("audit.head", timedelta(hours=1)):
        return audit_seal()
    sealed = audit_seal(100_000, completely=True)
    for name, sequence, digest in audit_heads():
        # Kept by the system that keeps our logs: whoever rewrites the chain cannot rewrite this.
        logger.info("audit head %s %s %s", name or "-", sequence, digest)
    return sealed


def audit_heads(connection: str | None = None) -> list[tuple[str, int, str]]:
    """(connection, sequence, digest) of the last link of every chain."""
    seals = AuditSeal.objects.order_by("connection", "-sequence").distinct("connection")
    if connection is not None:
        seals = seals.filter(connection=connection)
    return list(seals.values_list("connection", "sequence", "digest"))


def link_digest(seal: AuditSeal, event: AuditEvent) -> str:
    """The hash of one link: its place, the link before, the moment of sealing and the row."""
    row: dict[str, Any] = {name: getattr(event, name) for name in SEALED_FIELDS}
    row["at"] = event.at.isoformat()
    place = [seal.connection, seal.sequence, seal.previous, seal.sealed_at.isoformat()]
    return hashlib.sha256(canonical([place, row]).encode()).hexdigest()


def _seal_connection(name: str, pks: list[int]) -> int:
    with transaction.atomic():
        # One sealer per chain at a time; the lock goes with the transaction, also when we die.
        with database.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 7391))", [name])
        done = set(AuditSeal.objects.filter(event_id__in=pks).values_list("event_id", flat=True))
        events = AuditEvent.objects.filter(pk__in=[pk for pk in pks if pk not in done])
        seals = _links(name, events.order_by("pk"))
        AuditSeal.objects.bulk_create(seals, batch_size=500)
    return len(seals)


def _links(name: str, events: Iterable[AuditEvent]) -> list[AuditSeal]:
    head = AuditSeal.objects.filter(connection=name).order_by("-sequence").first()
    sequence, previous = (head.sequence, head.digest) if head else (0, START)
    seals = []
    for event in events:
        sequence += 1
        seal = AuditSeal(
            connection=name,
            sequence=sequence,
            event_id=event.pk,
            previous=previous,
            sealed_at=clock.now(),
        )
        seal.digest = previous = link_digest(seal, event)
        seals.append(seal)
    return seals


def _looked_at_until() -> int:
    """The row below which nothing can be unsealed any more, short of a very long transaction.

    Counted back from the newest seal and not from now, so that a pause of the sealer hides nothing.
    """
    seals = AuditSeal.objects.order_by("-pk")
    newest = seals.first()
    if newest is None:
        return 0
    before = seals.filter(sealed_at__lt=newest.sealed_at - LOOK_BACK)
    return before.values_list("event_id", flat=True).first() or 0
