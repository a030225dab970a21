"""Texts as they are stored: one spelling, nothing invisible but what emoji need."""

import unicodedata
from dataclasses import dataclass

JOINER, EMOJI_STYLE, TEXT_STYLE, KEYCAP = "\u200d", "\ufe0f", "\ufe0e", "\u20e3"
SHORT_NAMES = {
    "\u200b": "zero-width space",
    "\u200c": "zero-width non-joiner",
    "\u200d": "zero-width joiner",
    "\u2060": "word joiner",
    "\ufeff": "byte order mark",
    "\u00ad": "soft hyphen",
    "\u202e": "right-to-left override",
}
ALLOWED_CONTROLS = frozenset("\n\t")


@dataclass(frozen=True)
class Hidden:
    """A character nobody sees: where it is, what it is, and how the page shows it."""

    index: int
    code: str
    name: str
    shown: str


def hidden_characters(body: str) -> list[Hidden]:
    """Every invisible character that is no part of an emoji."""
    return [
        Hidden(index, f"U+{ord(char):04X}", _name(char), f"[{_name(char)}]")
        for index, char in enumerate(body)
        if is_invisible(char) and not _in_emoji(body, index)
    ]


def clean_text(body: str) -> str:
    """NFC, plain line ends, no invisible characters outside emoji, no NUL."""
    lines = body.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n")
    kept = "".join(
        char
        for index, char in enumerate(lines)
        if not is_invisible(char) or _in_emoji(lines, index)
    )
    return unicodedata.normalize("NFC", kept).encode("utf-8", "replace").decode()


def made_visible(body: str) -> str:
    """The text with invisible characters spelled out, for people to see."""
    found = {hidden.index: hidden.shown for hidden in hidden_characters(body)}
    return "".join(found.get(index, char) for index, char in enumerate(body))


def is_invisible(char: str) -> bool:
    if char in ALLOWED_CONTROLS or char == "\r":
        return False
    code = ord(char)
    return (
        unicodedata.category(char) in {"Cf", "Cc", "Cs", "Co"}
        or 0xFE00 <= code <= 0xFE0F
        or 0xE0100 <= code <= 0xE01EF
        or char in "\u115f\u1160\u3164\uffa0\u034f\u17b4\u17b5\u2028\u2029\u2800"
    )


def _in_emoji(body: str, index: int) -> bool:
    """A joiner between two emoji, a style mark behind one, or a flag's tag: part of the picture."""
    char = body[index]
    before = body[index - 1] if index else ""
    after = body[index + 1] if index + 1 < len(body) else ""
    if char == JOINER:
        return (_is_picture(before) or before == EMOJI_STYLE) and _is_picture(after)
    if char in {EMOJI_STYLE, TEXT_STYLE}:
        return _is_picture(before) or (before in "0123456789#*" and after == KEYCAP)
    if 0xE0020 <= ord(char) <= 0xE007F:
        return _ends_black_flag(body[:index])
    return False


def _is_picture(char: str) -> bool:
    return bool(char) and (
        unicodedata.category(char) in {"So", "Sk"} or 0x1F000 <= ord(char) <= 0x1FAFF
    )


def _ends_black_flag(before: str) -> bool:
    stripped = before.rstrip("".join(map(chr, range(0xE0020, 0xE0080))))
    # England, Scotland and Wales are a black flag with at most six tags; more is smuggled text.
    return stripped.endswith("\U0001f3f4") and len(before) - len(stripped) <= 6


def _name(char: str) -> str:
    if char in SHORT_NAMES:
        return SHORT_NAMES[char]
    if 0xE0020 <= ord(char) <= 0xE007E:
        return f"hidden “{chr(ord(char) - 0xE0000)}”"
    return unicodedata.name(char, f"U+{ord(char):04X}").lower()
