"""The supervisor, run as people run it: from a copy of the checkout in a private folder."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from copilot.supervisor import binaries, environment, kernel, ports, postgres
from copilot.supervisor.processes import Child, StartFailed
from tests.support import clones, free_ports
from tests.support.polling import eventually

pytestmark = pytest.mark.worker
AS_ROOT = os.geteuid() == 0
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)


@pytest.fixture
def private_folder() -> Iterator[Path]:
    """Not pytest's tmp_path: its parents belong to us and would hide a wrong permission."""
    folder = Path(tempfile.mkdtemp(prefix="fdc-clone-"))
    yield folder
    postgres.remove_elsewhere(folder / "checkout" / ".demo")
    subprocess.run(["rm", "-rf", str(folder)], check=False)


def psql(demo: Path, statement: str) -> str:
    # Not open_cluster: as root we look into the folder of somebody else here.
    cluster = postgres.Cluster(binaries.postgres_bin(), demo / "postgres", demo / "run")
    return cluster.psql("copilot", "-c", statement).strip()


def ready(child: Child) -> Callable[[], bool]:
    def probe() -> bool:
        assert child.alive, f"ended with {child.exit_code}: {child.tail()}"
        return "Ready." in child.tail()

    return probe


def start_and_stop_in_every_way(folder: Path, runner: clones.Runner, **env: str) -> None:
    """The data written before the first stop must be there after each of them."""
    checkout = clones.checkout(folder, runner)
    demo, log = checkout / ".demo", folder / "supervisor.log"
    for count, number in enumerate(STOPS):
        log.unlink(missing_ok=True)
        child = clones.supervisor(checkout, runner, log, "services", **env)
        eventually(ready(child))
        if count == 0:
            psql(demo, "CREATE TABLE kept (v text)")
        psql(demo, f"INSERT INTO kept VALUES ('{number.name}')")
        os.kill(child.pid, number)
        assert child.wait(90), f"{number.name} did not stop it"
        assert child.exit_code == (-9 if number == signal.SIGKILL else 0), child.tail()
        eventually(lambda: clones.all_over(folder), message="nothing is left")
        assert ("Made an empty database." in child.tail()) == (count == 0)
    log.unlink()
    child = clones.supervisor(checkout, runner, log, "services", **env)
    eventually(ready(child))
    rows = psql(demo, "SELECT v FROM kept").split()
    child.stop()
    assert rows == [number.name for number in STOPS]


def test_services_start_and_stop_as_an_ordinary_user_in_a_private_folder(
    private_folder: Path,
) -> None:
    runner = clones.ordinary_user(private_folder)
    assert not AS_ROOT or runner.account or runner.namespace
    start_and_stop_in_every_way(private_folder, runner)


def test_services_start_and_stop_as_ourselves_in_a_private_folder(private_folder: Path) -> None:
    start_and_stop_in_every_way(private_folder, clones.ourselves())


def test_where_user_namespaces_are_refused_root_runs_postgres_as_nobody(
    private_folder: Path,
) -> None:
    runner = clones.ourselves()
    checkout = clones.checkout(private_folder, runner)
    child = clones.supervisor(
        checkout, runner, private_folder / "log", "services", POSTGRES_RUN_AS="nobody"
    )
    eventually(ready(child))
    owner = os.stat(postgres.open_cluster(checkout / ".demo").data).st_uid
    moved = checkout / ".demo" / postgres.ELSEWHERE
    assert (owner != 0) and moved.exists() == AS_ROOT
    elsewhere = Path(moved.read_text().strip()) if AS_ROOT else checkout / "nowhere"
    child.stop()
    clones.supervisor(checkout, runner, private_folder / "log2", "forget").wait(90)
    assert not elsewhere.exists()


def test_a_server_that_dies_is_started_again(private_folder: Path) -> None:
    runner = clones.ourselves()
    checkout = clones.checkout(private_folder, runner)
    child = clones.supervisor(checkout, runner, private_folder / "log", "services")
    eventually(ready(child))
    demo = checkout / ".demo"
    port = int((demo / "redis.port").read_text())
    [victim] = [line for line in clones.still_running(demo) if f"127.0.0.1:{port}" in line]
    os.kill(int(victim.split()[0]), signal.SIGKILL)
    eventually(lambda: "starting it again" in child.tail())
    eventually(lambda: ports.answers(port))
    refused = clones.supervisor(checkout, runner, private_folder / "log2", "services")
    assert refused.wait(90) and refused.exit_code == 1
    assert f"already running (process {child.pid})" in refused.tail()
    child.stop()
    assert clones.still_running(private_folder) == []


def test_a_taken_port_is_named_and_nothing_hangs(private_folder: Path) -> None:
    runner = clones.ourselves()
    checkout = clones.checkout(private_folder, runner)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        child = clones.supervisor(checkout, runner, private_folder / "log", "demo", PORT=port)
        assert child.wait(90), "it hung"
    assert child.exit_code == 1
    assert f"Port {port} is taken" in child.tail()
    assert "PORT=" in child.tail() and "make demo" in child.tail()
    assert clones.still_running(private_folder) == []


def test_a_folder_with_a_very_long_path_gets_its_sockets_elsewhere(tmp_path: Path) -> None:
    deep = tmp_path / ("a" * 60) / ("b" * 60)
    deep.mkdir(parents=True)
    sockets = postgres.socket_folder(deep)
    assert len(str(sockets)) <= postgres.LONGEST_SOCKET_FOLDER
    assert sockets.stat().st_mode & 0o777 == 0o700
    sockets.rmdir()


def test_a_wrong_port_is_refused_in_words() -> None:
    with pytest.raises(StartFailed, match="PORT='eighty' is not a port"):
        environment.choose_ports({"PORT": "eighty"})
    with pytest.raises(StartFailed, match="three different numbers"):
        port = str(free_ports.any_port())
        environment.choose_ports({"PORT": port, "SANDBOX_PORT": port})


def test_secrets_are_made_once_and_readable_by_their_owner_only(tmp_path: Path) -> None:
    first = environment.read_or_make(tmp_path / "secret", "one")
    second = environment.read_or_make(tmp_path / "secret", "two")
    assert first == second == "one"
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600


def test_the_supervisor_itself_never_imports_django() -> None:
    argv = [clones.ourselves().python, "-X", "importtime", "-m", "copilot.supervisor", "--help"]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert "copilot.supervisor.demo" in done.stderr
    assert "django" not in done.stderr


def test_an_ordinary_account_exists_for_root_to_lend_to_postgres() -> None:
    account = kernel.harmless_account()
    assert account is not None and account[0] != 0
