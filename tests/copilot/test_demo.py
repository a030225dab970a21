"""`make demo` from a private copy: it comes up, it stops, it comes back with its data."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from copilot.supervisor import binaries, postgres
from copilot.supervisor.processes import Child
from tests.support import clones, free_ports
from tests.support.polling import eventually

pytestmark = pytest.mark.worker
COUNT = "SELECT (SELECT count(*) FROM integrations_connection), count(*) FROM integrations_user"
SHELL = "from django.db import connection as c; r = c.cursor(); "
SHELL += f"r.execute('{COUNT}'); print('rows', *r.fetchone())"


@pytest.fixture
def private_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="fdc-demo-"))
    yield folder
    subprocess.run(["rm", "-rf", str(folder)], check=False)


def addresses(child: Child) -> list[str]:
    """The addresses it printed once it was ready."""
    assert child.alive, f"ended with {child.exit_code}: {child.tail(60)}"
    text = child.tail(60)
    return re.findall(r"http://127\.0\.0\.1:\d+", text) if "is ready" in text else []


def rows_by_a_command(checkout: Path, runner: clones.Runner, log: Path) -> list[str]:
    """What `make manage` sees while the demo runs."""
    command = clones.supervisor(checkout, runner, log, "manage", "shell", "-v", "0", "-c", SHELL)
    assert command.wait(90) and command.exit_code == 0, command.tail()
    return command.tail().split("rows")[1].split()


def rows(checkout: Path) -> list[str]:
    demo = checkout / ".demo"
    cluster = postgres.Cluster(binaries.postgres_bin(), demo / "postgres", demo / "run")
    return cluster.psql("copilot", "-c", COUNT).strip().replace("|", " ").split()


def test_the_demo_comes_up_stops_and_comes_back_with_its_data(private_folder: Path) -> None:
    runner = clones.ourselves()
    checkout = clones.checkout(private_folder, runner, whole=True)
    web, sandbox = free_ports.any_port(), free_ports.any_port()
    env = {"PORT": str(web), "SANDBOX_PORT": str(sandbox), "SANDBOX_SMALL": "1"}
    counted = []
    for number in (signal.SIGINT, signal.SIGKILL):
        log = private_folder / f"{number.name}.log"
        child = clones.supervisor(checkout, runner, log, "demo", **env)
        found = eventually(lambda child=child: addresses(child), timeout=180)
        assert found == [f"http://127.0.0.1:{web}", f"http://127.0.0.1:{sandbox}"]
        for address in found:
            with urllib.request.urlopen(address, timeout=10) as answer:
                assert answer.status == 200
        counted.append(rows(checkout))
        if number == signal.SIGINT:
            counted.append(rows_by_a_command(checkout, runner, private_folder / "rows.log"))
        os.kill(child.pid, number)
        assert child.wait(90), f"{number.name} did not stop it"
        eventually(lambda: clones.all_over(private_folder))
    assert counted[0] == counted[1] == counted[2]
    assert len(counted[0]) == 2 and "0" not in counted[0]
