"""The port of a channel: what a file in this folder declares, sends and understands.

Errors leave through the families of ``core.errors`` alone, and hold no number, text or secret.
``Temporary`` and ``Permanent`` mean that certainly nothing went out; ``UnknownOutcome`` that nobody
can prove it either way, so a person is asked and nothing is repeated.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal

from django.conf import settings
from django.urls import reverse

from core.registry import Registry
from integrations.models import ChannelAccount, Client, Location
from integrations.platforms.base import NotGenuine, NotReadable, Setup, Verified

__all__ = [
    "Channel",
    "Heard",
    "Incoming",
    "Kind",
    "NotGenuine",
    "NotReadable",
    "Params",
    "Sent",
    "Setup",
    "StatusChange",
    "Verified",
    "channel_of",
    "channels",
    "hook_url",
    "register",
]

Kind = Literal["sms", "email"]
Params = Sequence[tuple[str, str]]

# What a channel can do beyond sending. Names are shown in plain words by the set-up page.
CAPABILITIES: dict[str, str] = {
    "receive": "hear what clients answer",
    "delivery": "learn whether a message arrived",
    "lookup_sent": "find a message again after a lost answer",
    "idempotency": "take the same message twice without sending it twice",
}

# The working copy's words for how far a message got, in the order in which they may follow.
STATUS_ORDER = ("queued", "sent", "failed", "delivered")


@dataclass(frozen=True)
class Sent:
    """A message the provider took: its own reference and how far it got (see STATUS_ORDER).

    The rest is filled in by ``look_up``, for a message of which we hold no copy.
    """

    reference: str
    status: str = "queued"
    at: datetime | None = None
    to: str = ""
    body: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Incoming:
    """A message from a client. ``reference`` is the provider's; ``automatic``: nobody typed it.

    ``opt_out`` is what the provider itself did ("stop", "start", "help"), whatever the words were.
    ``answers`` are references of messages it says it answers, nearest first.
    """

    reference: str
    kind: Kind
    sender: str
    body: str
    subject: str = ""
    at: datetime | None = None
    answers: tuple[str, ...] = ()
    media: tuple[Mapping[str, str], ...] = ()
    quoted: str = ""
    automatic: bool = False
    opt_out: str = ""


@dataclass(frozen=True)
class StatusChange:
    """How far a message of ours got. ``key`` is the one it was sent under, where it came back."""

    reference: str
    status: str
    code: str = ""
    reason: str = ""
    key: str = ""


@dataclass(frozen=True)
class Heard:
    """What a delivery said. ``odd`` says in plain words why it could not be understood."""

    messages: tuple[Incoming, ...] = ()
    statuses: tuple[StatusChange, ...] = ()
    odd: str = ""


@dataclass(frozen=True)
class Receipt:
    """The body with which a provider wants to be answered after its delivery was stored."""

    content_type: str = "application/json"
    body: bytes = b'{"status": "accepted"}'
    status: int = 202


class Channel(ABC):
    """One kind of number or mailbox. Registered by ``@register``; instances hold no state.

    ``setup`` are the fields of the set-up page: those with ``secret`` land in the account's
    ``secrets``, the others in its ``settings``. ``key_window_hours``: for how long the provider
    recognises a repeated key (0: not at all). ``secrets_go_to`` names, per setting that says where
    to call, the secrets that are sent there: whoever changes it has to know and type them anew.
    ``inbound_help`` says in one sentence where to enter the address for what comes in.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    kinds: ClassVar[tuple[Kind, ...]]
    address_label: ClassVar[str]
    inbound_help: ClassVar[str] = ""
    secrets_go_to: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    setup: ClassVar[tuple[Setup, ...]] = ()
    key_window_hours: ClassVar[int] = 0
    capabilities: ClassVar[frozenset[str]] = frozenset()
    receipt: ClassVar[Receipt] = Receipt()
    largest_delivery: ClassVar[int] = 256 * 1024

    @abstractmethod
    def send(
        self,
        *,
        account: ChannelAccount,
        to: str,
        subject: str,
        body: str,
        key: str,
        purpose: str,
        client: Client | None,
        location: Location,
    ) -> Sent:
        """Send ``body`` exactly as it is. ``key`` is stable for one Effect."""

    @abstractmethod
    def look_up(
        self,
        *,
        account: ChannelAccount,
        reference: str = "",
        to: str = "",
        body: str = "",
        began_at: datetime | None = None,
    ) -> Sent | None:
        """Find a sent message: by the provider's ``reference``, else by what was sent and when.

        None only where the provider proves that it does not exist; raises UnknownOutcome where it
        offers no proof either way.
        """

    @abstractmethod
    def verify(
        self,
        *,
        account: ChannelAccount,
        body: bytes,
        headers: Mapping[str, str],
        url: str,
        params: Params,
    ) -> Verified:
        """Prove where a delivery comes from, over the raw bytes and the address it was posted to.

        ``params`` are the fields of a form body, decoded. The kind of the result is ``message`` or
        ``status``. Raises NotGenuine or NotReadable.
        """

    @abstractmethod
    def read(self, *, account: ChannelAccount, delivery_id: str, body: bytes) -> Heard:
        """What a stored delivery means. Pure, and never raises on odd bodies."""

    @abstractmethod
    def test(self, account: ChannelAccount) -> str:
        """Try the account without sending: one plain sentence, or NeedsAttention with a remedy."""

    def final_text(
        self,
        *,
        account: ChannelAccount,
        body: str,
        location: Location,
        purpose: str,
        client: Client | None,
    ) -> str:
        """The text as it will go out, footer included: what a reviewer sees and approves.

        Calling it on its own result changes nothing.
        """
        return body.replace("\r\n", "\n").replace("\r", "\n")

    def poll(self, account: ChannelAccount) -> int:
        """Fetch what arrived since the last time and store it; returns how many were new."""
        return 0

    def address_problem(self, address: str) -> str:
        """Why this is no address of this channel, in plain words, or ''."""
        return ""


channels: Registry[Channel] = Registry("channel", "integrations.channels")


def register(cls: type[Channel]) -> type[Channel]:
    channels.register(cls.name, cls())
    return cls


def hook_url(account: ChannelAccount) -> str:
    """Where the provider posts answers and reports of an account."""
    return str(settings.WEB_ORIGIN) + reverse("hook-channel", args=[account.channel, account.pk])


def channel_of(account: ChannelAccount) -> Channel:
    """The channel an account belongs to; KeyError when its file is gone."""
    return channels.get(account.channel)


def setup_problems(
    name: str, address: str, settings: Mapping[str, Any], secrets: Mapping[str, Any]
) -> dict[str, str]:
    """What is missing or wrong on the set-up page: {field: plain words}; empty when it is fine."""
    channel = channels.get(name)
    problems = {
        entry.name: f"{entry.label} is needed."
        for entry in channel.setup
        if entry.required and not (secrets if entry.secret else settings).get(entry.name)
    }
    wrong = channel.address_problem(address)
    return problems | ({"address": wrong} if wrong else {})
