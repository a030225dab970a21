"""Proving the audit: every link of every chain is computed again from the rows as they are now."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice

from django.db import connection as database
from django.db import transaction

from core.audit import detail_digest
from core.audit_chain import START, link_digest
from core.models import AuditDetail, AuditEvent, AuditProof, AuditSeal

logger = logging.getLogger(__name__)
CHUNK = 1000


@dataclass
class ChainReport:
    """What was found in one connection's chain. ``changed`` and ``missing`` are ids of rows."""

    connection: str
    sealed: int = 0
    last: int = 0
    head: str = START
    broken_at: int | None = None
    changed: list[int] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)
    details_changed: list[int] = field(default_factory=list)
    details_erased: int = 0
    unsealed: int = 0
    unmet: list[str] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        broken = self.changed or self.missing or self.details_changed or self.unmet
        return self.broken_at is None and not broken


@dataclass(frozen=True)
class Head:
    """A head that another system kept: this link must be in the chain with this digest."""

    connection: str
    sequence: int
    digest: str


@dataclass
class AuditReport:
    chains: list[ChainReport]

    @property
    def whole(self) -> bool:
        return all(chain.whole for chain in self.chains)


def audit_verify(
    connection: str | None = None,
    *,
    kept_heads: Sequence[Head] = (),
    progress: Callable[[int], None] = lambda done: None,
) -> AuditReport:
    """Check every chain (or one) against the rows; ``progress`` hears how many links are done.

    One snapshot of the database, read in chunks: it costs no memory and holds up no writer.
    """
    outermost = not database.in_atomic_block
    with transaction.atomic():
        if outermost:
            with database.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        reports = {name: ChainReport(name, unsealed=count) for name, count in _unsealed(connection)}
        for name, seals in groupby(_seals(connection), key=lambda seal: seal.connection):
            report = reports.setdefault(name, ChainReport(name))
            _check_chain(report, seals, kept_heads, progress)
        _check_absent_chains(reports, connection, kept_heads)
    return AuditReport([reports[name] for name in sorted(reports)])


def audit_prove(connection: str | None = None) -> AuditReport:
    """Check every chain (or one) and keep what was found, for the audit page."""
    report = audit_verify(connection)
    AuditProof.objects.bulk_create(
        AuditProof(
            connection=chain.connection, whole=chain.whole, sealed=chain.sealed, head=chain.head
        )
        for chain in report.chains
    )
    for chain in report.chains:
        if not chain.whole:
            logger.error("the audit of %s does not fit together any more", chain.connection or "-")
    return report


def _check_chain(
    report: ChainReport,
    seals: Iterator[AuditSeal],
    kept_heads: Sequence[Head],
    progress: Callable[[int], None],
) -> None:
    wanted = {
        head.sequence: head.digest for head in kept_heads if head.connection == report.connection
    }
    while chunk := list(islice(seals, CHUNK)):
        ids = [seal.event_id for seal in chunk]
        events = AuditEvent.objects.in_bulk(ids)
        details = {row.event_id: row for row in AuditDetail.objects.filter(event_id__in=ids)}
        for seal in chunk:
            _check_link(report, seal, events.get(seal.event_id))
            _check_detail(report, events.get(seal.event_id), details.get(seal.event_id))
            if wanted.get(seal.sequence) == seal.digest:
                del wanted[seal.sequence]
        progress(len(chunk))
    report.unmet += [f"{sequence} {digest}" for sequence, digest in wanted.items()]


def _check_link(report: ChainReport, seal: AuditSeal, event: AuditEvent | None) -> None:
    report.sealed += 1
    in_place = seal.sequence == report.last + 1 and seal.previous == report.head
    if not in_place and report.broken_at is None:
        report.broken_at = seal.sequence
    report.last, report.head = seal.sequence, seal.digest
    if event is None:
        report.missing.append(seal.event_id)
    elif link_digest(seal, event) != seal.digest:
        report.changed.append(seal.event_id)


def _check_detail(
    report: ChainReport, event: AuditEvent | None, detail: AuditDetail | None
) -> None:
    if event is None or not event.detail_sha256:
        if event is not None and detail is not None:
            report.details_changed.append(event.pk)
        return
    if detail is None:
        report.details_erased += 1
    elif detail_digest(detail.salt, detail.data) != event.detail_sha256:
        report.details_changed.append(event.pk)


def _seals(connection: str | None) -> Iterator[AuditSeal]:
    seals = AuditSeal.objects.order_by("connection", "sequence")
    if connection is not None:
        seals = seals.filter(connection=connection)
    return seals.iterator(CHUNK)


def _unsealed(connection: str | None) -> list[tuple[str, int]]:
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT e.connection, count(*) FROM core_auditevent e"
            " LEFT JOIN core_auditseal s ON s.event_id = e.id"
            " WHERE s.id IS NULL AND (%s::text IS NULL OR e.connection = %s)"
            " GROUP BY e.connection",
            [connection, connection],
        )
        return [(name, count) for name, count in cursor.fetchall()]


def _check_absent_chains(
    reports: dict[str, ChainReport], connection: str | None, kept_heads: Sequence[Head]
) -> None:
    """A kept head of a chain that is gone altogether."""
    for head in kept_heads:
        known = head.connection in reports and reports[head.connection].sealed
        if not known and connection in {None, head.connection}:
            report = reports.setdefault(head.connection, ChainReport(head.connection))
            report.unmet.append(f"{head.sequence} {head.digest}")
