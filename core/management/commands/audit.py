"""``manage.py audit verify`` proves the audit; ``manage.py audit head`` prints what to keep."""

from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from core.audit_chain import audit_heads
from core.audit_verify import AuditReport, ChainReport, Head, audit_verify
from core.models import AuditSeal


class Command(BaseCommand):
    help = (
        "Check the audit's hash chains, or print their heads. 'verify' computes every link again "
        "from the rows as they are now and ends with exit code 1 when something does not fit."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=["verify", "head"])
        parser.add_argument(
            "--connection", help="Only this connection's chain (its id; '-' for rows without one)."
        )
        parser.add_argument(
            "--kept-head",
            action="append",
            default=[],
            type=kept_head,
            metavar="'CONNECTION SEQUENCE HASH'",
            help=(
                "A head kept by another system, as the log's lines 'audit head …' give it. It must "
                "still be in the chain: this also finds a chain rewritten or cut off as a whole. "
                "May be given several times."
            ),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        connection = options["connection"]
        if connection == "-":
            connection = ""
        if options["what"] == "head":
            self._print_heads(connection)
            return
        report = self._verify(connection, options["kept_head"])
        for chain in report.chains:
            self._print_chain(chain)
        if not report.chains:
            self.stdout.write("The audit is empty.")
        if not report.whole:
            raise SystemExit(1)

    def _print_heads(self, connection: str | None) -> None:
        for name, sequence, digest in audit_heads(connection):
            self.stdout.write(f"{name or '-'} {sequence} {digest}")

    def _verify(self, connection: str | None, kept: list[Head]) -> AuditReport:
        seals = AuditSeal.objects.all()
        if connection is not None:
            seals = seals.filter(connection=connection)
        columns = (
            TextColumn("checking"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("", total=seals.count())
            return audit_verify(
                connection, kept_heads=kept, progress=lambda done: bar.advance(task, done)
            )

    def _print_chain(self, chain: ChainReport) -> None:
        verdict = "whole" if chain.whole else "BROKEN"
        self.stdout.write(f"{chain.connection or '-'}: {verdict}")
        self.stdout.write(
            f"  {chain.sealed} sealed, {chain.unsealed} not sealed yet, "
            f"{chain.details_erased} details erased"
        )
        for line in problems(chain):
            self.stdout.write(self.style.ERROR(f"  {line}"))
        self.stdout.write(f"  head {chain.last} {chain.head}")


def problems(chain: ChainReport) -> list[str]:
    """What does not fit, in plain words; long lists are cut after twenty."""
    lines = []
    if chain.broken_at is not None:
        lines.append(f"The chain is broken at link {chain.broken_at} (moved, inserted or removed).")
    for what, rows in (
        ("changed", chain.changed),
        ("missing", chain.missing),
        ("with a changed detail", chain.details_changed),
    ):
        if rows:
            shown = ", ".join(map(str, rows[:20])) + (" …" if len(rows) > 20 else "")
            lines.append(f"{len(rows)} rows {what}: {shown}")
    lines += [f"The kept head is not in the chain: {head}" for head in chain.unmet]
    return lines


def kept_head(text: str) -> Head:
    parts = text.split()
    if len(parts) != 3 or not parts[1].isdigit() or len(parts[2]) != 64:
        raise ArgumentTypeError("give it as 'CONNECTION SEQUENCE HASH', as in the log")
    return Head("" if parts[0] == "-" else parts[0], int(parts[1]), parts[2])
