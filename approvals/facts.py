"""Every fact a text states, matched to what the records say. English and Spanish.

``facts_check`` finds dates, weekdays, times, prices, durations, phone numbers, links, addresses,
people, services and products, long bare numbers, and claims that need something behind them (a
promise, money off, a medical word). Each becomes a Span that is verified or not found. What is
found nowhere is marked and takes away one-key approval: better a needless second look than a wrong
time on a client's phone.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from approvals import fact_values as values
from approvals.fact_claims import CLAIMS, WHY
from approvals.fact_days import relative_day
from approvals.fact_disguises import BEFORE, DISGUISES, DOTS, ORDER, TITLE, mixed, ornamented
from approvals.fact_names import greeted, names_in
from approvals.fact_patterns import PATTERNS
from approvals.fact_services import is_one_of, services_in
from approvals.hygiene import Hidden, hidden_characters
from approvals.proposals import KnownFact

__all__ = ["Hidden", "Span", "facts_check", "hidden_characters"]


@dataclass(frozen=True)
class Span:
    """``body[start:end]`` states a fact; ``source`` names the record it was found in, or ''."""

    start: int
    end: int
    text: str
    kind: str
    verified: bool
    source: str = ""

    @property
    def why(self) -> str:
        """What is wrong with an unverified span, as the end of a sentence about it."""
        return WHY.get(self.kind, "was not found in the records")


Known = KnownFact | Mapping[str, Any]
# A weekday may be written where the records hold the full date, and "tomorrow" for both.
ALIKE: dict[str, frozenset[str]] = {
    "date": frozenset({"date", "weekday"}),
    "weekday": frozenset({"date", "weekday"}),
    "number": frozenset(),
}


LITERAL = frozenset({"service", "product", "name", "link", "phone", "address"})
# An hour at which the visit ends may only be named as its end.
ENDS = re.compile(
    r"(?:until|till|to|ends?(?: at)?|done by|over by|[-\u2013\u2014]|hasta(?: las?)?|a)\s*$", re.I
)


def facts_check(
    body: str,
    known: Sequence[Known],
    *,
    catalogue: Iterable[str] = (),
    strangers: Iterable[str] = (),
    today: date | None = None,
) -> list[Span]:
    """The facts of ``body`` in order, none overlapping another.

    ``known`` are KnownFacts or their JSON; ``catalogue`` names everything the salon offers, so that
    a real service which is not the client's is marked; ``strangers`` are names of other clients
    that stand in the text. ``today`` is the salon's day on which the
    text is read: with it "tomorrow" is a date like any other, without it never verified.
    """
    facts = [_plain(fact) for fact in known]
    level = _levelled(body)
    found = _literal(level, facts)
    found += _unlisted(level, strangers, found, "name")
    found += _claims(level, facts, found)
    for kind, pattern in (*BEFORE, *PATTERNS):
        for match in pattern.finditer(level):
            start, end = match.span("fact")
            if start < end and not _covered(found, start, end):
                found.append(_span(level, start, end, kind, facts, today))
    found += _unlisted(level, catalogue, found)
    found += _disguised(body, level, found)
    for more in (_services, _letters, _people):
        found += more(level, facts, found)
    return [
        Span(one.start, one.end, body[one.start : one.end], one.kind, one.verified, one.source)
        for one in sorted(found, key=lambda span: span.start)
    ]


def _levelled(body: str) -> str:
    """Letter for letter, wide and ornamented letters and figures as the plain ones they mimic."""
    plain = (unicodedata.normalize("NFKC", char) for char in body)
    return "".join(
        one if len(one) == 1 and one.isprintable() else char
        for one, char in zip(plain, body, strict=True)
    ).translate(DOTS)


def _plain(fact: Known) -> KnownFact:
    if isinstance(fact, KnownFact):
        return fact
    return KnownFact(fact["kind"], tuple(fact["texts"]), fact.get("source", ""))


def _literal(body: str, facts: Sequence[KnownFact]) -> list[Span]:
    """Known services, products, names and links as they are written in the records."""
    found: list[Span] = []
    wanted = [
        (text, fact)
        for fact in facts
        if fact.kind in LITERAL
        for text in fact.texts
        if text.strip() and not (fact.kind in TYPED and smuggles(text))
    ]
    for text, fact in sorted(wanted, key=lambda pair: -len(pair[0])):
        for match in re.finditer(_whole(text), body, re.IGNORECASE):
            start, end = match.span()
            if fact.kind == "link" and _goes_on(body, end):
                continue
            if not _covered(found, start, end):
                found.append(Span(start, end, body[start:end], fact.kind, True, fact.source))
    return found


# What strangers can type: a client's name, the name of a service or product. A link or an order in
# it is no more true for standing in a record; its parts are then checked each by itself.
TYPED = frozenset({"name", "service", "product"})
LONGEST_NAME, MOST_WORDS = 60, 8
ALLOWED_IN_NAMES = frozenset({"duration", "number", "name"})


@lru_cache(maxsize=4096)
def smuggles(text: str) -> bool:
    """Whether a name says more than a name does."""
    if len(text) > LONGEST_NAME or len(text.split()) > MOST_WORDS:
        return True
    if ornamented(text) or mixed(text) or ORDER.search(text):
        return True
    level = _levelled(text)
    patterns = [pattern for kind, pattern in PATTERNS if kind not in ALLOWED_IN_NAMES]
    patterns += [pattern for _, pattern in (*BEFORE, *DISGUISES)]
    patterns += [pattern for kind, _, pattern in CLAIMS if kind != "medical"]
    return any(pattern.search(level) for pattern in patterns)


def _whole(text: str) -> str:
    return r"(?<![\w/@.-])" + r"\s+".join(map(re.escape, text.split())) + r"(?![\w@])"


def _goes_on(body: str, end: int) -> bool:
    """A longer address that only begins like the known one is another address."""
    rest = re.match(r"[^\s<>\"'()\[\]]*", body[end:])
    return bool(rest and re.sub(r"[.,;:!?…]+$", "", rest.group()))


def _covered(found: Sequence[Span], start: int, end: int) -> bool:
    return any(span.start < end and start < span.end for span in found)


def _span(
    body: str,
    start: int,
    end: int,
    kind: str,
    facts: Sequence[KnownFact],
    today: date | None = None,
) -> Span:
    text = body[start:end]
    stated = values.meanings(kind, text)
    if kind == "date" and today is not None:
        stated |= relative_day(text, today)
    for fact in facts:
        if fact.kind == "end_time" == f"end_{kind}" and ENDS.search(body[:start]):
            if _same(kind, text, stated, fact):
                return Span(start, end, text, kind, True, fact.source)
            continue
        if fact.kind == kind or fact.kind in ALIKE.get(kind, ()):
            if _same(kind, text, stated, fact):
                return Span(start, end, text, kind, True, fact.source)
        elif kind == "number" and any(text in one for one in fact.texts):
            return Span(start, end, text, kind, True, fact.source)
    return Span(start, end, text, kind, False)


def _same(kind: str, text: str, stated: frozenset[Any], fact: KnownFact) -> bool:
    if any(one.casefold() == text.casefold() for one in fact.texts):
        return True
    meant: frozenset[Any] = frozenset()
    for one in fact.texts:
        meant |= values.meanings(fact.kind, one) | values.meanings(kind, one)
    return values.agree(kind, stated, values.with_years(meant))


def _unlisted(
    body: str, catalogue: Iterable[str], found: Sequence[Span], kind: str = "service"
) -> list[Span]:
    """Names of the salon's other services and products: real, but not this client's."""
    extra: list[Span] = []
    for name in sorted({n for n in catalogue if len(n) > 3}, key=len, reverse=True):
        if name.casefold() not in body.casefold():
            continue
        for match in re.finditer(_whole(name), body, re.IGNORECASE):
            start, end = match.span()
            if not _covered([*found, *extra], start, end):
                extra.append(Span(start, end, body[start:end], kind, False))
    return extra


def _disguised(body: str, level: str, found: Sequence[Span]) -> list[Span]:
    """What hides something, or belongs to machines: never verified, whatever the records say."""
    extra: list[Span] = []
    marked = [("letters", span) for span in ornamented(body)]
    marked += [(kind, one.span()) for kind, what in DISGUISES for one in what.finditer(level)]
    for kind, (start, end) in marked:
        start += len(level[start:end]) - len(level[start:end].lstrip())
        end -= len(level[start:end]) - len(level[start:end].rstrip())
        if start < end and not _covered([*found, *extra], start, end):
            extra.append(Span(start, end, level[start:end], kind, False))
    return extra


def _services(body: str, facts: Sequence[KnownFact], found: Sequence[Span]) -> list[Span]:
    """Services in other words than the records', or that the salon never offered."""
    offered = [fact for fact in facts if fact.kind in {"service", "product"}]
    extra = []
    for start, end, ideas in services_in(body):
        if _covered(found, start, end):
            continue
        source = next((fact.source for fact in offered if is_one_of(ideas, fact.texts)), "")
        extra.append(Span(start, end, body[start:end], "service", bool(source), source))
    return extra


def _claims(body: str, facts: Sequence[KnownFact], found: Sequence[Span]) -> list[Span]:
    extra: list[Span] = []
    for kind, what, pattern in CLAIMS:
        backed = [fact for fact in facts if fact.kind == kind]
        for match in pattern.finditer(body):
            start, end = match.span()
            while _covered(found, start, start + 1) and start < end:
                start += 1
            start += len(body[start:end]) - len(body[start:end].lstrip())
            if start >= end or _covered([*found, *extra], start, end):
                continue
            text = body[start:end]
            source = next((one.source for one in backed if _stands_behind(one, what, text)), "")
            extra.append(Span(start, end, text, kind, bool(source), source))
    return extra


def _stands_behind(fact: KnownFact, what: str, text: str) -> bool:
    """A promise by its sort ("hold"); anything else by the words of the salon's own text."""
    if what:
        return what in fact.texts
    said = " ".join(text.casefold().split())
    return any(said in " ".join(one.casefold().split()) for one in fact.texts)


FOREIGN = re.compile(r"[^\W\d_]+")


def _letters(body: str, facts: Sequence[KnownFact], found: Sequence[Span]) -> list[Span]:
    """Words in, or mixed with, letters that are not Latin: another language, or a disguise."""
    return [
        Span(*match.span(), match.group(), "letters", False)
        for match in FOREIGN.finditer(body)
        if any(ord(char) > 0x24F and not _is_latin(char) for char in match.group())
        and not _covered(found, *match.span())
    ]


def _is_latin(char: str) -> bool:
    return unicodedata.name(char, "").startswith(("LATIN", "MODIFIER", "FEMININE", "MASCULINE"))


def _people(body: str, facts: Sequence[KnownFact], found: Sequence[Span]) -> list[Span]:
    extra: list[Span] = []
    titled = [one.span("fact") for one in TITLE.finditer(body)]
    for start, end in [*titled, *names_in(body), *greeted(body)]:
        if not _covered([*found, *extra], start, end):
            extra.append(_span(body, start, end, "name", facts))
    return extra
