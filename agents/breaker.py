"""Circuit breaker of a connection's model: after failures in a row nobody waits for it in vain.

Lives in Redis, so that all workers know. With Redis away every call is tried, as without it.
"""

from dataclasses import dataclass

from core import redis

MOST_FAILURES = 3
# Long enough that a queue of drafts goes by, short enough that a model that came back is noticed.
OPEN_MS = 30_000
FORGET_MS = 300_000
RESTING = "the model did not answer several times in a row; it is tried again in a moment"


@dataclass(frozen=True)
class Breaker:
    """``key`` names the connection ('' for none: always tried, nothing noted). One call in
    ``OPEN_MS`` is let through to see."""

    key: str

    def allows(self) -> bool:
        return not self.key or redis.attempt("model breaker", self._allows) is not False

    def _allows(self, client: object) -> bool:
        failures = int(client.get(self._name("failures")) or 0)  # type: ignore[attr-defined]
        if failures < MOST_FAILURES:
            return True
        # Whoever sets the key is the one that tries; the others are told to rest.
        return bool(client.set(self._name("probe"), "1", nx=True, px=OPEN_MS))  # type: ignore[attr-defined]

    def failed(self) -> None:
        def note(client: object) -> None:
            pipe = client.pipeline()  # type: ignore[attr-defined]
            pipe.incr(self._name("failures"))
            pipe.pexpire(self._name("failures"), FORGET_MS)
            pipe.set(self._name("probe"), "1", px=OPEN_MS)
            pipe.execute()

        if self.key:
            redis.attempt("model breaker", note)

    def worked(self) -> None:
        names = (self._name("failures"), self._name("probe"))
        if self.key:
            redis.attempt("model breaker", lambda client: client.delete(*names))

    def _name(self, what: str) -> str:
        return f"copilot:model:{{{self.key}}}:{what}"
