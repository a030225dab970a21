"""Claim pages are open to everybody: guessing links and hammering one are both slowed down.

Counted in Redis. With Redis away nobody is turned away: a made-up link costs no query anyway,
and a client who wants the slot must get through.
"""

import hashlib

from approvals.ladders.tokens import is_ours
from core import redis

WINDOW_SECONDS = 300
# A phone network puts many clients behind one address: only made-up links count against it.
MADE_UP_PER_ADDRESS = 30
PER_LINK = 60


def too_many(address: str, token: str) -> bool:
    """Whether this request is one too many; counts it."""
    if is_ours(token):
        name = hashlib.sha256(token.encode()).hexdigest()[:32]
        return _counted(f"copilot:claim:link:{name}") > PER_LINK
    return _counted(f"copilot:claim:from:{address}") > MADE_UP_PER_ADDRESS


def _counted(key: str) -> int:
    def add(client: "redis.redis.Redis") -> int:
        with client.pipeline() as pipe:
            # EXPIRE with NX came with Redis 7; the embedded one is 6.2.
            pipe.set(key, 0, ex=WINDOW_SECONDS, nx=True)
            pipe.incr(key)
            counted: int = pipe.execute()[1]
        return counted

    return redis.attempt("claim throttle", add) or 0
