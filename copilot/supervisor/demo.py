"""The demo: every process of the product on one machine, in order, until it is told to stop."""

from __future__ import annotations

import fcntl
import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from threading import Event
from types import FrameType
from typing import IO

from copilot.supervisor import commands, environment, kernel, ports
from copilot.supervisor.environment import ROOT, Ports
from copilot.supervisor.postgres import Cluster, open_cluster
from copilot.supervisor.processes import (
    SALON,
    Child,
    Family,
    Spec,
    StartFailed,
    Stopped,
    rotate_logs,
)
from copilot.supervisor.redis import Server, open_server

PYTHON = Path(sys.executable)
NAMES = ("postgres", "redis", "migrate", "sandbox", "demo-setup", "web", "stream", "beat")
READY_SECONDS = 90.0
MIGRATE_SECONDS = 300.0


class Supervisor:
    """Owns the children of one DEMO_DIR from the first start to the last stop."""

    def __init__(
        self,
        folder: Path,
        out: IO[str] = sys.stdout,
        interrupted: Callable[[], bool] = lambda: False,
    ) -> None:
        self.folder = folder
        self.out = out
        self.stopping = Event()
        self.hurry = Event()
        self.family = Family(self.stopping, self.say, interrupted)
        self.logs = folder / "logs"
        self.reason = ""
        self._lock: IO[str] | None = None

    def run(self, start: Callable[[], None]) -> int:
        """Start, watch, stop. The exit code: 0 when asked to stop, 1 when it could not start."""
        self._listen()
        code = 0
        try:
            self._lock = hold(self.folder)
            rotate_logs(self.logs, (*NAMES, *commands.WORKERS))
            start()
            self.family.watch()
        except Stopped:
            pass
        except StartFailed as failure:
            self.say(f"\nThis did not start. {failure}\n")
            code = 1
        finally:
            self._stop()
        return code

    def say(self, text: str) -> None:
        # A closed terminal or pipe must not keep the children from being stopped.
        with suppress(OSError):
            print(text, file=self.out, flush=True)

    def services(self) -> tuple[Cluster, Server]:
        """PostgreSQL with its roles and database, and Redis."""
        began = time.monotonic()
        cluster = open_cluster(self.folder)
        if cluster.initialise():
            self.say("Made an empty database.")
        cluster.wait_for_predecessor()
        postgres = self.family.add(cluster.spec(self._log("postgres")))
        redis = open_server(self.folder)
        broker = self.family.add(redis.spec(self._log("redis")))
        self.family.wait_ready(postgres, cluster.ready, READY_SECONDS)
        self.family.wait_ready(broker, redis.ready, READY_SECONDS)
        cluster.provide()
        self.say(f"PostgreSQL and Redis are up ({time.monotonic() - began:.1f} s).")
        return cluster, redis

    def spec(self, name: str, argv: list[str], env: Mapping[str, str]) -> Spec:
        return Spec(name, argv, env=os.environ | env, log=self._log(name), cwd=ROOT)

    def one_shot(self, name: str, what: str, command: str, env: Mapping[str, str]) -> None:
        began = time.monotonic()
        argv = commands.manage(PYTHON, ROOT, *command.split())
        self.say(f"{what} ...")
        self.family.run_to_end(self.spec(name, argv, env), MIGRATE_SECONDS)
        self.say(f"{what}: done ({time.monotonic() - began:.1f} s).")

    def _log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def _listen(self) -> None:
        def handle(number: int, _frame: FrameType | None) -> None:
            if self.stopping.is_set():
                self.hurry.set()
            self.reason = f" ({signal.Signals(number).name})"
            self.stopping.set()

        wanted = [signal.SIGINT, signal.SIGTERM]
        # Under nohup the hang-up is ignored on purpose.
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
            wanted.append(signal.SIGHUP)
        for number in wanted:
            signal.signal(number, handle)

    def _stop(self) -> None:
        if not self.family.children:
            return
        began = time.monotonic()
        self.say(f"\nStopping{self.reason} ...")
        self.stopping.set()
        self.family.stop_all(self.hurry)
        self.say(f"Everything has stopped ({time.monotonic() - began:.1f} s). The data is kept.")


def demo(folder: Path, with_parent: bool = False) -> int:
    """Everything. `with_parent`: also stop when make was interrupted and only waits for us."""
    interrupted = parent_interrupted() if with_parent else lambda: False
    supervisor = Supervisor(folder, interrupted=interrupted)

    def start() -> None:
        began = time.monotonic()
        chosen = environment.choose_ports(os.environ)
        cluster, redis = supervisor.services()
        env = environment.for_demo(folder, cluster, redis, chosen)
        environment.keep(folder, env)
        _start_product(supervisor, env, chosen)
        supervisor.say(welcome(chosen, time.monotonic() - began))

    return supervisor.run(start)


def _start_product(supervisor: Supervisor, env: Mapping[str, str], chosen: Ports) -> None:
    family = supervisor.family
    target = "integrations.sandbox.wsgi:application"
    argv = commands.granian(PYTHON, "wsgi", target, chosen.sandbox)
    sandbox = family.add(replace(supervisor.spec("sandbox", argv, env), stage=SALON))

    def begin(parts: list[Part]) -> list[tuple[Child, Part]]:
        # All at once: each spends its first second importing.
        return [(family.add(supervisor.spec(one.name, one.argv, env)), one) for one in parts]

    # Nobody has their addresses yet, so they may load beside the steps before the first visit.
    begun = begin(_servers(chosen))
    supervisor.one_shot(
        "migrate", "Preparing the tables", "migrate --verbosity 1 --skip-checks", env
    )
    family.wait_ready(sandbox, lambda: healthy(chosen.sandbox), READY_SECONDS)
    supervisor.one_shot("demo-setup", "Connecting the sandbox salon", "demo_setup", env)
    # Only now: the set-up does work itself that a worker would take from it.
    for child, part in [*begin(_workers(supervisor.folder)), *begun]:
        family.wait_ready(child, partial(part.ready, child), READY_SECONDS)


@dataclass(frozen=True)
class Part:
    """A process of the product, and how to see that it is ready."""

    name: str
    argv: list[str]
    ready: Callable[[Child], bool]


def _servers(chosen: Ports) -> list[Part]:
    web = commands.granian(PYTHON, "wsgi", "copilot.wsgi:application", chosen.web)
    stream = commands.granian(PYTHON, "asgi", "copilot.stream:application", chosen.stream)
    return [
        Part("stream", stream, lambda _: healthy(chosen.stream)),
        Part("web", web, lambda _: healthy(chosen.web)),
    ]


def _workers(folder: Path) -> list[Part]:
    workers = [
        Part(name, commands.worker(PYTHON, name, queues, threads=threads), commands.worker_ready)
        for name, (queues, threads) in commands.WORKERS.items()
    ]
    beat = commands.beat(PYTHON, folder / "beat")
    return [*workers, Part("beat", beat, lambda child: child.alive)]


def services(folder: Path) -> int:
    """PostgreSQL and Redis alone, with the lines that point a shell at them."""
    supervisor = Supervisor(folder)

    def start() -> None:
        cluster, redis = supervisor.services()
        env = environment.for_services(folder, cluster, redis)
        environment.keep(folder, env)
        script = environment.keep_for_shell(folder, env)
        supervisor.say(f"Ready. `. {script}` points a shell at them. Ctrl-C stops both.")

    return supervisor.run(start)


def manage(folder: Path, arguments: list[str]) -> int:
    """A management command on the demo's data: joins a running demo, else starts the stores."""
    if is_running(folder):
        argv = commands.manage(PYTHON, ROOT, *arguments)
        env = os.environ | environment.kept(folder)
        return subprocess.run(argv, cwd=ROOT, env=env, check=False).returncode  # noqa: S603
    supervisor = Supervisor(folder, out=sys.stderr)  # stdout is the command's own
    codes: list[int] = []

    def start() -> None:
        cluster, redis = supervisor.services()
        try:
            env = environment.kept(folder)
        except FileNotFoundError:
            env = {}
        env |= environment.for_services(folder, cluster, redis)
        argv = commands.manage(PYTHON, ROOT, *arguments)
        done = subprocess.run(argv, cwd=ROOT, env=os.environ | env, check=False)  # noqa: S603
        codes.append(done.returncode)
        supervisor.stopping.set()

    return supervisor.run(start) or (codes[0] if codes else 1)


def parent_interrupted() -> Callable[[], bool]:
    parent = os.getppid()
    caught = kernel.catches_interrupt(parent)
    return lambda: caught and not kernel.catches_interrupt(parent)


def hold(folder: Path) -> IO[str]:
    """One supervisor per folder. The lock goes with the process, however it ends."""
    lock = (folder / "lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.seek(0)
        holder = lock.read().strip() or "unknown"
        raise StartFailed(
            f"The demo in {folder} is already running (process {holder}).\nStop it with Ctrl-C "
            "there, or use DEMO_DIR=/some/other/folder with other ports."
        ) from error
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def is_running(folder: Path) -> bool:
    try:
        with hold(folder):
            return False
    except StartFailed:
        return True


def healthy(port: int) -> bool:
    """Does /healthz answer 200."""
    connection = http.client.HTTPConnection(ports.LOOPBACK, port, timeout=5)
    with suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    return False


def welcome(chosen: Ports, seconds: float) -> str:
    line = "-" * 66
    return (
        f"\n{line}\n  Front Desk Copilot is ready ({seconds:.0f} s).\n\n"
        f"  The front desk    http://127.0.0.1:{chosen.web}\n"
        f"  The sandbox salon http://127.0.0.1:{chosen.sandbox}\n\n"
        "  Open both. What you do in the salon becomes drafts at the desk.\n"
        f"  Ctrl-C stops everything. What happened is kept for the next start.\n{line}\n"
    )
