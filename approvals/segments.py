"""How many texts a body costs: GSM-7 or UCS-2, 160/153 and 70/67 characters."""

from dataclasses import dataclass

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# These take an escape: two places each.
EXTENDED = frozenset("\f^{}\\[~]|€")
# Typographic characters that double the cost of a text, and what says the same.
PLAIN = {
    "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u00b4": "'", "`": "'", "\u02bc": "'",
    "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u2013": "-", "\u2014": "-", "\u2212": "-",
    "\u2022": "-", "\u2026": "...", "\u00a0": " ", "\u202f": " ", "\u2009": " ",
}  # fmt: skip
GSM, UCS = "GSM-7", "UCS-2"


@dataclass(frozen=True)
class Segments:
    """``characters`` as a person counts them; ``fix`` is a cheaper spelling of the body, or ''."""

    encoding: str
    characters: int
    units: int
    segments: int
    fix: str = ""
    odd: tuple[str, ...] = ()


def sms_segments(body: str) -> Segments:
    """What sending ``body`` as a text takes."""
    encoding, units, segments, odd = _measure(body)
    fix = ""
    if encoding == UCS:
        plain = plain_spelling(body)
        if plain != body and _measure(plain)[2] < segments:
            fix = plain
    return Segments(encoding, len(body), units, segments, fix, odd)


def plain_spelling(body: str) -> str:
    """Straight quotes, plain dashes, no symbols outside the alphabet; letters stay."""
    swapped = "".join(PLAIN.get(char, char) for char in body)
    kept = "".join(char for char in swapped if char in BASIC or char in EXTENDED or char.isalpha())
    return "\n".join(" ".join(line.split(" ")).rstrip() for line in kept.split("\n"))


def _measure(body: str) -> tuple[str, int, int, tuple[str, ...]]:
    odd = tuple(dict.fromkeys(c for c in body if c not in BASIC and c not in EXTENDED))
    if odd:
        units = len(body.encode("utf-16-be")) // 2
        return UCS, units, _count([2 if ord(c) > 0xFFFF else 1 for c in body], 70, 67), odd
    costs = [2 if char in EXTENDED else 1 for char in body]
    return GSM, sum(costs), _count(costs, 160, 153), ()


def _count(costs: list[int], single: int, part: int) -> int:
    """Segments needed; a character of two units is never split over two of them."""
    if not costs:
        return 0
    if sum(costs) <= single:
        return 1
    segments, used = 1, 0
    for cost in costs:
        if used + cost > part:
            segments, used = segments + 1, 0
        used += cost
    return segments
