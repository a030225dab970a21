"""The product's processes under a hand that kills them and starts them again."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import connections

from copilot.supervisor.processes import Child
from integrations.sandbox.remote import Remote
from tests.support.services import wait_until

# The witness is never killed, and the database only where it is the run's own.
MORTAL = ("web", "worker-fast", "worker-routine", "worker-drafts", "redis")


@dataclass
class House:
    """Running processes by name, the salon they serve, and what befell them.

    ``start`` and so every restart belongs to the main thread: the kernel ends a child with the
    thread that forked it.
    """

    children: dict[str, Child]
    salon: Remote
    salon_token: str
    postgres_ready: Callable[[], bool] | None = None
    killed: Counter[str] = field(default_factory=Counter)
    fell: Counter[str] = field(default_factory=Counter)
    _back_at: dict[str, float] = field(default_factory=dict)

    @property
    def mortal(self) -> list[str]:
        return [name for name in MORTAL if name in self.children]

    def kill(self, name: str, away: float) -> None:
        """SIGKILL, with all its own; it comes back ``away`` seconds later."""
        self.children[name].kill_group()
        self.killed[name] += 1
        self._back_at[name] = time.monotonic() + away

    def restart_postgres(self) -> None:
        """Everybody's connections break, as at a failover."""
        assert self.postgres_ready is not None, "this database is shared with others"
        database = self.children["postgres"]
        database.stop()
        self.killed["postgres"] += 1
        database.start()
        wait_until(self.postgres_ready, 60, database.tail())
        connections.close_all()

    def mend(self) -> None:
        """Start again what is due, and what ended by itself."""
        for name, child in self.children.items():
            if child.alive:
                continue
            if name not in self._back_at:
                self.fell[name] += 1
                child.kill_group()
            if time.monotonic() >= self._back_at.get(name, 0.0):
                self._back_at.pop(name, None)
                child.start()
