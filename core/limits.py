"""The rate limit and the pause of one connection, shared by all workers through Redis."""

import logging
import time
from dataclasses import dataclass
from datetime import timedelta

from core import redis
from core.errors import Temporary

logger = logging.getLogger(__name__)
# Waiting holds a worker's thread: up to this long it is cheaper than giving the row back.
LONGEST_WAIT_MS = 2_000
# A platform that asks for a pause of ten years is mistaken.
LONGEST_PAUSE = timedelta(hours=1)

# One round trip. Tokens may go below zero: a caller that is told to wait has taken its turn, so
# that callers are spread evenly and none starves. Redis's clock, because workers' clocks differ.
TAKE = """
local t = redis.call('TIME')
local now = t[1] * 1000 + t[2] / 1000
local pause = redis.call('PTTL', KEYS[2])
if pause > 0 then return {1, pause} end
local rate, burst, most = tonumber(ARGV[1]) / 1000, tonumber(ARGV[2]), tonumber(ARGV[3])
local state = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens, at = tonumber(state[1]) or burst, tonumber(state[2]) or now
tokens = math.min(burst, tokens + math.max(0, now - at) * rate) - 1
local wait = 0
if tokens < 0 then wait = math.ceil(-tokens / rate) end
if wait > most then return {2, wait} end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', tostring(now))
redis.call('PEXPIRE', KEYS[1], math.ceil(burst / rate) + most + 1000)
return {0, wait}
"""


@dataclass(frozen=True)
class Limiter:
    """``key`` is the connection. With Redis away calls go on unlimited (and the log says so)."""

    key: str
    rate_per_second: float

    def take(self) -> None:
        """Wait for a turn, or raise Temporary with how long to stay away."""
        if not self.key:
            return
        arguments = [self.rate_per_second, max(1.0, self.rate_per_second), LONGEST_WAIT_MS]
        answer: list[int] | None = redis.attempt(
            "rate limit left out",
            lambda client: client.eval(
                TAKE, 2, self._name("rate"), self._name("pause"), *arguments
            ),
        )
        if answer is None:
            return
        verdict, milliseconds = answer
        if verdict == 1:
            after = timedelta(milliseconds=milliseconds)
            raise Temporary("The platform asked us to wait before calling again.", after)
        if verdict == 2:
            after = timedelta(milliseconds=milliseconds)
            raise Temporary("More calls are waiting than this connection may make.", after)
        if milliseconds:
            time.sleep(milliseconds / 1000)

    def pause(self, length: timedelta | None) -> None:
        """Keep every worker away for as long as the other side asked."""
        if not self.key or not length:
            return
        milliseconds = max(1, int(min(length, LONGEST_PAUSE).total_seconds() * 1000))
        redis.attempt("pause", lambda client: client.set(self._name("pause"), "1", px=milliseconds))

    def _name(self, what: str) -> str:
        # The braces keep both keys on one node where Redis is a cluster.
        return f"copilot:{what}:{{{self.key}}}"
