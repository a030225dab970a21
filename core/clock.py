"""The only source of time, so that tests can freeze it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

_frozen: datetime | None = None


def now() -> datetime:
    """The current moment, aware, in UTC."""
    return _frozen if _frozen is not None else datetime.now(UTC)


@contextmanager
def frozen(at: datetime) -> Iterator["Frozen"]:
    """Hold the clock of this process at ``at`` (tests only); ``Frozen.move`` advances it."""
    global _frozen
    before = _frozen
    _frozen = at
    try:
        yield Frozen()
    finally:
        _frozen = before


class Frozen:
    def move(self, by: timedelta) -> datetime:
        global _frozen
        _frozen = now() + by
        return _frozen
