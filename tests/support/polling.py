"""Waiting with a deadline, the only waiting tests do."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")
# A deadline only ends a story that went wrong, on however busy a machine.
GENEROUS = 90.0


def eventually(
    probe: Callable[[], Found], timeout: float = GENEROUS, message: str = "it never became true"
) -> Found:
    """Call `probe` until it returns something true (an AssertionError counts as not yet).

    Returns that value; on timeout raises AssertionError with the last answer or failure.
    """
    deadline = time.monotonic() + timeout
    pause, last = 0.01, None
    while True:
        try:
            last = probe()
            if last:
                return last
        except AssertionError as failure:
            last = failure  # type: ignore[assignment]
        if time.monotonic() > deadline:
            raise AssertionError(f"after {timeout:g} s {message}; last seen: {last!r}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.2)
