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

from copilot.supervisor import ports
from copilot.supervisor.processes import Child
from tests.support import clones
from tests.support.polling import eventually

pytestmark = pytest.mark.worker
COUNT = "from integrations.models import Connection, User; print('rows', Connection.objects.count()"
COUNT += ", User.objects.count())"


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


def rows(checkout: Path, runner: clones.Runner, log: Path) -> str:
    command = clones.supervisor(checkout, runner, log, "manage", "shell", "-v", "0", "-c", COUNT)
    assert command.wait(30) and command.exit_code == 0, command.tail()
    return command.tail().split("rows")[1]


def test_the_demo_comes_up_stops_and_comes_back_with_its_data(private_folder: Path) -> None:
    runner = clones.ourselves()
    checkout = clones.checkout(private_folder, runner)
    web, sandbox = ports.any_free(), ports.any_free()
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
        counted.append(rows(checkout, runner, private_folder / f"rows-{number.name}.log"))
        os.kill(child.pid, number)
        assert child.wait(30), f"{number.name} did not stop it"
        eventually(lambda: not clones.still_running(private_folder), timeout=15)
    assert counted[0] == counted[1] and not counted[0].strip().startswith("0")
