"""LossRisk: the chance that an appointment is lost (missed, or cancelled too late to refill).

Where the weights come from: they were written by hand, from what front desks say and what public
write-ups on no-shows agree about (a client's own record says most, long lead times and first
visits add some, a regular's usual service takes some away). They were not fitted on any data set.
A salon sees how well they hold for its own past with ``manage.py replay``; where its past
speaks clearly, what was learned from it takes their place (see refitting.py).

The score adds up on the log-odds scale, so that every part of it can be named on the card.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from agents.context import Past, Risk

# About one booking in twelve is lost in an ordinary salon; six bookings of somebody's own record
# weigh as much as that, so that one missed visit does not brand a client.
ORDINARY = 0.08
ORDINARY_WEIGHT = 6.0
MEDIUM_FROM = 0.12
HIGH_FROM = 0.22
# A late cancellation leaves some hours to refill the slot: it counts a little less than a no-show.
LATE_CANCEL_WEIGHT = 0.7
# Where much is at stake we ask sooner: the same chance counts as one step up earlier.
DEAR_FROM = Decimal(150)
DEAR_EARLIER = 0.8
CONFIRMED_WEIGHT = -1.2


@dataclass(frozen=True)
class Upcoming:
    """What is known about the booking itself; None where it is not known."""

    lead_days: float | None = None
    price: Decimal | None = None
    minutes: int | None = None
    confirmed: bool = False


@dataclass(frozen=True)
class Part:
    """A part of the score: ``weight`` on the log-odds scale, ``words`` for the card or ''."""

    weight: float
    words: str = ""


def loss_risk(
    past: Past, upcoming: Upcoming, *, medium: float = MEDIUM_FROM, high: float = HIGH_FROM
) -> Risk:
    """Score one booking from what was known before it. The bounds can be set in admin."""
    parts = [part for rule in RULES if (part := rule(past, upcoming)) is not None]
    chance = _chance(_log_odds(ORDINARY) + sum(part.weight for part in parts))
    level = risk_level(chance, upcoming, medium, high)
    words = [part.words for part in sorted(parts, key=lambda part: -abs(part.weight)) if part.words]
    if not past.complete and not past.visits and not past.no_shows:
        words.append("We do not hold this client's full history, so it counts as ordinary.")
    if level != "low" and upcoming.price is not None and upcoming.price >= DEAR_FROM:
        words.append("A dear appointment: it is worth asking sooner.")
    return Risk(level=level, chance=round(chance, 3), reasons=words)


def _record(past: Past, upcoming: Upcoming) -> Part | None:
    lost = past.no_shows + LATE_CANCEL_WEIGHT * past.late_cancels
    known = past.visits + past.no_shows + past.late_cancels
    if not known:
        return None
    rate = (lost + ORDINARY * ORDINARY_WEIGHT) / (known + ORDINARY_WEIGHT)
    return Part(_log_odds(rate) - _log_odds(ORDINARY), _record_words(past))


def _record_words(past: Past) -> str:
    if not past.no_shows and not past.late_cancels:
        return f"Came to all of {past.visits} visits." if past.visits > 1 else "Came last time."
    said = []
    if past.no_shows:
        said.append(f"missed {_times(past.no_shows)}")
    if past.late_cancels:
        said.append(f"cancelled late {_times(past.late_cancels)}")
    known = past.visits + past.no_shows + past.late_cancels
    sentence = " and ".join(said)
    return f"{sentence[0].upper()}{sentence[1:]} out of {known} bookings."


def _last_time(past: Past, upcoming: Upcoming) -> Part | None:
    return Part(0.5, "Did not keep the last booking.") if past.last_lost else None


def _new(past: Past, upcoming: Upcoming) -> Part | None:
    return Part(0.5, "First visit here.") if past.first_visit else None


def _lead(past: Past, upcoming: Upcoming) -> Part | None:
    days = upcoming.lead_days
    if days is None:
        return None
    if days <= 1.5:
        return Part(-0.3, "Booked shortly before.")
    if days <= 10:
        return None
    words = f"Booked {round(days)} days ahead."
    return Part(0.3 if days <= 28 else 0.6, words)


def _usual(past: Past, upcoming: Upcoming) -> Part | None:
    if past.same_service >= 3:
        return Part(-0.3, f"Had this service {past.same_service} times before.")
    if not past.same_service and past.visits and (upcoming.minutes or 0) >= 90:
        return Part(0.2, "A long service the client has not had before.")
    return None


def _away(past: Past, upcoming: Upcoming) -> Part | None:
    days = past.days_since_last
    if days is None or days <= 180:
        return None
    return Part(0.3, f"Last here {round(days / 30)} months ago.")


def _confirmed(past: Past, upcoming: Upcoming) -> Part | None:
    return Part(CONFIRMED_WEIGHT, "Already confirmed.") if upcoming.confirmed else None


RULES: tuple[Callable[[Past, Upcoming], Part | None], ...] = (
    _record,
    _last_time,
    _new,
    _lead,
    _usual,
    _away,
    _confirmed,
)


def confirmed_chance(chance: float) -> float:
    """The chance once the client has confirmed, from the chance before."""
    bounded = min(max(chance, 0.001), 0.999)
    return _chance(_log_odds(bounded) + CONFIRMED_WEIGHT)


def risk_level(
    chance: float, upcoming: Upcoming, medium: float, high: float
) -> Literal["low", "medium", "high"]:
    """Low, medium or high, from the chance and the money at stake."""
    dear = upcoming.price is not None and upcoming.price >= DEAR_FROM
    earlier = DEAR_EARLIER if dear else 1.0
    if chance >= high * earlier:
        return "high"
    return "medium" if chance >= medium * earlier else "low"


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _log_odds(chance: float) -> float:
    return math.log(chance / (1 - chance))


def _chance(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))
