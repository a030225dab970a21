"""Sign-in is throttled: by name and address together, and by address alone.

Counted in Redis, for all processes. With Redis away each process counts for itself, which still
stops a guesser; the database is never asked, so that guessing cannot load it.
"""

import hashlib
import time
from collections import OrderedDict
from functools import partial

from core import redis

WINDOW_SECONDS = 900
PER_NAME = 8
PER_ADDRESS = 40
MOST_KEPT = 10_000

_here: OrderedDict[str, tuple[float, int]] = OrderedDict()


def sign_in_blocked(address: str, name: str) -> bool:
    """Whether too many attempts failed lately. True stays true until the window has passed."""
    return any(_count(key) >= most for key, most in _keys(address, name))


def sign_in_failed(address: str, name: str) -> None:
    both = _keys(address, name)[0][0]
    for key, _ in _keys(address, name):
        if redis.attempt("throttle", partial(_add, key)) is None:
            _add_here(key)
    redis.attempt("throttle", partial(_note, _of(name), both))


def sign_in_worked(address: str, name: str) -> None:
    """A right password forgives the wrong ones before it; the address's own count stays."""
    key = _keys(address, name)[0][0]
    _here.pop(key, None)
    redis.attempt("throttle", lambda client: client.delete(key))


def sign_in_forgive(name: str) -> int:
    """A manager vouches for somebody: their wrong passwords are forgotten, from wherever they came.

    The count of an address alone stays, for it may be somebody else's. Returns how many addresses.
    """

    def clear(client: "redis.redis.Redis") -> int:
        keys = list(client.smembers(_of(name)))
        client.delete(_of(name), *keys)
        return len(keys)

    found = redis.attempt("throttle", lambda client: client.smembers(_of(name))) or set()
    for key in found:
        _here.pop(key, None)
    return redis.attempt("throttle", clear) or 0


def _of(name: str) -> str:
    hashed = hashlib.sha256(name.strip().lower().encode()).hexdigest()[:32]
    return f"copilot:sign-in:of:{hashed}"


def _note(name_key: str, key: str, client: "redis.redis.Redis") -> None:
    with client.pipeline() as pipe:
        pipe.sadd(name_key, key)
        pipe.expire(name_key, WINDOW_SECONDS)
        pipe.execute()


def _keys(address: str, name: str) -> list[tuple[str, int]]:
    # Hashed: an e-mail address is no name for a key that operators see.
    both = hashlib.sha256(f"{address}|{name.strip().lower()}".encode()).hexdigest()[:32]
    return [(f"copilot:sign-in:{both}", PER_NAME), (f"copilot:sign-in:at:{address}", PER_ADDRESS)]


def _add(key: str, client: "redis.redis.Redis") -> int:
    with client.pipeline() as pipe:
        # EXPIRE with NX came with Redis 7; the embedded one is 6.2.
        pipe.set(key, 0, ex=WINDOW_SECONDS, nx=True)
        pipe.incr(key)
        added: int = pipe.execute()[1]
    return added


def _count(key: str) -> int:
    found = redis.attempt("throttle", lambda client: client.get(key) or "0")
    since, here = _here.get(key, (0.0, 0))
    if time.monotonic() - since > WINDOW_SECONDS:
        here = 0
    return int(found or 0) + here


def _add_here(key: str) -> None:
    since, count = _here.pop(key, (time.monotonic(), 0))
    if time.monotonic() - since > WINDOW_SECONDS:
        since, count = time.monotonic(), 0
    _here[key] = (since, count + 1)
    while len(_here) > MOST_KEPT:
        _here.popitem(last=False)
