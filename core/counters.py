"""Named counters in Redis, for what is refused before it becomes a row (a forged webhook).

Best effort: they start again at zero with Redis, and counting never fails or holds up its caller
for longer than one Redis time-out a second. Names and connections only, never client data.
"""

from core import redis

KEY = "copilot:counters"
MOST = 500


def count(name: str, connection: object = "") -> None:
    """Add one to ``name`` (a dotted name: ``hooks.refused``) for a connection."""
    field = f"{name}|{connection}"
    redis.attempt("counter", lambda client: client.hincrby(KEY, field, 1))


def counts() -> dict[tuple[str, str], int]:
    """{(name, connection): count}; empty when Redis is away."""
    rows: dict[str, str] = redis.attempt("counters", lambda client: client.hgetall(KEY)) or {}
    found: dict[tuple[str, str], int] = {}
    for field, value in sorted(rows.items())[:MOST]:
        name, _, connection = field.partition("|")
        found[name, connection] = int(value)
    return found
