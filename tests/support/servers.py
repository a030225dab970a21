"""The product's own processes, started for a test as they run in production."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from copilot.supervisor import commands, ports
from copilot.supervisor.processes import Child, Spec
from tests.support import services
from tests.support.polling import GENEROUS


@dataclass(frozen=True)
class Server:
    """A process that answers HTTP at `url`."""

    url: str
    port: int
    child: Child


def environment(**more: str) -> dict[str, str]:
    """Of a real process: the product's settings at this worker's database and Redis."""
    product = {"DJANGO_SETTINGS_MODULE": "copilot.settings", "LOG_LEVEL": "INFO"}
    return os.environ | product | more


@contextmanager
def running(
    name: str,
    argv: list[str],
    env: Mapping[str, str],
    ready: Callable[[Child], bool],
    seconds: float = GENEROUS,
) -> Iterator[Child]:
    """A child that is ready, and that is killed with all its own at the end of the block."""
    log = services.folder() / f"{name}-{services.worker_name()}.log"
    child = Child(Spec(name, argv, env=env, log=log, cwd=services.ROOT)).start()
    try:
        services.wait_until(
            lambda: ready(child) or not child.alive, seconds, f"{name} is not ready: {child.tail()}"
        )
        if not child.alive:
            raise RuntimeError(f"{name} ended while starting:\n{child.tail()}")
        yield child
    finally:
        child.kill_group()


@contextmanager
def http_server(
    name: str, interface: str, target: str, port: int, env: Mapping[str, str]
) -> Iterator[Server]:
    argv = commands.granian(Path(sys.executable), interface, target, port)
    with running(name, argv, env, lambda _: ports.answers(port)) as child:
        yield Server(f"http://127.0.0.1:{port}", port, child)


@contextmanager
def celery_worker(name: str, queues: str, env: Mapping[str, str]) -> Iterator[Child]:
    """A worker of these queues. Its log is cleared first: "ready" must be this worker's."""
    log = services.folder() / f"{name}-{services.worker_name()}.log"
    log.unlink(missing_ok=True)
    argv = commands.worker(Path(sys.executable), name, queues, threads=4)
    with running(name, argv, env, commands.worker_ready) as child:
        yield child
