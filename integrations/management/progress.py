"""A progress bar for commands: the kinds of records as they are read."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

IN_WORDS = {
    "staff": "staff",
    "waitlist": "waitlist entries",
    "feedback": "feedback",
}


@contextmanager
def bar(out: Any) -> Iterator[Callable[[str, int], None]]:
    """``progress(kind, done)``; draws only on a terminal, so that logs stay readable."""
    console = Console(file=getattr(out, "_out", out))
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed} records"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as shown:
        task = shown.add_task("reading", total=None)

        def progress(kind: str, done: int) -> None:
            shown.update(task, description=IN_WORDS.get(kind, f"{kind}s"), completed=done)

        yield progress
