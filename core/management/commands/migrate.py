"""``manage.py migrate`` as the owner role: the app's own role may not change tables."""

from typing import Any

from django.core.management.base import CommandParser
from django.core.management.commands import migrate

from core.migrating import only_what_changed


class Command(migrate.Command):
    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database="owner")

    def handle(self, *args: Any, **options: Any) -> str | None:
        with only_what_changed():
            return super().handle(*args, **options)
