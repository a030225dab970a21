"""Pure rules of offering a slot. No database, no clock of its own.

How long a client has to answer, by how soon the slot is when the text leaves:

| the slot starts in | time to answer |
|---|---|
| up to 2 hours | 10 minutes |
| up to 4 hours | 15 minutes |
| up to 12 hours | 30 minutes |
| up to 2 days | 1 hour |
| up to 7 days | 2 hours |
| later | 4 hours |

A location may have a table of its own (``OfferPolicy.answer_table``).

How many are asked together where a location asks ``soon`` (the default): one after the other is
kindest, but near the start it leaves time for a few names only, and the hour stays empty.

| the slot starts in | asked together |
|---|---|
| up to 4 hours | 3 |
| up to 12 hours | 2 |
| later | 1 |
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any, Literal

Mode = Literal["soon", "one", "waves", "all"]
# (the slot starts in at most so many hours, minutes to answer); the last holds for anything later.
ANSWER_TABLE: tuple[tuple[float, int], ...] = (
    (2, 10),
    (4, 15),
    (12, 30),
    (48, 60),
    (168, 120),
    (24 * 366, 240),
)
# (the slot starts in at most so many hours, asked together); one at a time for anything later.
TOGETHER_TABLE: tuple[tuple[float, int], ...] = ((4, 3), (12, 2))


@dataclass(frozen=True)
class OfferPolicy:
    """How a location offers a slot. ``mode``: one at a time, in waves of ``wave_size``, to all, or
    the more together the sooner the slot is (``soon``; at most ``wave_size`` of them).

    ``lead_minutes``: nothing more is offered this close to the start. ``offers_per_day`` and
    ``quiet_days`` after ``silent_offers`` without an answer protect clients from being pestered.
    """

    mode: Mode = "one"
    wave_size: int = 3
    lead_minutes: int = 60
    most_rungs: int = 10
    offers_per_day: int = 2
    silent_offers: int = 3
    quiet_days: int = 7
    answer_table: tuple[tuple[float, int], ...] = ANSWER_TABLE
    cancellation_rule: str = ""


@dataclass(frozen=True)
class Candidate:
    """Somebody to ask, as the matching ranked them (best first).

    ``reasons``: why this person; ``doubts``: what speaks against it, each one plain sentence.
    ``instead_of``: our id of a later appointment of that service they already hold.
    """

    entry_id: int | None
    client_id: int
    score: float = 0.0
    reasons: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    instead_of: int | None = None


@dataclass(frozen=True)
class Skipped:
    """Somebody who is not asked, and why in one plain sentence ("why not that one")."""

    client_id: int
    reason: str
    entry_id: int | None = None


@dataclass(frozen=True)
class Place:
    """Where a candidate stands: rung from 1, its wave, and the minutes to answer."""

    position: int
    wave: int
    minutes: int


@dataclass(frozen=True)
class History:
    """What a client was offered before, as far as the caps need it."""

    offered_at: Sequence[datetime] = field(default=())
    silent_in_a_row: int = 0
    last_silent_at: datetime | None = None


def terms_json(policy: OfferPolicy) -> dict[str, Any]:
    """The policy as it is kept with an opening."""
    return asdict(policy)


def policy_from(terms: Mapping[str, Any]) -> OfferPolicy:
    """The policy an opening was proposed under; what is missing or unknown falls back."""
    known = {field.name for field in fields(OfferPolicy)}
    kept = {name: value for name, value in terms.items() if name in known}
    if "answer_table" in kept:
        kept["answer_table"] = tuple((most, minutes) for most, minutes in kept["answer_table"])
    return OfferPolicy(**kept)


def answer_minutes(
    starts_at: datetime, at: datetime, table: Sequence[tuple[float, int]] = ANSWER_TABLE
) -> int:
    """How long somebody who is asked at ``at`` has to answer."""
    hours = (starts_at - at).total_seconds() / 3600
    return next((minutes for most, minutes in table if hours <= most), table[-1][1])


def together(starts_at: datetime, at: datetime, policy: OfferPolicy) -> int:
    """How many are asked at ``at`` without waiting for each other."""
    if policy.mode == "all":
        return max(1, policy.most_rungs)
    most = max(1, policy.wave_size)
    if policy.mode == "soon":
        hours = (starts_at - at).total_seconds() / 3600
        return min(most, next((size for until, size in TOGETHER_TABLE if hours <= until), 1))
    return most if policy.mode == "waves" else 1


def places(count: int, starts_at: datetime, at: datetime, policy: OfferPolicy) -> list[Place]:
    """The rungs that fit before the lead time if nobody answers, with their time to answer."""
    found: list[Place] = []
    asked_at, wave, most = at, 1, min(count, policy.most_rungs)
    cut = cut_off(starts_at, policy.lead_minutes)
    while len(found) < most and (not found or asked_at < cut):
        minutes = answer_minutes(starts_at, asked_at, policy.answer_table)
        size = together(starts_at, asked_at, policy) if asked_at < cut else 1
        for position in range(len(found) + 1, min(len(found) + size, most) + 1):
            found.append(Place(position, wave, minutes))
        asked_at += timedelta(minutes=minutes)
        wave += 1
    return found


def cut_off(starts_at: datetime, lead_minutes: int) -> datetime:
    """From this moment on nothing more is offered."""
    return starts_at - timedelta(minutes=lead_minutes)


def cap_reached(history: History, day_start: datetime, at: datetime, policy: OfferPolicy) -> str:
    """Why this client is left in peace just now, or ''. ``day_start``: their local midnight."""
    today = sum(1 for one in history.offered_at if one >= day_start)
    if today >= policy.offers_per_day:
        return f"Was offered {today} slots today already."
    quiet_until = (history.last_silent_at or at) + timedelta(days=policy.quiet_days)
    if history.silent_in_a_row >= policy.silent_offers and at < quiet_until:
        return f"Did not answer the last {history.silent_in_a_row} offers; in peace for a week."
    return ""
