"""Every fact a text states, matched to what the records say. English and Spanish.

``facts_check`` finds dates, weekdays, times, prices, durations, phone numbers, links, names in a
greeting, services and products, and long bare numbers. Each becomes a Span that is verified or not
found. What is found nowhere is marked and takes away one-key approval: better a needless second
look than a wrong time on a client's phone.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from approvals import fact_values as values
from approvals.fact_patterns import PATTERNS
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


Known = KnownFact | Mapping[str, Any]
# A weekday may be written where the records hold the full date, and "tomorrow" for both.
ALIKE: dict[str, frozenset[str]] = {
    "date": frozenset({"date", "weekday"}),
    "weekday": frozenset({"date", "weekday"}),
    "number": frozenset(),
}


def facts_check(body: str, known: Sequence[Known], *, catalogue: Iterable[str] = ()) -> list[Span]:
    """The facts of ``body`` in order, none overlapping another.

    ``known`` are KnownFacts or their JSON; ``catalogue`` names everything the salon offers, so that
    a real service which is not the client's is marked.
    """
    facts = [_plain(fact) for fact in known]
    found = _literal(body, facts)
    for kind, pattern in PATTERNS:
        for match in pattern.finditer(body):
            start, end = match.span("fact")
            if start < end and not _covered(found, start, end):
                found.append(_span(body, start, end, kind, facts))
    found += _unlisted(body, catalogue, found)
    return sorted(found, key=lambda span: span.start)


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
        if fact.kind in {"service", "product", "name", "link", "phone"}
        for text in fact.texts
        if text.strip()
    ]
    for text, fact in sorted(wanted, key=lambda pair: -len(pair[0])):
        for match in re.finditer(_whole(text), body, re.IGNORECASE):
            start, end = match.span()
            if fact.kind == "link" and _goes_on(body, end):
                continue
            if not _covered(found, start, end):
                found.append(Span(start, end, body[start:end], fact.kind, True, fact.source))
    return found


def _whole(text: str) -> str:
    return r"(?<![\w/@.-])" + r"\s+".join(map(re.escape, text.split())) + r"(?![\w@])"


def _goes_on(body: str, end: int) -> bool:
    """A longer address that only begins like the known one is another address."""
    rest = re.match(r"[^\s<>\"'()\[\]]*", body[end:])
    return bool(rest and re.sub(r"[.,;:!?…]+$", "", rest.group()))


def _covered(found: Sequence[Span], start: int, end: int) -> bool:
    return any(span.start < end and start < span.end for span in found)


def _span(body: str, start: int, end: int, kind: str, facts: Sequence[KnownFact]) -> Span:
    text = body[start:end]
    stated = values.meanings(kind, text)
    for fact in facts:
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


def _unlisted(body: str, catalogue: Iterable[str], found: Sequence[Span]) -> list[Span]:
    """Names of the salon's other services and products: real, but not this client's."""
    extra: list[Span] = []
    for name in sorted({n for n in catalogue if len(n) > 3}, key=len, reverse=True):
        if name.casefold() not in body.casefold():
            continue
        for match in re.finditer(_whole(name), body, re.IGNORECASE):
            start, end = match.span()
            if not _covered([*found, *extra], start, end):
                extra.append(Span(start, end, body[start:end], "service", False))
    return extra
