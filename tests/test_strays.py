"""A worker that outlives its test is found."""

from __future__ import annotations

import os
import sys

from copilot.supervisor.processes import Child, Spec
from tests.support import strays


def test_a_worker_still_at_work_is_named_and_one_that_ended_is_not() -> None:
    sleeping = [sys.executable, "-c", "import time; time.sleep(60)", "celery", "worker"]
    child = Child(Spec("left", sleeping)).start()
    try:
        assert [line[-13:] for line in strays.workers_of(os.getpid())] == ["celery worker"]
    finally:
        child.kill_group()
    assert strays.workers_of(os.getpid()) == []
