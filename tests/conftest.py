"""Fixtures for every test: real PostgreSQL, real Redis, real servers, a real browser."""

from __future__ import annotations

import gc
import importlib
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

from copilot.supervisor.processes import Child
from tests.support import browser as chromium
from tests.support import free_ports, polling, searches, servers, services, strays

SANDBOX_TOKEN = "sandbox-token-for-tests"
SANDBOX_WEBHOOK_SECRET = "whsec_" + "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


def pytest_configure(config: pytest.Config) -> None:
    searches.profile_load()
    if config.option.help or config.option.version or config.option.collectonly:
        return
    if os.environ.get(services.NONE_NEEDED):
        return
    # Told to end by `timeout` or by CI, a run still has to stop its servers and tidy up.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # By number of tests, as xdist would have it, the longest files come last.
    config.option.loadscopereorder = False
    started = services.Services()
    config.stash[SERVICES] = started
    is_worker = hasattr(config, "workerinput")
    if not is_worker:
        started.start_postgres()
    if is_worker or not getattr(config.option, "numprocesses", None):
        started.start_redis()
    else:
        started.prepare_template()


def pytest_sessionstart(session: pytest.Session) -> None:
    """The workers of a run begin with different files: in a new checkout all have to be compiled,
    and each finds those of the others done, where in step they all compiled all of them."""
    # Nothing that an import makes is thrown away.
    gc.disable()
    given = getattr(session.config, "workerinput", None)
    if given is None:
        return
    folders = [Path(one) for one in session.config.args if Path(one).is_dir()]
    files = sorted(path for folder in folders for path in folder.resolve().rglob("test_*.py"))
    for path in files[int(given["workerid"].removeprefix("gw")) :: given["workercount"]]:
        # What is wrong with a file is said when it is collected.
        with suppress(Exception, pytest.skip.Exception):
            name = path.relative_to(services.ROOT).with_suffix("")
            importlib.import_module(".".join(name.parts))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Files that start browsers or the product first: a long one at the end leaves a core idle."""
    heavy = {
        item.path
        for item in items
        if item.get_closest_marker("browser") or item.get_closest_marker("worker")
    }
    items.sort(key=lambda item: item.path not in heavy)


def pytest_collection_finish() -> None:
    """What was imported stays for good: the collector need not walk a million objects again."""
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def pytest_unconfigure(config: pytest.Config) -> None:
    started = config.stash.get(SERVICES, None)
    if started is not None:
        started.stop()


SERVICES = pytest.StashKey[services.Services]()


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: Any) -> Iterator[None]:
    """Instead of Django's own: one migrated template, a clone per worker, flush by the owner."""
    from django.db import connections
    from django.test import TransactionTestCase

    services.ensure_database()

    def flush(self: TransactionTestCase) -> None:
        services.put_back()

    original = TransactionTestCase._fixture_teardown
    TransactionTestCase._fixture_teardown = flush  # type: ignore[method-assign]
    yield
    TransactionTestCase._fixture_teardown = original  # type: ignore[method-assign]
    with django_db_blocker.unblock():
        connections.close_all()


@pytest.fixture(autouse=True, scope="module")
def no_worker_is_left_behind() -> Iterator[None]:
    """A worker that outlives its file's tests would take the work of all that follow."""
    yield
    left = strays.workers_of(os.getpid())
    assert not left, f"still at work after these tests: {left}"


@pytest.fixture
def eventually() -> Callable[..., Any]:
    """`eventually(probe)`: the first true answer of `probe`, or an AssertionError."""
    return polling.eventually


@pytest.fixture
def redis_db() -> Iterator[Any]:
    """A client of this worker's own Redis, empty before and after the test."""
    import redis

    with redis.Redis.from_url(services.the_redis().url) as client:
        client.flushall()
        yield client
        client.flushall()


@pytest.fixture
def redis_process(request: pytest.FixtureRequest) -> Iterator[Child]:
    """The Redis server itself, to kill or freeze; it is running again after the test."""
    started = request.config.stash[SERVICES]
    child = next(child for child in started.children if child.spec.name == "redis")
    yield child
    if not child.alive:
        child.start()
    services.wait_until(services.the_redis().ready, polling.GENEROUS, "Redis did not come back")


@pytest.fixture(scope="session")
def server_ports() -> dict[str, int]:
    """Chosen before the servers start: each names the other in its headers."""
    return {name: free_ports.any_port() for name in ("web", "stream", "sandbox")}


@pytest.fixture(scope="session")
def server_environment(server_ports: dict[str, int]) -> dict[str, str]:
    """What the real processes of a test run get, as the demo's would."""
    web, stream = server_ports["web"], server_ports["stream"]
    sandbox = server_ports["sandbox"]
    return servers.environment(
        PORT=str(web),
        STREAM_PORT=str(stream),
        SANDBOX_PORT=str(sandbox),
        WEB_ORIGIN=f"http://127.0.0.1:{web}",
        STREAM_ORIGIN=f"http://127.0.0.1:{stream}",
        SANDBOX_URL=f"http://127.0.0.1:{sandbox}",
        SANDBOX_TOKEN=SANDBOX_TOKEN,
        SANDBOX_WEBHOOK_SECRET=SANDBOX_WEBHOOK_SECRET,
        OUTBOUND_ALLOW=f"127.0.0.1:{sandbox}",
        DEMO="1",
    )


@pytest.fixture(scope="session")
def web_server(
    django_db_setup: None, server_ports: dict[str, int], server_environment: dict[str, str]
) -> Iterator[servers.Server]:
    """The pages and webhooks, over HTTP, on this worker's database."""
    with servers.http_server(
        "web", "wsgi", "copilot.wsgi:application", server_ports["web"], server_environment
    ) as server:
        yield server


@pytest.fixture(scope="session")
def stream_server(
    server_ports: dict[str, int], server_environment: dict[str, str]
) -> Iterator[servers.Server]:
    """The live hints."""
    with servers.http_server(
        "stream", "asgi", "copilot.stream:application", server_ports["stream"], server_environment
    ) as server:
        yield server


@pytest.fixture
def sandbox_server(
    server_ports: dict[str, int], server_environment: dict[str, str], tmp_path: Path
) -> Iterator[servers.Server]:
    """A fresh salon for each test, with its own state."""
    env = server_environment | {"SANDBOX_STATE": str(tmp_path / "sandbox.sqlite3")}
    target = "integrations.sandbox.wsgi:application"
    with servers.http_server("sandbox", "wsgi", target, server_ports["sandbox"], env) as server:
        yield server


StartWorker = Callable[..., Child]


@pytest.fixture
def start_worker(
    django_db_setup: None, server_environment: dict[str, str]
) -> Iterator[StartWorker]:
    """`start_worker(queues="drafts", NAME="value")`: one more real Celery worker."""
    with ExitStack() as stack:

        def start(queues: str = "inbox,drafts,effects,routine", **env: str) -> Child:
            name = f"worker-{len(stack._exit_callbacks)}"  # type: ignore[attr-defined]
            running: AbstractContextManager[Child] = servers.celery_worker(
                name, queues, server_environment | env
            )
            return stack.enter_context(running)

        yield start


@pytest.fixture
def celery_worker_process(start_worker: StartWorker) -> Child:
    """One real Celery worker of all queues on this worker's database and Redis."""
    return start_worker()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    with chromium.launched() as launched:
        yield launched


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page of its own context. A script that throws fails the test, whatever else it checks."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    fresh = context.new_page()
    thrown: list[str] = []
    fresh.on("pageerror", lambda error: thrown.append(str(error)))
    yield fresh
    context.close()
    assert thrown == []
