"""``manage.py sync``: read connections again, whole or what changed."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from core.errors import OutsideError
from integrations.management.progress import bar
from integrations.models import Connection
from integrations.sync import sync_run


class Command(BaseCommand):
    help = "Read what a platform holds: everything the first time, then what changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "connection", nargs="?", default="", help="id or name (default: every connection)"
        )
        parser.add_argument("--full", action="store_true", help="everything again")

    def handle(self, *args: Any, **options: Any) -> None:
        failed = 0
        for connection in self._wanted(options["connection"]):
            failed += not self._one(connection, options["full"])
        if failed:
            raise CommandError(f"{failed} could not be read to the end.")

    def _wanted(self, text: str) -> list[Connection]:
        rows = Connection.objects.exclude(status=Connection.Status.OFF).order_by("name")
        if text:
            try:
                rows = rows.filter(pk=text)
            except ValidationError:
                rows = rows.filter(name=text)
        found = list(rows)
        if not found:
            known = ", ".join(Connection.objects.values_list("name", flat=True)) or "none yet"
            raise CommandError(f"There is no such connection. There is: {known}.")
        return found

    def _one(self, connection: Connection, full: bool) -> bool:
        self.stdout.write(f"{connection.name} ({connection.pk})")
        is_first = not connection.history_complete
        try:
            with bar(self.stdout) as progress:
                run = sync_run(connection=connection, full=full or is_first, progress=progress)
        except OutsideError as error:
            self.stderr.write(f"  {error.plain}")
            return False
        missed = f", {run.found_missed} of them missed by webhooks" if run.found_missed else ""
        self.stdout.write(f"  {run.done} records{missed}")
        if run.held:
            self.stdout.write(
                "  More than a third of the staff are gone. No right was taken away; "
                "an admin has to look first, on the connection's page."
            )
        return True
