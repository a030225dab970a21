"""Who is looking at a draft or editing it, in Redis: advice for peers, never a lock.

Pages say so every ten seconds and once when they leave. Losing Redis loses the little faces,
nothing else.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from core import clock, redis

RELEASED_AFTER = 60
KEY = "copilot:presence:{item}"


@dataclass(frozen=True)
class Present:
    """Somebody at a draft; ``seconds`` since they were last heard of."""

    user_id: int
    name: str
    editing: bool
    seconds: float


def presence_seen(*, item_id: int, user_id: int, name: str, editing: bool) -> bool:
    """Say that a person is here. True when that is news to the others (came, or began to edit)."""
    key, me = KEY.format(item=item_id), str(user_id)
    said = json.dumps({"name": name, "editing": editing, "at": clock.now().timestamp()})

    def write(client: redis.redis.Redis) -> str | None:
        with client.pipeline() as pipe:
            pipe.hget(key, me)
            pipe.hset(key, me, said)
            pipe.expire(key, RELEASED_AFTER * 2)
            before: str | None = pipe.execute()[0]
        return before or ""

    before = redis.attempt("presence", write)
    if before is None:
        return False
    return not before or json.loads(before)["editing"] is not editing


def presence_left(*, item_id: int, user_id: int) -> None:
    redis.attempt("presence", lambda client: client.hdel(KEY.format(item=item_id), str(user_id)))


def presence_gone(*, item_ids: Iterable[int], user_id: int) -> None:
    """Take somebody from all of these drafts, in one round trip."""

    def write(client: redis.redis.Redis) -> None:
        with client.pipeline(transaction=False) as pipe:
            for item_id in item_ids:
                pipe.hdel(KEY.format(item=item_id), str(user_id))
            pipe.execute()

    redis.attempt("presence", write)


def presence_of(item_ids: Iterable[int], *, but: int = 0) -> dict[int, list[Present]]:
    """Who is at each of these drafts, in one round trip; ``but`` leaves out the asking person."""
    ids = list(item_ids)
    if not ids:
        return {}

    def read(client: redis.redis.Redis) -> list[dict[str, str]]:
        with client.pipeline(transaction=False) as pipe:
            for item_id in ids:
                pipe.hgetall(KEY.format(item=item_id))
            answers: list[dict[str, str]] = pipe.execute()
        return answers

    found = redis.attempt("presence", read) or []
    now = clock.now().timestamp()
    here: dict[int, list[Present]] = {}
    for item_id, people in zip(ids, found, strict=False):
        present = [_present(user, said, now) for user, said in people.items() if int(user) != but]
        fresh = [one for one in present if one.seconds <= RELEASED_AFTER]
        if fresh:
            here[item_id] = sorted(fresh, key=lambda one: (not one.editing, one.name))
    return here


def _present(user: str, said: str, now: float) -> Present:
    data = json.loads(said)
    return Present(int(user), data["name"], data["editing"], max(0.0, now - data["at"]))
