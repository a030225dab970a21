"""A platform inside the test process: says what it can do, remembers what it did, drops replies."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from integrations.platforms.base import (
    CAPABILITIES,
    Delivery,
    Platform,
    Reads,
    Record,
    RecordKind,
    Verified,
)

EVERYTHING = frozenset(CAPABILITIES)


@dataclass
class World:
    """What the platform did and how it behaves. ``done`` is its own history, the tests' witness."""

    able: frozenset[str] = EVERYTHING
    done: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    looked_up: list[str] = field(default_factory=list)
    records: dict[tuple[str, str], Record] = field(default_factory=dict)
    messages: list[Record] = field(default_factory=list)
    free: bool = True
    before_apply: Callable[[str], None] | None = None
    after_apply: Callable[[str], None] | None = None
    on_look_up: Callable[[str], None] | None = None
    on_read: Callable[[], None] | None = None

    def keys(self, action: str = "send_message") -> list[str]:
        return [key for name, key, _ in self.done if name == action]

    def bodies(self) -> list[str]:
        return [payload["body"] for name, _, payload in self.done if name == "send_message"]


world = World()


def fresh() -> World:
    """Forget everything, in place: the platform holds on to the one object."""
    world.__init__()  # type: ignore[misc]
    return world


class StubReads(Reads):
    def test(self) -> list[str]:
        return sorted(world.able)

    def record(self, kind: RecordKind, external_id: str) -> Record | None:
        if world.on_read is not None:
            world.on_read()
        return world.records.get((kind, external_id))

    def changed(self, kind: RecordKind, since: datetime | None) -> Iterator[Record]:
        return iter([record for (name, _), record in world.records.items() if name == kind])

    def kinds(self) -> Iterable[RecordKind]:
        return ("client", "appointment")

    def slot_free(self, *, service: str, staff: str, location: str, starts_at: datetime) -> bool:
        return world.free

    def sent_message(self, reference: str) -> Record | None:
        return None

    def messages_of(self, client: str, since: datetime) -> list[Record]:
        return list(world.messages)


class Stub(Platform):
    name: ClassVar[str] = "stub"
    label: ClassVar[str] = "A platform for tests"
    key_window_hours: ClassVar[int] = 24

    def capabilities(self, connection: Any) -> frozenset[str]:
        return world.able

    def verify(
        self, connection: Any, body: bytes, headers: Mapping[str, str], key: str
    ) -> Verified:
        return Verified("one")

    def read_delivery(self, connection: Any, kind: str, body: bytes) -> Delivery:
        return Delivery(kind)

    def reads(self, connection: Any) -> Reads:
        return StubReads(connection)

    def deep_link(self, connection: Any, kind: str, external_id: str) -> str:
        return f"https://stub.example/{kind}/{external_id}"
