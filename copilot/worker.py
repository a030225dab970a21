"""The Celery app as a worker loads it: with a pool of database connections, unless told otherwise.

A worker holds no connection while a platform or a model answers, so it takes one up several times
per event. Made anew each time, connections cost PostgreSQL and us more than the work itself: a
backend begins with empty caches. Web threads keep theirs between requests and do better without.
"""

import os
from contextlib import suppress
from pathlib import Path

# Before the settings are read. Lanes of drafts spend their time waiting for a model, without one.
if not os.environ.get("DATABASE_POOL"):
    os.environ["DATABASE_POOL"] = "20"

from copilot.celery import app

__all__ = ["app", "session_as_nice"]


def session_as_nice(group: Path = Path("/proc/self/autogroup")) -> int:
    """Have our session count as little as we do; returns how little (0: like everybody).

    Linux shares the processor between sessions first, where it groups by session (most do), and
    looks at ``nice`` only inside one. Each of our processes leads its own: the worker that was to
    step back took as much as the one that somebody waits for.
    """
    nice = os.nice(0)
    if nice > 0:
        with suppress(OSError):
            group.write_text(str(nice))
    return max(0, nice)


session_as_nice()
