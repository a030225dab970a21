"""The real product for a benchmark: own PostgreSQL (durable), Redis, database and processes."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import django
import psycopg

from copilot.supervisor import commands, ports, postgres, redis
from copilot.supervisor.environment import ROOT
from copilot.supervisor.processes import Child, Spec
from tests.support.services import wait_until

SANDBOX_TOKEN = "sandbox-token-for-benchmarks"
SANDBOX_SECRET = "whsec_" + "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
PYTHON = Path(sys.executable)


@dataclass
class Stack:
    """Addresses of the running services, and how to start the product's processes on them."""

    folder: Path
    env: dict[str, str]
    cluster: postgres.Cluster
    redis: redis.Server
    ports: dict[str, int]
    stack: ExitStack
    children: dict[str, Child] = field(default_factory=dict)

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    def start(self, name: str, argv: list[str], ready: Any, **env: str) -> Child:
        """Start one process; it is killed with all its own when the benchmark ends."""
        spec = Spec(name, argv, env=self.env | env, log=self.folder / f"{name}.log", cwd=ROOT)
        child = Child(spec).start()
        self.children[name] = child
        self.stack.callback(child.kill_group)
        wait_until(lambda: ready(child) or not child.alive, 60, f"{name}: {child.tail()}")
        if not child.alive:
            raise RuntimeError(f"{name} ended while starting:\n{child.tail()}")
        return child

    def serve(self, name: str, interface: str, target: str, threads: int = 8, **env: str) -> Child:
        port = self.ports[name]
        argv = commands.granian(PYTHON, interface, target, port, threads=threads)
        return self.start(name, argv, lambda _: ports.answers(port), **env)

    def web(self) -> Child:
        return self.serve("web", "wsgi", "copilot.wsgi:application")

    def stream(self) -> Child:
        return self.serve("stream", "asgi", "copilot.stream:application")

    def sandbox(self) -> Child:
        return self.serve("sandbox", "wsgi", "integrations.sandbox.wsgi:application")

    def workers(self) -> None:
        for name, (queues, threads) in commands.WORKERS.items():
            argv = commands.worker(PYTHON, name, queues, threads=threads)
            self.start(name, argv, lambda child: " ready." in child.tail(200))

    def beat(self) -> Child:
        return self.start("beat", commands.beat(PYTHON, self.folder / "beat"), lambda _: True)

    def manage(self, *arguments: str) -> None:
        """Run a management command to its end."""
        argv = commands.manage(PYTHON, ROOT, *arguments)
        done = subprocess.run(argv, env=self.env, capture_output=True, text=True, cwd=ROOT)
        if done.returncode != 0:
            raise RuntimeError(f"manage.py {' '.join(arguments)} failed:\n{done.stderr[-3000:]}")


def analyze() -> None:
    """The planner's statistics, as autovacuum would have made them within the minute. Asked of any
    other role but the owner, PostgreSQL only warns and leaves the tables as they were."""
    with psycopg.connect(os.environ["MIGRATE_DATABASE_URL"], autocommit=True) as owner:
        owner.execute("VACUUM ANALYZE")


@contextmanager
def stack() -> Iterator[Stack]:
    """PostgreSQL with fsync on and Redis, migrated, with Django set up in this process."""
    folder = Path(tempfile.mkdtemp(prefix="fdc-bench-"))
    with ExitStack() as exits:
        exits.callback(shutil.rmtree, folder, ignore_errors=True)
        cluster, server = postgres.open_cluster(folder), redis.open_server(folder)
        exits.callback(postgres.remove_elsewhere, folder)
        cluster.initialise()
        database = Child(cluster.spec(folder / "postgres.log", {"max_connections": "300"})).start()
        exits.callback(database.stop)
        wait_until(cluster.ready, 30, database.tail())
        cluster.provide("copilot")
        hints = Child(server.spec(folder / "redis.log")).start()
        exits.callback(hints.stop)
        wait_until(server.ready, 10, hints.tail())
        numbers = {name: ports.any_free() for name in ("web", "stream", "sandbox", "bare")}
        made = Stack(
            folder, _environment(cluster, server, numbers), cluster, server, numbers, exits
        )
        # A salon of its own: the default one may be somebody's who plays with its knobs.
        made.env["SANDBOX_STATE"] = str(folder / "sandbox.sqlite3")
        made.children |= {"postgres": database, "redis": hints}
        made.manage("migrate", "--verbosity", "0")
        os.environ |= made.env
        django.setup()
        yield made
        from django.db import connections

        connections.close_all()


def _environment(
    cluster: postgres.Cluster, server: redis.Server, numbers: dict[str, int]
) -> dict[str, str]:
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "copilot.settings",
        "DATABASE_URL": cluster.url("copilot_app", "copilot"),
        "MIGRATE_DATABASE_URL": cluster.url("copilot_owner", "copilot"),
        "REDIS_URL": server.url,
        "SECRET_KEY": "only-for-benchmarks-" + "x" * 40,
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "WEB_ORIGIN": f"http://127.0.0.1:{numbers['web']}",
        "STREAM_ORIGIN": f"http://127.0.0.1:{numbers['stream']}",
        "SANDBOX_URL": f"http://127.0.0.1:{numbers['sandbox']}",
        "SANDBOX_TOKEN": SANDBOX_TOKEN,
        "SANDBOX_WEBHOOK_SECRET": SANDBOX_SECRET,
        "OUTBOUND_ALLOW": f"127.0.0.1:{numbers['sandbox']}",
        "LOG_LEVEL": "WARNING",
        "DJANGO_ALLOW_ASYNC_UNSAFE": "true",
        "DEMO": "1",
    }
