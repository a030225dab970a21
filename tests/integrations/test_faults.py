"""Bad days: processes die while events come in and people decide. The salon is the witness."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from copilot.supervisor import commands, ports
from copilot.supervisor.processes import Child, Spec
from integrations.sandbox.remote import Remote
from tests.conftest import SANDBOX_TOKEN, SANDBOX_WEBHOOK_SECRET
from tests.support import free_ports, servers, services
from tests.support.beat import beating
from tests.support.demo import told
from tests.support.faultrun import run, salon, witness
from tests.support.faultrun.deciders import Deciders
from tests.support.faultrun.house import House
from tests.support.polling import GENEROUS, eventually

pytestmark = pytest.mark.worker
PYTHON = Path(sys.executable)
SAMPLE = run.Plan(events=36, kills=3, seed=20_260, a_second=5, settle_seconds=300)
# One for all queues here; the full run has those of production.
QUEUES = ",".join(queues for queues, _ in commands.WORKERS.values())
OpenHouse = Callable[..., House]


@pytest.fixture
def open_house(
    transactional_db: None, redis_db: Any, redis_process: Child, tmp_path: Path
) -> Iterator[OpenHouse]:
    """`open_house()`: the product on this test's database, serving a small new salon."""
    from django.db import connections

    children: dict[str, Child] = {}

    def opened() -> House:
        numbers = {name: free_ports.any_port() for name in ("web", "stream", "sandbox")}
        env = _environment(numbers, tmp_path)
        for name, argv in _commands(numbers).items():
            log = tmp_path / f"{name}.log"
            children[name] = Child(Spec(name, argv, env=env, log=log, cwd=services.ROOT)).start()
        for name in ("sandbox", "web"):
            services.wait_until(
                lambda name=name: ports.answers(numbers[name]), GENEROUS, children[name].tail()
            )
        with told(env, env["WEB_ORIGIN"], env["SANDBOX_URL"]):
            call_command("demo_setup", "--one-connection", stdout=StringIO())
        remote = Remote(env["SANDBOX_URL"])
        children["redis"] = redis_process
        return House(children, remote, SANDBOX_TOKEN)

    with beating():
        yield opened
    # The house's own dict: a worker that a test put in another's place ends with the rest.
    for child in children.values():
        if child is not redis_process:
            child.kill_group()
    connections.close_all()


def _environment(numbers: dict[str, int], folder: Path) -> dict[str, str]:
    origin = {name: f"http://127.0.0.1:{port}" for name, port in numbers.items()}
    return servers.environment(
        WEB_ORIGIN=origin["web"],
        STREAM_ORIGIN=origin["stream"],
        SANDBOX_URL=origin["sandbox"],
        SANDBOX_TOKEN=SANDBOX_TOKEN,
        SANDBOX_WEBHOOK_SECRET=SANDBOX_WEBHOOK_SECRET,
        SANDBOX_STATE=str(folder / "sandbox.sqlite3"),
        SANDBOX_SMALL="1",
        OUTBOUND_ALLOW=f"127.0.0.1:{numbers['sandbox']}",
        DEMO="1",
    )


def _commands(numbers: dict[str, int]) -> dict[str, list[str]]:
    """The production command lines; the worker with the shorter waits of the fault run."""
    wsgi = {"sandbox": "integrations.sandbox.wsgi:application", "web": "copilot.wsgi:application"}
    made = {
        name: commands.granian(PYTHON, "wsgi", target, numbers[name])
        for name, target in wsgi.items()
    }
    argv = commands.worker(PYTHON, "worker-fast", QUEUES, threads=6)
    made["worker-fast"] = [
        "tests.support.faultrun.celery_app" if one == "copilot.worker" else one for one in argv
    ]
    return made


def test_killed_at_random_nothing_is_lost_or_doubled_and_without_a_guard_doubles_are_counted(
    open_house: OpenHouse,
) -> None:
    house = open_house()
    with run.short_hold(1):
        found = run.fault_run(house, SAMPLE)
    assert (found.lost, found.doubled, found.undecided) == ([], [], []), found.injected
    assert found.deliveries >= SAMPLE.events
    assert found.sent >= 10
    assert found.injected["repeated deliveries"] > 0
    assert sum(house.killed.values()) >= 3

    without_the_look_up_of_a_lost_answer(house)
    dice = run.Random(1)
    people = run.prepare()
    book = salon.diary(house.salon, house.salon_token, dice, 2)
    calm = {**dict.fromkeys(run.KNOBS, 0.0), "retry_scale": run.KNOBS["retry_scale"]}
    house.salon.post("knobs", **calm | {"drop_reply": 1.0})
    with run.short_hold(0), Deciders(people):
        for _ in range(4):
            book.book()
        eventually(lambda: witness.verdict(house.salon, set()).doubled)
        house.salon.post("knobs", drop_reply=0.0)


def without_the_look_up_of_a_lost_answer(house: House) -> None:
    """The same house, whose sending repeats blindly from now on."""
    careful = house.children["worker-fast"]
    careful.kill_group()
    env = {**(careful.spec.env or {}), "REMOVED_GUARD": "settle_first"}
    house.children["worker-fast"] = Child(replace(careful.spec, env=env)).start()


@pytest.mark.soak
def test_five_hundred_events_with_the_waits_of_production() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--soak", "--only", "faults"],
        cwd=services.ROOT,
        env=dict(os.environ),
        check=False,
    )
    assert done.returncode == 0
