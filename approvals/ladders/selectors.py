"""Reads of openings and offers. Every list starts from locations the person may see."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from approvals.ladders.policy import History
from approvals.models import ApprovalItem, Offer, Opening


@dataclass(frozen=True)
class Rung:
    """One rung for the card: the offer, its exact texts by role, and what became of it in words."""

    offer: Offer
    texts: dict[str, str]
    said: str
    what_happened: str


@dataclass(frozen=True)
class OpeningRow:
    """One opening for Today: "offered to Grace until 10:20"."""

    opening: Opening
    words: str
    live: tuple[Offer, ...]


def offers_of(item: ApprovalItem) -> list[Rung]:
    """Every rung of a ladder in order, waiting, asked, answered or skipped."""
    raise NotImplementedError


def openings_today(location_ids: Iterable[int], now: datetime) -> list[OpeningRow]:
    """Openings of today and live ones of later days, soonest first, in at most three queries."""
    raise NotImplementedError


def offer_history(client_ids: Sequence[int], now: datetime) -> dict[int, History]:
    """What these clients were offered lately, for the caps; one query."""
    raise NotImplementedError


def opening_summary(opening: Opening) -> str:
    """What happened with an opening, in one sentence."""
    raise NotImplementedError
