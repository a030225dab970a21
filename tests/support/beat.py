"""The beat of a run, in a thread of the test: a process of its own would import the product again.

What happens by night is left out: a story told at twenty past nine would meet it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

from celery.schedules import crontab
from kombu.exceptions import OperationalError

from copilot.celery import app


@contextmanager
def beating() -> Iterator[None]:
    """Rings for everything that the product's own schedule repeats, at its own pace."""
    stop = Event()
    thread = Thread(target=_beat, args=[stop], daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _beat(stop: Event) -> None:
    entries = app.conf.beat_schedule.values()
    repeated = [one for one in entries if not isinstance(one["schedule"], crontab)]
    due = {one["task"]: time.monotonic() + one["schedule"] for one in repeated}
    while not stop.wait(0.2):
        for one in repeated:
            if time.monotonic() >= due[one["task"]]:
                due[one["task"]] = time.monotonic() + one["schedule"]
                # Redis may be one of those that are killed; the next round rings again.
                with suppress(OperationalError):
                    app.send_task(one["task"], **one["options"])
