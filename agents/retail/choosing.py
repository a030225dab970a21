"""Which product to mention to this client after this service, and why: rules without a database.

First everything that must not be mentioned is left out, each with one word that is counted; then
what was learned, what the salon says, the client's own brands and what is on the shelf add up. A
product for which no reason can be said is not mentioned at all.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any, TypeVar

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


# By what is written on it, so that nothing here grows old: the same few thousand bottles are folded
# for every client.
@lru_cache(maxsize=20_000)
def _sort(name: str, maker: str) -> str:
    brand = set(maker.split())
    return " ".join(word for word in fold(name).split() if word not in brand)


@lru_cache(maxsize=2_000)
def _folded(brand: str) -> str:
    return fold(brand)


@lru_cache(maxsize=20_000)
def _name_words(name: str) -> frozenset[str]:
    return frozenset(fold(name).split())


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

    @property
    def maker(self) -> str:
        return _folded(self.brand)

    @property
    def sort(self) -> str:
        """What it is whatever the brand: two shampoos are one sort."""
        return _sort(self.name, self.maker)

    @property
    def words(self) -> frozenset[str]:
        return _name_words(self.name)

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

    @cached_property
    def maker(self) -> str:
        return fold(self.brand)

    def speaks_of(self, services: Sequence[Treatment]) -> Treatment | None:
        """The first of these treatments that it is about; None where it is about none."""
        for one in services:
            if self.service_id not in {None, one.id}:
                continue
            if not self.service_category or fold(self.service_category) == fold(one.category):
                return one
        return None

    def names(self, ware: Ware) -> bool:
        """Whether this product is one of those it speaks of, whatever the treatment."""
        if self.product_id is not None and self.product_id != ware.id:
            return False
        return (not self.brand or self.maker == ware.maker) and ware.words.issuperset(self.words)


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

    # Kept: asked for every product on the shelf.
    @cached_property
    def never(self) -> list[Rule]:
        """What must not be mentioned after today's treatments."""
        about = (rule for rule in self.rules if rule.strength == NEVER)
        return [rule for rule in about if rule.speaks_of(self.services)]

    @cached_property
    def preferred(self) -> list[tuple[Rule, Treatment]]:
        """What the salon wants mentioned, each with the treatment because of which."""
        about = (rule for rule in self.rules if rule.strength != NEVER)
        fitting = [(rule, rule.speaks_of(self.services)) for rule in about]
        return [(rule, of) for rule, of in fitting if of is not None]

    @cached_property
    def by_id(self) -> Mapping[int, list[Bought]]:
        return _grouped(self.bought, lambda one: one.ware.id)

    @cached_property
    def by_sort(self) -> Mapping[str, list[Bought]]:
        return _grouped(self.bought, lambda one: one.ware.sort)

    @cached_property
    def by_maker(self) -> Mapping[str, list[Bought]]:
        return _grouped(self.bought, lambda one: one.ware.maker)


KeyT = TypeVar("KeyT")


def _grouped(bought: Sequence[Bought], key: Callable[[Bought], KeyT]) -> dict[KeyT, list[Bought]]:
    found: dict[KeyT, list[Bought]] = defaultdict(list)
    for one in bought:
        found[key(one)].append(one)
    return dict(found)


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


# What speaks for a product: its worth, its kind and what it is about. Put into facts for the one
# or two that are picked; two hundred are looked at.
Why = tuple[float, str, Any]


def choose(seen: Seen) -> Chosen:
    """One or two products, or none; and why the others were left out, counted."""
    left: Counter[str] = Counter()
    found: list[tuple[float, Ware, list[Why]]] = []
    for ware in seen.wares:
        without = _left_out(ware, seen)
        if without:
            left[without] += 1
            continue
        score, whys = _judged(ware, seen)
        if whys:
            found.append((score, ware, whys))
    found.sort(key=lambda one: (-one[0], one[1].id))
    picks: list[Pick] = []
    for score, ware, whys in found:
        if len(picks) == seen.limits.most:
            break
        if all(ware.sort != pick.ware.sort for pick in picks):
            picks.append(_pick(ware, score, whys, seen))
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
    if any(rule.names(ware) for rule in seen.never):
        return "rule"
    if clashes(seen.avoid, name=ware.name, ingredients=ware.ingredients):
        return "avoid"
    answer, at = seen.answers.get(ware.id, ("", seen.now))
    if answer == "wrong" or (answer and _days(seen.now, at) < limits.rest_days):
        return "answered"
    return "lately" if _bought_lately(ware, seen) else ""


def _bought_lately(ware: Ware, seen: Seen) -> bool:
    """Whether the last one, or another brand's of the same sort, cannot be used up yet."""
    same = [*seen.by_id.get(ware.id, ()), *seen.by_sort.get(ware.sort, ())]
    if not same:
        return False
    ago = [_days(seen.now, one.at) for one in same]
    usual = usual_days(ago, seen.usual.get(ware.id, USUAL_DAYS))
    return min(ago) < NOT_YET * usual


def _judged(ware: Ware, seen: Seen) -> tuple[float, list[Why]]:
    """How much speaks for it, and what; nothing where no reason could be said."""
    score, follows = seen.learned.get(ware.id, (0.0, 0.0))
    rules = [_ruled(rule, of) for rule, of in seen.preferred if rule.names(ware)]
    others = [one for one in (_due(ware, seen), _brand(ware, seen), _field(ware, seen)) if one]
    # The best rule counts once: two that say the same are not worth twice as much.
    score += max((one[0] for one in rules), default=0.0) + sum(one[0] for one in others)
    whys = rules + others
    if follows >= SAID_FROM and seen.services:
        whys.append((1.0 + follows, "together", follows))
    tally = seen.tallies.get(ware.id)
    score += WORTH_MARGIN * (ware.margin or 0.0) + (tally.worth if tally else 0.0)
    if ware.stock is not None and ware.stock <= (ware.reorder_point or 0):
        score += WORTH_LOW
    return score, whys


def _ruled(rule: Rule, of: Treatment) -> Why:
    return WORTH_FIRST if rule.strength == FIRST else WORTH_PREFER, "rule", (rule, of)


def _due(ware: Ware, seen: Seen) -> Why | None:
    """They had it, and the last one should be used up by now."""
    mine = seen.by_id.get(ware.id)
    return (WORTH_DUE, "due", mine) if mine else None


def _brand(ware: Ware, seen: Seen) -> Why | None:
    """Another product of a brand they use."""
    if not ware.brand:
        return None
    theirs = [one for one in seen.by_maker.get(ware.maker, ()) if one.ware.id != ware.id]
    return (WORTH_BRAND, "brand", theirs) if theirs else None


def _field(ware: Ware, seen: Seen) -> Why | None:
    """It is of the treatment's own field: what a salon knows on its first day."""
    words = _stems(ware.category)
    for one in seen.services:
        if words & _stems(f"{one.category} {one.name}"):
            return WORTH_FIELD, "field", one
    return None


def _pick(ware: Ware, score: float, whys: list[Why], seen: Seen) -> Pick:
    best = sorted(whys, key=lambda one: -one[0])[:3]
    first = seen.services[0].id if seen.services else None
    after = [about[1].id for _, kind, about in whys if kind == "rule"]
    facts = tuple({"kind": why[1], **FACTS[why[1]](ware, why[2], seen)} for why in best)
    return Pick(ware, score, facts, after[-1] if after else first)


def _rule_said(ware: Ware, about: tuple[Rule, Treatment], seen: Seen) -> dict[str, Any]:
    rule, of = about
    return {"service": of.name, "because": rule.because}


def _due_said(ware: Ware, mine: list[Bought], seen: Seen) -> dict[str, Any]:
    ago = [_days(seen.now, one.at) for one in mine]
    weeks = max(1, round(usual_days(ago, seen.usual.get(ware.id, USUAL_DAYS)) / 7))
    last = max(one.at for one in mine)
    return {"on": last.isoformat(), "weeks": weeks, "times": len(set(ago))}


def _brand_said(ware: Ware, theirs: list[Bought], seen: Seen) -> dict[str, Any]:
    last = max(theirs, key=lambda one: one.at)
    return {"brand": ware.brand, "other": last.ware.name, "on": last.at.isoformat()}


def _field_said(ware: Ware, of: Treatment, seen: Seen) -> dict[str, Any]:
    return {"service": of.name, "category": ware.category}


def _together_said(ware: Ware, follows: float, seen: Seen) -> dict[str, Any]:
    return {"share": round(follows * 100), "service": seen.services[0].name}


FACTS: dict[str, Callable[[Ware, Any, Seen], dict[str, Any]]] = {
    "rule": _rule_said,
    "due": _due_said,
    "brand": _brand_said,
    "field": _field_said,
    "together": _together_said,
}


@lru_cache(maxsize=2_000)
def _stems(text: str) -> frozenset[str]:
    return frozenset(_stem(word) for word in fold(text).split())


def _stem(word: str) -> str:
    """ "Nails" and "nail", "facials" and "facial"."""
    return word.removesuffix("s") if len(word) > 3 else word


def _days(now: datetime, at: datetime) -> float:
    return max((now - at).total_seconds(), 0.0) / DAY
