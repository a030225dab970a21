"""The salon's platform in a storm: a calendar and clients' phones.

It is the witness: what it was asked to do and did is written down here and nowhere in the
product's own tables. It refuses an hour that somebody at the counter has, as platforms do; a second
booking of ours it takes, as many do for staff, so that it cannot hide one of our mistakes. Now and
then nothing was applied, and now and then the reply was lost after it was.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any, ClassVar

from core import clock
from integrations.platforms.base import (
    Delivery,
    Platform,
    Reads,
    Record,
    RecordKind,
    Verified,
)

LINK = re.compile(r"/c/([\w-]{22})")
NAME = "storm"
WALK_IN = "walk-in"


@dataclass(frozen=True)
class Text:
    """One text that reached a phone. ``role``: offer, yours, next or gone ('' for others)."""

    at: datetime
    client: str
    role: str
    token: str
    body: str


@dataclass
class World:
    """Everything that is really true. ``booked`` maps (staff, start) to who holds the hour."""

    dice: Random = field(default_factory=lambda: Random(0))
    faults: float = 0.0
    booked: dict[tuple[str, str], str] = field(default_factory=dict)
    sold: list[tuple[str, str, str]] = field(default_factory=list)
    refused: int = 0
    texts: list[Text] = field(default_factory=list)
    done: dict[str, str] = field(default_factory=dict)
    on_text: Callable[[Text], None] | None = None
    on_booked: Callable[[Mapping[str, Any]], None] | None = None
    on_waitlist: Callable[[str, str], None] | None = None


world = World()


def fresh(seed: int, faults: float) -> World:
    """Forget everything, in place: the ports hold on to the one object."""
    world.__init__()  # type: ignore[misc]
    world.dice, world.faults = Random(seed), faults
    return world


def moment(text: str) -> str:
    """One spelling of a moment, however it was written."""
    return datetime.fromisoformat(text).isoformat()


class StormReads(Reads):
    def test(self) -> list[str]:
        return sorted(Storm.ABLE)

    def record(self, kind: RecordKind, external_id: str) -> Record | None:
        return None

    def changed(self, kind: RecordKind, since: datetime | None) -> Iterator[Record]:
        return iter(())

    def kinds(self) -> Iterable[RecordKind]:
        return ()

    def slot_free(self, *, service: str, staff: str, location: str, starts_at: datetime) -> bool:
        return (staff, starts_at.isoformat()) not in world.booked

    def sent_message(self, reference: str) -> Record | None:
        return None

    def messages_of(self, client: str, since: datetime) -> list[Record]:
        return []


class Storm(Platform):
    ABLE: ClassVar[frozenset[str]] = frozenset(
        {"read", "send", "book", "waitlist", "idempotency", "lookup_sent"}
    )
    name: ClassVar[str] = NAME
    label: ClassVar[str] = "A salon in a storm"
    key_window_hours: ClassVar[int] = 24

    def capabilities(self, connection: Any) -> frozenset[str]:
        return self.ABLE

    def verify(
        self, connection: Any, body: bytes, headers: Mapping[str, str], key: str
    ) -> Verified:
        return Verified("one")

    def read_delivery(self, connection: Any, kind: str, body: bytes) -> Delivery:
        return Delivery(kind)

    def reads(self, connection: Any) -> Reads:
        return StormReads(connection)


def text_arrives(payload: Mapping[str, Any]) -> None:
    """A text on a phone; what the client does about it is decided by whoever listens."""
    found = LINK.search(payload["body"])
    roles = [tag for tag in payload["tags"] if tag != "open_slot"]
    text = Text(
        clock.now(),
        payload["client"],
        roles[0] if roles else "",
        found[1] if found else "",
        payload["body"],
    )
    world.texts.append(text)
    if world.on_text is not None:
        world.on_text(text)
