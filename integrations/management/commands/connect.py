"""``manage.py connect``: make a connection, read everything once, print the webhook's address."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.audit import Actor
from core.errors import OutsideError
from integrations.management.progress import bar
from integrations.models import Connection
from integrations.platforms.base import platform_of, platforms
from integrations.setup import SetupError, connection_create, connection_test, hook_url
from integrations.sync import sync_run

ACTOR = Actor.system("manage.py connect")


class Command(BaseCommand):
    help = (
        "Connect a salon platform: try the token, read everything once, print the webhook address. "
        "Secrets are named by environment variable and never written down."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("platform", help=f"one of: {', '.join(platforms.names())}")
        parser.add_argument("--name", default="", help="what to call it (default: the platform)")
        parser.add_argument("--base-url", default="", help="address of the platform's API")
        parser.add_argument("--token-env", default="", help="variable that holds the access token")
        parser.add_argument(
            "--webhook-secret-env", default="", help="variable that holds the webhook secret"
        )
        parser.add_argument("--mode", default="", help="how much the platform offers here")
        parser.add_argument("--no-sync", action="store_true", help="do not read anything yet")

    def handle(self, *args: Any, **options: Any) -> None:
        connection, key = self._made(options)
        self.stdout.write(f"Connection {connection.name} ({connection.pk})")
        self._test(connection)
        if not options["no_sync"] and "read" in connection.capabilities:
            self._sync(connection)
        self.stdout.write(f"\nWebhook address: {hook_url(connection, key)}")
        note = platform_of(connection).support_note(connection, hook_url(connection, key))
        self.stdout.write(f"\nA note for the platform's support, ready to send:\n\n{note}")

    def _made(self, options: dict[str, Any]) -> tuple[Connection, str]:
        name = options["name"] or options["platform"].title()
        known = Connection.objects.filter(platform=options["platform"], name=name).first()
        if known is not None:
            raise CommandError(
                f"There is a connection named {name} already ({known.pk}). "
                f"Read it again with: manage.py sync {known.pk}"
            )
        refs = {
            field: f"env:{options[option]}"
            for field, option in (
                ("token_ref", "token_env"),
                ("webhook_secret_ref", "webhook_secret_env"),
            )
            if options[option]
        }
        try:
            return connection_create(
                actor=ACTOR,
                platform=options["platform"],
                name=name,
                mode=options["mode"],
                base_url=options["base_url"],
                secret_refs=refs,
            )
        except SetupError as wrong:
            raise CommandError(wrong.plain) from None

    def _test(self, connection: Connection) -> None:
        tested = connection_test(connection)
        if tested.problem:
            connection.delete()
            raise CommandError(f"{tested.problem} Nothing was kept; mend it and run this again.")
        for words in tested.can:
            self.stdout.write(f"  can      {words}")
        for words in tested.cannot:
            self.stdout.write(f"  cannot   {words}")

    def _sync(self, connection: Connection) -> None:
        try:
            with bar(self.stdout) as progress:
                run = sync_run(connection=connection, full=True, progress=progress)
        except OutsideError as error:
            raise CommandError(
                f"{error.plain} What was read is kept. Go on with: manage.py sync {connection.pk}"
            ) from None
        self.stdout.write(f"Read {run.done} records.")
