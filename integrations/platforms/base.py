"""The two ports of a platform, and what an adapter declares about itself.

A platform is one folder under ``integrations/platforms/`` with three modules: ``__init__`` (the
declaration, registered), ``reads`` and ``actions``. ``actions`` is imported by approvals/effects
alone, so that an agent reaches the outside world only through an ApprovalItem.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from core.registry import Registry

if TYPE_CHECKING:
    from integrations.models import Connection

RecordKind = Literal[
    "location",
    "staff",
    "service",
    "product",
    "client",
    "appointment",
    "waitlist",
    "shift",
    "sale",
    "message",
    "feedback",
    "form",
]

# What a connection can do. Names are shown in plain words by the Connect page.
CAPABILITIES: dict[str, str] = {
    "read": "read clients, appointments and the rest",
    "webhooks": "hear about changes at once",
    "send": "send texts and e-mails through the platform",
    "book": "book and move appointments",
    "client_notes": "write notes on clients",
    "update_clients": "change client fields",
    "consents": "write back what a client allows",
    "waitlist": "change the waitlist",
    "orders": "order products",
    "lookup_sent": "find a message again by our reference",
    "idempotency": "take the same request twice without doing it twice",
}


@dataclass(frozen=True)
class Record:
    """One record in our own words: ``data`` holds the working copy's field names.

    References to other records are external ids (``client``, ``service``, ``staff``, ``location``).
    ``updated_at`` is the platform's own; None where it has none (then the later reading wins).
    """

    kind: RecordKind
    external_id: str
    data: Mapping[str, Any]
    updated_at: datetime | None = None
    deleted_at: datetime | None = None


@dataclass(frozen=True)
class Delivery:
    """What a webhook said: which records to read again, or the records themselves.

    ``touched`` are (kind, external id) pairs to read from the platform; ``records`` are complete
    enough to store where nothing can be read. ``known`` is False for a kind we do not use, and
    ``odd`` says in plain words why a body could not be understood.
    """

    kind: str
    touched: tuple[tuple[RecordKind, str], ...] = ()
    records: tuple[Record, ...] = ()
    known: bool = True
    odd: str = ""


@dataclass(frozen=True)
class Verified:
    """A webhook whose origin was proved: its delivery id, and the kind if the body names it."""

    delivery_id: str
    kind: str = ""


class NotGenuine(Exception):
    """The signature, key or time of a webhook is wrong. Always answered with the same 401."""


class NotReadable(Exception):
    """A webhook's body is not JSON: answered with 400."""


@dataclass(frozen=True)
class Setup:
    """One field of the Connect page: its name on Connection or in its settings, label, help."""

    name: str
    label: str
    help: str = ""
    secret: bool = False
    required: bool = True


@dataclass(frozen=True)
class ActionResult:
    """What an action brought: the platform's reference and, where there is one, the record."""

    reference: str
    record: Record | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


class Reads(ABC):
    """The reading port. Every method may raise the families of core.errors."""

    def __init__(self, connection: "Connection") -> None:
        self.connection = connection

    @abstractmethod
    def test(self) -> list[str]:
        """Try the credentials: the capabilities found, or NeedsAttention in plain words."""

    @abstractmethod
    def record(self, kind: RecordKind, external_id: str) -> Record | None:
        """One record as it is now, or None when the platform does not know it (any more)."""

    @abstractmethod
    def changed(self, kind: RecordKind, since: datetime | None) -> Iterator[Record]:
        """Every record of a kind changed since a moment (all when None), oldest change first.

        Overlaps two minutes into the past, so that a tie on the platform's clock is read again.
        """

    @abstractmethod
    def kinds(self) -> Iterable[RecordKind]:
        """The kinds that can be listed, in the order in which they refer to each other."""

    @abstractmethod
    def slot_free(self, *, service: str, staff: str, location: str, starts_at: datetime) -> bool:
        """Whether the platform would take this booking now."""

    @abstractmethod
    def sent_message(self, reference: str) -> Record | None:
        """The message that went out under our reference, or None (settles unknown outcomes)."""

    @abstractmethod
    def messages_of(self, client: str, since: datetime) -> list[Record]:
        """The log of one client in both directions, also what the platform sent by itself."""


class Actions(ABC):
    """The acting port. Every call carries ``key``, stable for one Effect."""

    def __init__(self, connection: "Connection") -> None:
        self.connection = connection

    @abstractmethod
    def perform(self, action: str, payload: Mapping[str, Any], key: str) -> ActionResult:
        """Do one typed action (see approvals/actions.py for payload shapes).

        Raises Temporary or Permanent when certainly nothing was applied, UnknownOutcome when that
        cannot be known.
        """

    @abstractmethod
    def look_up(self, action: str, payload: Mapping[str, Any], key: str) -> ActionResult | None:
        """Find out whether an action whose answer was lost was applied; None: it was not.

        Raises UnknownOutcome where the platform offers no way to know.
        """


class Platform(ABC):
    """What an adapter declares. Registered by ``@register`` in the folder's ``__init__``."""

    name: ClassVar[str]
    label: ClassVar[str]
    modes: ClassVar[Mapping[str, str]] = {"": "everything it offers"}
    setup: ClassVar[tuple[Setup, ...]] = ()
    key_window_hours: ClassVar[int] = 0

    @abstractmethod
    def capabilities(self, connection: "Connection") -> frozenset[str]:
        """What this connection can do (keys of CAPABILITIES), by mode and what the test found."""

    @abstractmethod
    def verify(
        self, connection: "Connection", body: bytes, headers: Mapping[str, str], key: str
    ) -> Verified:
        """Prove where a webhook comes from, over the raw bytes. ``key`` is the address's last part.

        Raises NotGenuine or NotReadable. Runs without a database query of its own.
        """

    @abstractmethod
    def read_delivery(self, connection: "Connection", kind: str, body: bytes) -> Delivery:
        """What a stored delivery means. Pure, and never raises on odd bodies."""

    @abstractmethod
    def reads(self, connection: "Connection") -> Reads:
        """The reading port for one connection."""

    def deep_link(self, connection: "Connection", kind: str, external_id: str) -> str:
        """The address of a record in the platform's own pages, or ''."""
        return ""

    def support_note(self, connection: "Connection", hook_url: str) -> str:
        """Text for the platform's support, ready to send, asking to switch the webhooks on."""
        return ""


platforms: Registry[Platform] = Registry("platform", "integrations.platforms")


def register(cls: type[Platform]) -> type[Platform]:
    platforms.register(cls.name, cls())
    return cls


def platform_of(connection: "Connection") -> Platform:
    return platforms.get(connection.platform)
