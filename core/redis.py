"""One Redis client per process. Redis holds hints, limits and presence: losing it loses nothing."""

import logging
import os
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

import redis
from django.conf import settings

logger = logging.getLogger(__name__)
T = TypeVar("T")
# A frozen Redis costs half a second per call. After one failure best-effort calls are left out for
# a moment, so that a busy page or hook pays that price once a second and not every time.
AWAY_SECONDS = 1.0
_away_until: dict[int, float] = {}


@lru_cache(maxsize=4)
def _client_of(pid: int) -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=0.5,
        socket_connect_timeout=0.25,
        decode_responses=True,
        health_check_interval=10,
    )


def client() -> redis.Redis:
    """The client of this process; a forked child gets its own connections."""
    return _client_of(os.getpid())


def attempt(what: str, call: Callable[[Any], T]) -> T | None:
    """``call(client)``, or None when Redis is away; never raises. ``what`` names it in the log."""
    pid = os.getpid()
    if time.monotonic() < _away_until.get(pid, 0.0):
        return None
    try:
        return call(client())
    except redis.ResponseError:
        # It answered: what we asked was wrong, and others need not suffer for that.
        logger.exception("%s: Redis refused the command", what)
        return None
    except Exception as error:  # Redis away in any of a dozen ways
        _away_until[pid] = time.monotonic() + AWAY_SECONDS
        logger.warning("%s: Redis does not answer (%s)", what, type(error).__name__)
        return None


def forget_failures() -> None:
    """Try Redis again at once (it is known to be back)."""
    _away_until.clear()
