"""``manage.py demo_setup``: connect the demo to its sandbox salon. Run by ``make demo``."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from copilot import demo
from copilot.demo_material import demo_material
from copilot.demo_station import demo_station
from copilot.demo_webhooks import demo_webhooks_only
from core.errors import OutsideError


class Command(BaseCommand):
    help = "Connect the demo to its sandbox salon: sync, people, agents, a first queue."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--one-connection",
            action="store_true",
            help="leave out the second connection, which has webhooks only (for measurements)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO or not settings.SANDBOX_URL:
            raise CommandError("This is for the demo only: set DEMO=1 and SANDBOX_URL.")
        connection = demo.demo_connection()
        try:
            self._read(connection)
        except OutsideError as error:
            raise CommandError(
                f"The sandbox does not answer as it should. {error.plain}"
            ) from error
        people = demo.demo_people(connection)
        demo_station(connection)
        demo.demo_beforehand(connection)
        demo.demo_retail(connection)
        demo_material(connection)
        drafts = demo.demo_agents(connection)
        demo.demo_outlook()
        demo.demo_subscribe(connection)
        if not options["one_connection"]:
            people.append(demo_webhooks_only())
        self.stdout.write(f"{len(people)} people to be, {drafts} drafts on their way.")

    def _read(self, connection: Any) -> None:
        columns = (
            TextColumn("{task.description:<14}"),
            BarColumn(),
            TextColumn("{task.completed}"),
        )
        with Progress(*columns, console=Console(stderr=True)) as bars:
            tasks: dict[str, Any] = {}

            def show(kind: str, done: int) -> None:
                if kind not in tasks:
                    tasks[kind] = bars.add_task(kind, total=None)
                bars.update(tasks[kind], completed=done)

            demo.demo_sync(connection, show)
