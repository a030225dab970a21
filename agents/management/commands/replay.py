"""``manage.py replay appointments.csv``: your own past through the pipeline, nothing sent."""

from argparse import ArgumentParser
from pathlib import Path
from typing import IO, Any, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from agents.replay.columns import NAMES, Columns, Row, Unreadable, guess, rows_of, table_of
from agents.replay.play import Line, Player, location_make
from agents.replay.report import print_days, print_totals, totals_of, write_csv

NO_BOOKED_AT = (
    "The file does not say when a booking was made: drafts are placed at the first minute of the "
    "visit's day, and how long ahead it was booked counts for nothing."
)


class Command(BaseCommand):
    help = (
        "Plays an export of appointments (CSV, also .gz) day by day through the pipeline and "
        "reports what would have been drafted, for whom, with which risk, and what happened. "
        "Nothing is sent; the rows are removed again unless you say --keep."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        for meaning in NAMES:
            flag = f"--{meaning.replace('_', '-')}"
            names = [flag, "--date"] if meaning == "start" else [flag]
            parser.add_argument(
                *names, dest=meaning, default="", metavar="COLUMN", help=f"column of the {meaning}"
            )
        parser.add_argument("--zone", default="America/Los_Angeles", help="the salon's time zone")
        parser.add_argument("--salon", default="Your salon", help="its name in the texts")
        parser.add_argument("--out", type=Path, help="write one line per booking to this CSV")
        parser.add_argument("--yes", action="store_true", help="accept the guessed columns")
        parser.add_argument(
            "--keep", action="store_true", help="keep the rows and runs (for trying out prompts)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        console = Console(file=cast(IO[str], self.stdout), width=100)
        rows = self._read(console, options)
        lines = self._play(console, rows, options)
        print_days(console, lines)
        print_totals(console, totals_of(lines))
        if options["out"]:
            write_csv(options["out"], lines)
            console.print(f"Every booking: {options['out']}")

    def _read(self, console: Console, options: dict[str, Any]) -> list[Row]:
        try:
            zone = ZoneInfo(options["zone"])
            table = table_of(options["file"])
            columns = guess(table.header, options)
            self._show(console, columns)
            if not options["yes"] and not self._agreed():
                raise CommandError("Nothing was done. Name the columns with the flags above.")
            rows, odd = rows_of(table, columns, zone)
        except (ZoneInfoNotFoundError, ValueError):
            said = f"{options['zone']} is no time zone. Use a name such as America/New_York."
            raise CommandError(said) from None
        except Unreadable as error:
            raise CommandError(str(error)) from None
        for sentence in odd[:10]:
            console.print(f"Left out. {sentence}")
        if len(odd) > 10:
            console.print(f"Left out: {len(odd) - 10} more lines.")
        if not rows:
            raise CommandError("No line of the file could be read.")
        return rows

    def _show(self, console: Console, columns: Columns) -> None:
        console.print("These columns are used:")
        for meaning in NAMES:
            flag = f"--{meaning.replace('_', '-')}"
            console.print(f"  {flag:15} {getattr(columns, meaning) or '(none)'}")
        if not columns.booked_at:
            console.print(NO_BOOKED_AT)

    def _agreed(self) -> bool:
        try:
            return input("Is that right? Type y to go on: ").strip().lower() in {"y", "yes"}
        except EOFError:
            return False

    def _play(self, console: Console, rows: list[Row], options: dict[str, Any]) -> list[Line]:
        parts = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
                 TimeRemainingColumn())  # fmt: skip
        # One transaction, rolled back: a replay that is stopped half way leaves nothing either.
        with transaction.atomic(), Progress(*parts, console=console) as bar:
            task = bar.add_task("Replaying", total=len(rows))
            location = location_make(salon=options["salon"], zone=options["zone"])
            player = Player(location, keep_runs=options["keep"])
            lines = player.play(rows, step=lambda: bar.advance(task))
            if not options["keep"]:
                transaction.set_rollback(True)
        return lines
