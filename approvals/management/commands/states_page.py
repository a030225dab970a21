"""``manage.py states_page > docs/states.md``: the life of a draft, printed from the code."""

from typing import Any

from django.core.management.base import BaseCommand

from approvals.states import states_page


class Command(BaseCommand):
    help = "Print docs/states.md from approvals/states.py."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(states_page(), ending="")
