"""Workers keep a pool of connections, because they give theirs back around every outside call."""

import importlib
import os
from pathlib import Path

import pytest

import copilot.worker
from copilot.supervisor import commands


def test_a_worker_has_a_pool_unless_another_size_was_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for given, kept in (("", "20"), ("7", "7"), ("0", "0")):
        monkeypatch.setenv("DATABASE_POOL", given)
        importlib.reload(copilot.worker)
        assert os.environ["DATABASE_POOL"] == kept


def test_a_worker_that_steps_back_does_so_beside_other_sessions_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    group = tmp_path / "autogroup"
    for nice, written in ((0, None), (5, "5")):
        monkeypatch.setattr(os, "nice", lambda by, nice=nice: nice)
        assert copilot.worker.session_as_nice(group) == nice
        assert (group.read_text() if group.exists() else None) == written
    assert copilot.worker.session_as_nice(tmp_path / "no" / "such" / "file") == 5
    assert commands.worker(Path("python"), "worker-routine", "routine", threads=1)[0] == "nice"


def test_every_way_to_start_a_worker_goes_by_it() -> None:
    argv = commands.worker(Path("python"), "one", "inbox", threads=1)
    assert argv[argv.index("-A") + 1] == "copilot.worker"
    compose = Path(__file__).parents[2] / "docker-compose.yml"
    lines = [line for line in compose.read_text().splitlines() if '"worker", "--queues"' in line]
    assert len(lines) == 3
    assert all('"copilot.worker"' in line for line in lines)
