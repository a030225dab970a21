"""Many drafts at once in one worker: a draft waits for its model nearly all of its time.

A lane is a thread that writes one draft after the other until none is due. The doorbell only says
how many lanes are wanted, so a slow model holds up neither the next ring nor anybody else's draft.
A lane holds no database connection while it waits, and none once it has nothing left to do.
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from django.db import connections

logger = logging.getLogger(__name__)


@dataclass
class Lanes:
    """At most ``most`` threads of this process. ``close`` lets what is being written come to its
    end and starts nothing new; rows that were not begun wait for another worker."""

    most: int
    closed: bool = False
    busy: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _pool: ThreadPoolExecutor = field(init=False)

    def __post_init__(self) -> None:
        # It starts no thread before it is given work.
        self._pool = ThreadPoolExecutor(self.most, thread_name_prefix="draft")

    def fill(self, wanted: int, work: Callable[[], int]) -> int:
        """Open up to ``wanted`` more lanes; returns how many. ``work`` does one piece and says how
        many it did; a lane ends at 0."""
        with self._lock:
            if self.closed:
                return 0
            opened = max(0, min(wanted, self.most - self.busy))
            self.busy += opened
        for _ in range(opened):
            self._pool.submit(self._lane, work)
        return opened

    def close(self) -> None:
        with self._lock:
            self.closed = True
        self._pool.shutdown(wait=True)

    def _lane(self, work: Callable[[], int]) -> None:
        try:
            while not self.closed and work():
                pass
        except Exception:
            # The row goes back to the queue when its lease ends; the sweep rings again.
            logger.exception("a lane of drafts broke off")
        finally:
            connections.close_all()
            with self._lock:
                self.busy -= 1
