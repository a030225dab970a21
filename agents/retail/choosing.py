"""Which product to mention to this client after this service, and why: rules without a database.

First everything that must not be mentioned is left out, each with one word that is counted; then
what was learned, what the salon says, the client's own brands and what is on the shelf add up. A
product for which no reason can be said is not mentioned at all.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any

from agents.retail.avoiding import Avoid, clashes
from agents.retail.shelf import USUAL_DAYS, usual_days
from integrations.folding import fold

FIRST, PREFER, NEVER = "first", "prefer", "never"
# What each fact is worth beside what was learned, in the same unit (odds, by their logarithm).
WORTH_FIRST, WORTH_PREFER = 100.0, 3.0
WORTH_DUE, WORTH_BRAND, WORTH_FIELD, WORTH_MARGIN, WORTH_LOW = 2.0, 1.0, 1.2, 0.5, -0.3
# Before this share of the usual time has gone by the last one is not empty yet.
NOT_YET = 0.75
# How often of a hundred visits something follows before it is a reason to say.
SAID_FROM = 0.04
# What a hundred sayings bring where nobody knows better, and how many sayings that is worth.
USUAL_SHARE, SAYINGS = 0.15, 8.0
MOST_LEARNED, WORTH_WRONG = 1.5, -0.8
DAY = 86_400.0


@dataclass(frozen=True)
class Treatment:
    id: int
    name: str
    category: str = ""


@lru_cache(maxsize=20_000)
def _sort(name: str, maker: str) -> str:
    brand = set(maker.split())
    return " ".join(word for word in fold(name).split() if word not in brand)


@dataclass(frozen=True)
class Ware:
    """One product on the shelf. ``stock`` None: the platform does not count."""

    id: int
    name: str
    brand: str = ""
    category: str = ""
    price: Decimal | None = None
    cost: Decimal | None = None
    currency: str = "USD"
    stock: int | None = None
    reorder_point: int | None = None
    ingredients: str = ""

    # Kept: every product is compared with everything the client bought.
    @cached_property
    def maker(self) -> str:
        return fold(self.brand)

    @cached_property
    def sort(self) -> str:
        """What it is whatever the brand: two shampoos are one sort."""
        return _sort(self.name, self.maker)

    @property
    def margin(self) -> float | None:
        if self.cost is None or not self.price:
            return None
        return float((self.price - self.cost) / self.price)


@dataclass(frozen=True)
class Bought:
    """One purchase of this client. ``at`` its sale's time."""

    ware: Ware
    at: datetime


@dataclass(frozen=True)
class Rule:
    """A person's word. None and '' fit everything; ``words`` are folded."""

    strength: str
    service_id: int | None = None
    service_category: str = ""
    product_id: int | None = None
    words: tuple[str, ...] = ()
    brand: str = ""
    because: str = ""

    def fits(self, ware: Ware, services: Sequence[Treatment]) -> Treatment | None:
        """The treatment because of which it speaks of this product; None where it does not."""
        if self.product_id is not None and self.product_id != ware.id:
            return None
        if self.brand and fold(self.brand) != ware.maker:
            return None
        if not set(self.words) <= set(fold(ware.name).split()):
            return None
        for one in services:
            if self.service_id not in {None, one.id}:
                continue
            if not self.service_category or fold(self.service_category) == fold(one.category):
                return one
        return None


@dataclass(frozen=True)
class Limits:
    """What a location allows."""

    most: int = 2
    margin_percent: int = 0
    price_up_to: Decimal | None = None
    keep_in_stock: int = 1
    rest_days: int = 30


@dataclass(frozen=True)
class Tally:
    """What became of one product here: how often it was said, sold after that, and wrong."""

    said: int = 0
    sold: int = 0
    wrong: int = 0

    @property
    def worth(self) -> float:
        """How much better or worse than usual, by the logarithm of the odds; held by eight sayings
        that went as usual."""
        share = (self.sold + SAYINGS * USUAL_SHARE) / (max(self.said, self.sold) + SAYINGS)
        learned = math.log(share / USUAL_SHARE)
        bounded = max(-MOST_LEARNED, min(MOST_LEARNED, learned))
        return bounded + WORTH_WRONG * min(self.wrong, 3)


@dataclass(frozen=True)
class Seen:
    """All that is known when a card is put together. ``learned``: product → (score, how often of a
    hundred visits it followed); ``usual``: product → days; ``answers``: product → (answer, when)
    of this client; ``tallies``: product → what became of it at this location."""

    now: datetime
    services: Sequence[Treatment]
    wares: Sequence[Ware]
    bought: Sequence[Bought] = ()
    rules: Sequence[Rule] = ()
    limits: Limits = field(default_factory=Limits)
    avoid: Avoid = field(default_factory=Avoid)
    learned: Mapping[int, tuple[float, float]] = field(default_factory=dict)
    usual: Mapping[int, float] = field(default_factory=dict)
    answers: Mapping[int, tuple[str, datetime]] = field(default_factory=dict)
    tallies: Mapping[int, Tally] = field(default_factory=dict)


@dataclass(frozen=True)
class Pick:
    """``reasons``: facts with their kind, the strongest first; put into words where shown."""

    ware: Ware
    score: float
    reasons: tuple[dict[str, Any], ...]
    service_id: int | None = None


@dataclass(frozen=True)
class Chosen:
    picks: tuple[Pick, ...]
    left_out: dict[str, int]


def choose(seen: Seen) -> Chosen:
    """One or two products, or none; and why the others were left out, counted."""
    left: Counter[str] = Counter()
    found = []
    for ware in seen.wares:
        why = _left_out(ware, seen)
        if why:
            left[why] += 1
            continue
        pick = _judged(ware, seen)
        if pick.reasons:
            found.append(pick)
    found.sort(key=lambda one: (-one.score, one.ware.id))
    picks: list[Pick] = []
    for pick in found:
        if len(picks) < seen.limits.most and pick.ware.sort not in {p.ware.sort for p in picks}:
            picks.append(pick)
    return Chosen(tuple(picks), dict(left))


def _left_out(ware: Ware, seen: Seen) -> str:
    """Why it must not be mentioned; '' where it may."""
    limits = seen.limits
    if ware.stock is not None and ware.stock < limits.keep_in_stock:
        return "stock"
    if limits.price_up_to is not None and (ware.price is None or ware.price > limits.price_up_to):
        return "price"
    if limits.margin_percent and (ware.margin is None or ware.margin * 100 < limits.margin_percent):
        return "margin"
    if any(rule.strength == NEVER and rule.fits(ware, seen.services) for rule in seen.rules):
        return "rule"
    if clashes(seen.avoid, name=ware.name, ingredients=ware.ingredients):
        return "avoid"
    answer, at = seen.answers.get(ware.id, ("", seen.now))
    if answer == "wrong" or (answer and _days(seen.now, at) < limits.rest_days):
        return "answered"
    return "lately" if _bought_lately(ware, seen) else ""


def _bought_lately(ware: Ware, seen: Seen) -> bool:
    """Whether the last one, or another brand's of the same sort, cannot be used up yet."""
    same = [one for one in seen.bought if ware.id == one.ware.id or ware.sort == one.ware.sort]
    if not same:
        return False
    ago = [_days(seen.now, one.at) for one in same]
    usual = usual_days(ago, seen.usual.get(ware.id, USUAL_DAYS))
    return min(ago) < NOT_YET * usual


def _judged(ware: Ware, seen: Seen) -> Pick:
    score, follows = seen.learned.get(ware.id, (0.0, 0.0))
    reasons: list[tuple[float, dict[str, Any]]] = []
    after: int | None = None
    for rule in seen.rules:
        of = rule.fits(ware, seen.services) if rule.strength != NEVER else None
        if of is not None:
            worth = WORTH_FIRST if rule.strength == FIRST else WORTH_PREFER
            reasons.append((worth, {"kind": "rule", "service": of.name, "because": rule.because}))
            after = of.id
    reasons += [one for one in (_due(ware, seen), _brand(ware, seen), _field(ware, seen)) if one]
    # The best rule counts once: two that say the same are not worth twice as much.
    rules = max((worth for worth, why in reasons if why["kind"] == "rule"), default=0.0)
    score += rules + sum(worth for worth, why in reasons if why["kind"] != "rule")
    if follows >= SAID_FROM and seen.services:
        share = round(follows * 100)
        worth = 1.0 + follows
        reasons.append(
            (worth, {"kind": "together", "share": share, "service": seen.services[0].name})
        )
    score += WORTH_MARGIN * (ware.margin or 0.0) + seen.tallies.get(ware.id, Tally()).worth
    if ware.stock is not None and ware.stock <= (ware.reorder_point or 0):
        score += WORTH_LOW
    reasons.sort(key=lambda one: -one[0])
    return Pick(ware, score, tuple(why for _, why in reasons[:3]), after or _first(seen))


def _first(seen: Seen) -> int | None:
    return seen.services[0].id if seen.services else None


def _due(ware: Ware, seen: Seen) -> tuple[float, dict[str, Any]] | None:
    """They had it, and the last one should be used up by now."""
    mine = [one for one in seen.bought if one.ware.id == ware.id]
    if not mine:
        return None
    ago = [_days(seen.now, one.at) for one in mine]
    weeks = max(1, round(usual_days(ago, seen.usual.get(ware.id, USUAL_DAYS)) / 7))
    last = max(one.at for one in mine)
    return WORTH_DUE, {
        "kind": "due",
        "on": last.isoformat(),
        "weeks": weeks,
        "times": len(set(ago)),
    }


def _brand(ware: Ware, seen: Seen) -> tuple[float, dict[str, Any]] | None:
    """Another product of a brand they use."""
    if not ware.brand:
        return None
    theirs = [one for one in seen.bought if one.ware.id != ware.id and one.ware.maker == ware.maker]
    if not theirs:
        return None
    last = max(theirs, key=lambda one: one.at)
    return WORTH_BRAND, {
        "kind": "brand",
        "brand": ware.brand,
        "other": last.ware.name,
        "on": last.at.isoformat(),
    }


def _field(ware: Ware, seen: Seen) -> tuple[float, dict[str, Any]] | None:
    """It is of the treatment's own field: what a salon knows on its first day."""
    words = _stems(ware.category)
    for one in seen.services:
        if words & _stems(f"{one.category} {one.name}"):
            return WORTH_FIELD, {"kind": "field", "service": one.name, "category": ware.category}
    return None


@lru_cache(maxsize=2_000)
def _stems(text: str) -> frozenset[str]:
    return frozenset(_stem(word) for word in fold(text).split())


def _stem(word: str) -> str:
    """ "Nails" and "nail", "facials" and "facial"."""
    return word.removesuffix("s") if len(word) > 3 else word


def _days(now: datetime, at: datetime) -> float:
    return max((now - at).total_seconds(), 0.0) / DAY
