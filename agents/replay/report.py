"""What a replay found: per day, in total, and line by line as CSV."""

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from agents.replay.play import Line

LEVELS = ("high", "medium", "low")
SETTLED = ("attended", "no_show", "late_cancel", "early_cancel", "cancelled")


@dataclass(frozen=True)
class Level:
    """One risk level: how many bookings it was given to, and how many of those were lost."""

    name: str
    count: int
    lost: int

    @property
    def precision(self) -> float:
        return self.lost / self.count if self.count else 0.0


@dataclass(frozen=True)
class Totals:
    """Figures over all settled bookings that were drafted. ``auc``: 0.5 is chance, 1 is perfect."""

    bookings: int
    drafted: int
    settled: int
    lost: int
    levels: tuple[Level, ...]
    auc: float | None

    @property
    def base_rate(self) -> float:
        return self.lost / self.settled if self.settled else 0.0

    def lift(self, level: Level) -> float:
        """How many times more often than overall such a booking was lost."""
        return level.precision / self.base_rate if self.base_rate else 0.0

    def recall(self, level: Level) -> float:
        return level.lost / self.lost if self.lost else 0.0


def totals_of(lines: Sequence[Line]) -> Totals:
    drafted = [line for line in lines if not line.why_not]
    settled = [line for line in drafted if line.row.outcome in SETTLED]
    levels = []
    for name in LEVELS:
        given = [line for line in settled if line.level == name]
        levels.append(Level(name, len(given), sum(line.lost for line in given)))
    return Totals(
        bookings=len(lines),
        drafted=len(drafted),
        settled=len(settled),
        lost=sum(line.lost for line in settled),
        levels=tuple(levels),
        auc=_auc(settled),
    )


def _auc(lines: Sequence[Line]) -> float | None:
    """How often a lost booking was scored above a kept one (a tie counts half)."""
    lost = [line.chance for line in lines if line.lost]
    kept = [line.chance for line in lines if not line.lost]
    if not lost or not kept:
        return None
    wins = sum((one > other) + 0.5 * (one == other) for one in lost for other in kept)
    return wins / (len(lost) * len(kept))


def print_days(console: Console, lines: Sequence[Line]) -> None:
    table = Table(title="Per day: what would have been drafted, and what happened")
    for name in (
        "day",
        "drafts",
        "high",
        "medium",
        "low",
        "lost",
        "of them high",
        "nothing drafted",
    ):
        table.add_column(name, justify="left" if name == "day" else "right")
    for day in sorted({line.day for line in lines}):
        of_day = [line for line in lines if line.day == day]
        levels = Counter(line.level for line in of_day)
        lost = [line for line in of_day if line.lost]
        table.add_row(
            day.isoformat(),
            str(sum(1 for line in of_day if not line.why_not)),
            *(str(levels[name]) for name in LEVELS),
            str(len(lost)),
            str(sum(1 for line in lost if line.level == "high")),
            str(sum(1 for line in of_day if line.why_not)),
        )
    console.print(table)


def print_totals(console: Console, totals: Totals) -> None:
    console.print(
        f"{totals.bookings} bookings, {totals.drafted} drafts, nothing sent. Of {totals.settled} "
        f"with a known end {totals.lost} were lost ({totals.base_rate:.1%}): missed, or "
        "cancelled late."
    )
    table = Table(title="How well the risk told them apart")
    for name in ("risk", "bookings", "lost", "lost of these", "lift", "share of all lost"):
        table.add_column(name, justify="left" if name == "risk" else "right")
    for level in totals.levels:
        table.add_row(
            level.name,
            str(level.count),
            str(level.lost),
            f"{level.precision:.1%}",
            f"{totals.lift(level):.2f}",
            f"{totals.recall(level):.1%}",
        )
    console.print(table)
    if totals.auc is not None:
        console.print(f"A lost booking was scored above a kept one in {totals.auc:.1%} of pairs "
                      "(50% is chance).")  # fmt: skip


def write_csv(path: Path, lines: Sequence[Line]) -> None:
    """One line per booking. Opens in a spreadsheet; cells that look like formulas are defused."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["day", "client", "service", "staff", "drafted_as_of", "risk", "chance", "reasons",
             "text", "nothing_drafted_because", "what_happened"]
        )  # fmt: skip
        for line in lines:
            row = line.row
            cells = [
                line.day.isoformat(), row.client, row.service, row.staff,
                line.drafted_at.isoformat(), line.level, f"{line.chance:.3f}",
                " ".join(line.reasons), line.text, line.why_not, row.outcome,
            ]  # fmt: skip
            writer.writerow([_harmless(cell) for cell in cells])


def _harmless(cell: str) -> str:
    """A spreadsheet runs a cell that begins like this; a quote before it makes it text."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
