"""The Celery app as a worker loads it: with a pool of database connections, unless told otherwise.

A worker holds no connection while a platform or a model answers, so it takes one up several times
per event. Made anew each time, connections cost PostgreSQL and us more than the work itself: a
backend begins with empty caches. Web threads keep theirs between requests and do better without.
"""

import os

# Before the settings are read. Lanes of drafts spend their time waiting for a model, without one.
if not os.environ.get("DATABASE_POOL"):
    os.environ["DATABASE_POOL"] = "20"

from copilot.celery import app

__all__ = ["app"]
