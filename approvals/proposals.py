"""What an agent hands over: everything an item needs, in plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from approvals.actions import Action


@dataclass(frozen=True)
class EvidenceItem:
    """A fact the draft rests on. ``check_kind`` names how it is read again before sending."""

    label: str
    value: str
    source_kind: str
    source_id: str
    source_label: str
    read_at: datetime
    check_kind: str = ""
    check_params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Reason:
    """One plain sentence under "Why this draft", and what it was read from."""

    text: str
    source: str = ""


@dataclass(frozen=True)
class KnownFact:
    """What a text may state, in every spelling that counts as the same fact.

    ``kind``: date, time, weekday, price, duration, name, service, product, link, phone.
    """

    kind: str
    texts: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class Rung:
    """One rung of a ladder: whom to ask, and which of the proposal's actions belong to it.

    ``steps`` are (role, place in ``Proposal.actions``); ``token_sha256`` the hash of its link.
    One without steps is somebody who is not asked, with ``skipped`` saying why.
    """

    client_id: int
    entry_id: int | None
    position: int
    wave: int = 0
    channel: str = ""
    minutes: int = 0
    token_sha256: str = ""
    digit: str = "1"
    instead_of_id: int | None = None
    score: float = 0.0
    reasons: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    steps: tuple[tuple[str, int], ...] = ()
    skipped: str = ""


@dataclass(frozen=True)
class Proposal:
    """One item to be: subject and occasion identify it; the rest is shown, checked and approved.

    ``actions`` are in order of execution; the first SendMessage's body is the text on the card.
    ``due_at`` is the business moment, ``send_at`` the earliest hour to send (None: at once).
    """

    subject: str
    occasion: str
    title: str
    origin: str
    tag: str
    group: str
    actions: tuple[Action, ...]
    evidence: tuple[EvidenceItem, ...]
    reasons: tuple[Reason, ...]
    known_facts: tuple[KnownFact, ...]
    writer: str
    due_at: datetime
    moment: str
    right: str = "review_messages"
    purpose: str = "transactional"
    client_id: int | None = None
    appointment_id: int | None = None
    staff_id: int | None = None
    covers: tuple[tuple[int, str], ...] = ()
    language: str = "en"
    send_at: datetime | None = None
    value: Decimal | None = None
    loss_risk: str = ""
    note: str = ""
    tainted: bool = False
    first_message: bool = False
    batch: str = ""
    template_version: str = ""
    complaint: bool = False
    opening_id: int | None = None
    rungs: tuple[Rung, ...] = ()
    terms: Mapping[str, Any] = field(default_factory=dict)
