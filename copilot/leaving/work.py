"""The queue of leaving: packs a connection's data, or erases it."""

from datetime import timedelta

from django.db import transaction

from copilot.leaving.erasing import connection_erase, other_keys
from copilot.leaving.models import Leaving, LeavingPart
from copilot.leaving.packing import pack
from copilot.leaving.tables import tables
from core import clock
from core.audit import Actor, audit_record
from core.audit_chain import audit_seal
from core.audit_verify import ChainReport, audit_prove
from core.errors import Permanent
from core.secrets import forget
from core.work import Queue
from integrations.models import Connection

DRAIN = "leaving.drain"
# A pack nobody takes lies in the database for a week, and is then thrown away.
KEPT_FOR = timedelta(days=7)
leaving_queue: Queue[Leaving] = Queue(
    Leaving, task=DRAIN, lease=timedelta(minutes=30), most_attempts=4
)
Kind, Outcome = Leaving.Kind, Leaving.Outcome


def leaving_drain() -> int:
    """Do what is due; returns how many rows were taken."""
    return leaving_queue.drain(leaving_handle, batch=1)


def leaving_handle(row: Leaving) -> None:
    connection = Connection.objects.get(pk=row.connection_id)
    (_export if row.kind == Kind.EXPORT else _erase)(row, connection)


def _actor(row: Leaving) -> Actor:
    return Actor("person", str(row.asked_by_id or ""), row.asked_by_name)


def _export(row: Leaving, connection: Connection) -> None:
    """The counts first, so that the bar has an end; then the file, piece by piece."""
    total = sum(one.rows(connection).count() for one in tables())
    Leaving.objects.filter(pk=row.pk).update(total=total, done=0)

    def progress(step: str, done: int) -> None:
        Leaving.objects.filter(pk=row.pk).update(step=step, done=min(done, total))
        if not leaving_queue.extend(row):
            raise Permanent("Another worker took it over.")

    pieces, counted = pack(row, connection, progress)
    with transaction.atomic():
        done = leaving_queue.finish(
            row,
            outcome=Outcome.READY,
            tables=counted,
            size=pieces.size,
            sha256=pieces.digest.hexdigest(),
            done=total,
            done_at=clock.now(),
        )
        if done:
            audit_record(
                action="connection.exported",
                actor=_actor(row),
                connection=connection.pk,
                facts={"sha256": pieces.digest.hexdigest(), "size": pieces.size},
            )


def _erase(row: Leaving, connection: Connection) -> None:
    """Everything in one transaction; then the audit is sealed and proved, which is the proof."""
    if connection.status != Connection.Status.OFF:
        raise Permanent("The connection was switched on again; nothing was erased.")
    keys = other_keys(connection)
    with transaction.atomic():
        if not leaving_queue.still_ours(row):
            return
        counted = connection_erase(actor=_actor(row), connection=connection)
        for ref in keys:
            forget(ref)
        LeavingPart.objects.filter(leaving__connection=connection).delete()
        earlier = Leaving.objects.filter(connection=connection, outcome=Outcome.READY)
        earlier.update(outcome=Outcome.GONE)
        now = clock.now()
        leaving_queue.finish(row, outcome=Outcome.ERASED, tables=counted, done_at=now)
    Leaving.objects.filter(pk=row.pk).update(proof=proof_of(connection))


def proof_of(connection: Connection) -> dict[str, object]:
    """What proving this connection's chain finds now."""
    audit_seal(100_000, completely=True)
    chains = audit_prove(str(connection.pk)).chains
    chain = chains[0] if chains else ChainReport(str(connection.pk))
    return {
        "at": clock.now().isoformat(),
        "whole": chain.whole,
        "sealed": chain.sealed,
        "unsealed": chain.unsealed,
        "details_erased": chain.details_erased,
        "head": chain.head,
    }


def leaving_tidy() -> int:
    """Throw away what nobody took within a week; returns how many files."""
    old = Leaving.objects.filter(outcome=Outcome.READY, done_at__lt=clock.now() - KEPT_FOR)
    ids = list(old.values_list("pk", flat=True))
    with transaction.atomic():
        gone = Leaving.objects.filter(pk__in=ids, outcome=Outcome.READY).update(
            outcome=Outcome.GONE
        )
        LeavingPart.objects.filter(leaving__in=ids).delete()
    return gone
