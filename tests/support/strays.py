"""Processes a test left behind.

Every file of one pytest process shares its database and Redis: a Celery worker that goes on after
its test claims the rows of later ones and eats their doorbells, and they fail for no reason that
anybody could see in them.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def workers_of(pid: int, proc: Path = Path("/proc")) -> list[str]:
    """The command lines of Celery workers and beats that `pid` started and did not end."""
    lines: list[str] = []
    for task in (proc / str(pid) / "task").iterdir():
        # A thread may end while we look.
        with suppress(OSError):
            for child in (task / "children").read_text().split():
                lines.append(_command_line(proc / child))
    return [line for line in lines if "celery" in line]


def _command_line(process: Path) -> str:
    with suppress(OSError):
        return (process / "cmdline").read_text().replace("\0", " ").strip()
    return ""
