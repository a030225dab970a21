"""Real PostgreSQL and Redis for the tests.

The controller of a run chooses a folder and starts PostgreSQL once. Every process that runs
tests (each xdist worker, or the controller alone) has its own database, cloned from a migrated
template, and its own Redis, so that a test may flush, freeze or kill it.
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from threading import Thread

import psycopg

from copilot.supervisor import postgres, redis
from copilot.supervisor.processes import Child, Spec
from tests.support import kept_template, seeds
from tests.support.polling import GENEROUS

ROOT = Path(__file__).resolve().parents[2]
RUN_FOLDER = "COPILOT_TEST_FOLDER"
# Set by a test that runs pytest itself, for tests that touch neither PostgreSQL nor Redis.
NONE_NEEDED = "COPILOT_TEST_NO_SERVICES"
TEMPLATE = "copilot_template"
# Durability is switched off: a test database that lost its last second is simply thrown away.
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "300",
    "jit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "checkpoint_timeout": "1h",
    "max_wal_size": "4GB",
    # Tables of a few rows are read in no time; what costs is to plan how. One order of joins, the
    # one that was written, and no bookkeeping for views that nobody looks at.
    "join_collapse_limit": "1",
    "from_collapse_limit": "1",
    "max_parallel_workers_per_gather": "0",
    "track_activities": "off",
    "track_counts": "off",
    "autovacuum": "off",
    "update_process_title": "off",
}


def worker_name() -> str:
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


def folder() -> Path:
    return Path(os.environ[RUN_FOLDER])


def announce() -> None:
    """Put the addresses of this process's database and Redis into the environment."""
    if RUN_FOLDER not in os.environ:
        os.environ[RUN_FOLDER] = tempfile.mkdtemp(prefix="fdc-test-")
        atexit.register(shutil.rmtree, os.environ[RUN_FOLDER], ignore_errors=True)
    cluster, server = the_cluster(), the_redis()
    name = f"test_{worker_name()}"
    os.environ |= {
        "DATABASE_URL": cluster.url("copilot_app", name),
        "MIGRATE_DATABASE_URL": cluster.url("copilot_owner", name),
        "REDIS_URL": server.url,
        "SECRET_KEY": "only-for-tests-" + "x" * 40,
        "WEB_ORIGIN": "http://127.0.0.1:8000",
        "ALLOWED_HOSTS": "127.0.0.1,localhost,testserver",
        "LOG_LEVEL": "WARNING",
        # Sync Playwright runs an event loop in the test's thread.
        "DJANGO_ALLOW_ASYNC_UNSAFE": "true",
    }
    for name in ("DEMO", "OPENAI_API_KEY", "OPENAI_BASE_URL", "STREAM_ORIGIN", "SANDBOX_URL"):
        os.environ.pop(name, None)


@cache
def the_cluster() -> postgres.Cluster:
    return postgres.open_cluster(folder())


@cache
def the_redis() -> redis.Server:
    mine = folder() / f"redis-{worker_name()}"
    mine.mkdir(exist_ok=True)
    return redis.open_server(mine)


class Services:
    """What this process started, and how to stop it again."""

    def __init__(self) -> None:
        self.children: list[Child] = []
        self.preparing: Thread | None = None

    def start_postgres(self) -> None:
        cluster = the_cluster()
        cluster.initialise()
        self._start(cluster.spec(folder() / "postgres.log", FAST), cluster.ready)

    def prepare_template(self) -> None:
        """In the background. A failure is not lost: the first worker tries again and says it."""

        def prepare() -> None:
            with suppress(Exception):
                ensure_template()

        self.preparing = Thread(target=prepare)
        self.preparing.start()

    def start_redis(self) -> Child:
        server = the_redis()
        return self._start(server.spec(folder() / f"redis-{worker_name()}.log"), server.ready)

    def _start(self, spec: Spec, ready: Callable[[], bool]) -> Child:
        child = Child(spec).start()
        self.children.append(child)
        atexit.register(child.kill_group)
        wait_until(ready, GENEROUS, f"{child.spec.name} did not start:\n{child.tail()}")
        return child

    def stop(self) -> None:
        if self.preparing is not None:
            self.preparing.join()
        for child in reversed(self.children):
            child.stop()
            if child.spec.name == "postgres":
                postgres.remove_elsewhere(folder())


def wait_until(ready: Callable[[], bool], seconds: float, otherwise: str) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise RuntimeError(otherwise)
        time.sleep(0.02)


@contextmanager
def superuser(database: str = "postgres") -> Iterator[psycopg.Connection]:
    with psycopg.connect(the_cluster().url("postgres", database), autocommit=True) as connection:
        yield connection


_cleaner: psycopg.Connection | None = None


def put_back() -> None:
    """This process's database as the migrations left it.

    Over a connection that is kept: a new one would plan everything anew after every test.
    """
    global _cleaner
    if _cleaner is not None and not _cleaner.closed:
        try:
            return seeds.put_back(_cleaner)
        except psycopg.OperationalError:
            # A test restarted PostgreSQL under it.
            _cleaner.close()
    url = the_cluster().url("postgres", f"test_{worker_name()}")
    _cleaner = psycopg.connect(url, autocommit=True)
    return seeds.put_back(_cleaner)


def ensure_database() -> str:
    """This process's database, cloned from the template; the first to ask migrates the template."""
    name = f"test_{worker_name()}"
    with _with_template() as (connection, known):
        if name not in known:
            connection.execute(
                f'CREATE DATABASE "{name}" OWNER copilot_owner TEMPLATE "{TEMPLATE}"'
            )
    return name


def ensure_template() -> None:
    """What `ensure_database` would wait for, ahead of time: while the workers still import."""
    with _with_template():
        pass


@contextmanager
def _with_template() -> Iterator[tuple[psycopg.Connection, set[str]]]:
    """One at a time: the template is there, and these databases were before."""
    with superuser() as connection:
        connection.execute("SELECT pg_advisory_lock(4711)")
        known = {row[0] for row in connection.execute("SELECT datname FROM pg_database")}
        if TEMPLATE not in known:
            _make_template()
        yield connection, known
        connection.execute("SELECT pg_advisory_unlock(4711)")


def _make_template() -> None:
    """Under another name first: a failed migration must not leave a usable template."""
    cluster, draft = the_cluster(), "copilot_template_draft"
    with superuser() as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{draft}"')
    cluster.provide(draft)
    if not kept_template.load(cluster, draft):
        _migrate(cluster, draft)
        with superuser(draft) as connection:
            seeds.take(connection)
        kept_template.keep(cluster, draft)
    with superuser() as connection:
        connection.execute(f'ALTER DATABASE "{draft}" RENAME TO "{TEMPLATE}"')


def _migrate(cluster: postgres.Cluster, draft: str) -> None:
    urls = {
        "DATABASE_URL": cluster.url("copilot_app", draft),
        "MIGRATE_DATABASE_URL": cluster.url("copilot_owner", draft),
        "DJANGO_SETTINGS_MODULE": "copilot.settings",
    }
    done = subprocess.run(
        # Checks import every page; one broken page should fail its own tests and no others.
        [sys.executable, "manage.py", "migrate", "--verbosity", "0", "--skip-checks"],
        cwd=ROOT,
        env=os.environ | urls,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"migrate failed:\n{done.stdout}{done.stderr}")
