"""Reading a whole text: every word of it must be accounted for, or a person reads it."""

from dataclasses import dataclass
from typing import Literal

from integrations.phrases.calling_off import calls_off
from integrations.phrases.lateness import is_late, late_minutes
from integrations.phrases.plain import plain, spelled
from integrations.phrases.stopping import asks_to_stop
from integrations.phrases.words import (
    ACCEPT,
    CONFIRM,
    DECLINE,
    FILLERS,
    HELP,
    HELP_TOO,
    MEANT_A_VISIT,
    MISSPELT,
    NO,
    NUMBERS,
    START,
    START_TOO,
    STOP,
    STOP_TOO,
    THANKS,
    YES,
)

Meaning = Literal[
    "stop", "start", "help", "yes", "no", "confirm", "cancel", "accept", "decline", "digit", "late",
    "thanks", "",
]  # fmt: skip
# What two phrases in one text come to; every other pair contradicts itself.
TOGETHER: dict[frozenset[str], Meaning] = {
    frozenset({"yes", "confirm"}): "confirm",
    frozenset({"yes", "accept"}): "accept",
    frozenset({"no", "decline"}): "decline",
}
LONGEST = 6
# An answer is short. In a long text the rules would read the wrong sentence.
MOST_WORDS = 40


@dataclass(frozen=True)
class Understood:
    """What a text means, '' where a person has to read it.

    ``digit`` for an answer by number (it may come with a yes or no that agrees), ``minutes`` how
    late (None: not said), ``word`` the carrier keyword it was, if it was one and nothing else.
    ``torn`` says that it means two things at once, and which.
    """

    meaning: Meaning = ""
    digit: str = ""
    minutes: int | None = None
    word: str = ""
    torn: tuple[str, ...] = ()

    @property
    def probably_a_visit(self) -> bool:
        """An opt-out by law that clients send when they mean their appointment."""
        return self.meaning == "stop" and self.word in MEANT_A_VISIT

    @property
    def is_yes(self) -> bool:
        return self.meaning in {"yes", "confirm", "accept"}

    @property
    def is_no(self) -> bool:
        return self.meaning in {"no", "decline"}

    def as_no(self) -> "Understood":
        """The same, taken for a no: who cannot come does not take a slot either."""
        return Understood("no")


def understand(body: str) -> Understood:
    """The meaning of a whole text. Never raises, whatever the text holds."""
    text = plain(body)
    keyword = _keyword(text)
    if keyword is not None:
        return keyword
    if asks_to_stop(body):
        return Understood("stop")
    words = spelled(text)
    if len(words.split()) > MOST_WORDS:
        return Understood()
    # "Yes?" and "can I come ten minutes late?" want an answer, they are none.
    asks = "?" in body or "\N{INVERTED QUESTION MARK}" in body
    off, late = calls_off(words), is_late(words) and not asks
    if off and late:
        return Understood(torn=("cancel", "late"))
    if off:
        return Understood("cancel")
    if late:
        return Understood("late", minutes=late_minutes(words))
    return Understood() if asks else _short(words)


def _keyword(text: str) -> Understood | None:
    if text in STOP:
        return Understood("stop", word=text)
    if text in STOP_TOO:
        return Understood("stop")
    if text in START:
        return Understood("start", word=text)
    if text in START_TOO:
        return Understood("start")
    if text in HELP:
        return Understood("help", word=text)
    return Understood("help") if text in HELP_TOO else None


def _short(text: str) -> Understood:
    """Phrases that follow one another, thanks and greetings aside; nothing may be left over."""
    words = [_mended(word) for word in text.split()]
    if words and all(word in THANKS for word in words) and not _is_phrase(" ".join(words)):
        return Understood("thanks")
    said = _phrases(words)
    if not said:
        return Understood()
    digits = {one for one in said if one.isdigit()}
    meant = said - digits
    if len(digits) > 1 or len(meant) > 2:
        return Understood(torn=tuple(sorted(said)))
    meaning = _one(meant)
    if meaning is None:
        return Understood(torn=tuple(sorted(said)))
    if digits:
        return Understood(meaning or "digit", digit=digits.pop())
    return Understood(meaning)


def _one(meant: set[str]) -> Meaning | None:
    if not meant:
        return ""
    if len(meant) == 1:
        return next(meaning for meaning in PHRASES.values() if meaning in meant)
    return TOGETHER.get(frozenset(meant))


def _phrases(words: list[str]) -> set[str]:
    """The meanings of a run of phrases; empty where a word is left that belongs to none."""
    found: set[str] = set()
    at = 0
    while at < len(words):
        length = next(
            (n for n in range(LONGEST, 0, -1) if " ".join(words[at : at + n]) in PHRASES), 0
        )
        phrase = " ".join(words[at : at + length])
        if length:
            found.add(PHRASES[phrase])
        elif words[at] in DIGITS:
            found.add(DIGITS[words[at]])
        elif words[at] not in FILLERS:
            return set()
        at += max(length, 1)
    return found


def _is_phrase(text: str) -> bool:
    return text in PHRASES


def _mended(word: str) -> str:
    """One slip in a long word that is like no other."""
    if len(word) < 5 or word in FILLERS:
        return word
    return next((right for right in MISSPELT if _one_slip(word, right)), word)


def _one_slip(word: str, right: str) -> bool:
    """Equal but for one letter added, left out, exchanged, or two of them swapped."""
    if abs(len(word) - len(right)) > 1:
        return False
    start = next((i for i, (a, b) in enumerate(zip(word, right, strict=False)) if a != b), None)
    if start is None:
        return True
    left, other = word[start:], right[start:]
    swapped = len(left) > 1 and left[1::-1] == other[:2] and left[2:] == other[2:]
    return swapped or left[1:] == other[1:] or left[1:] == other or left == other[1:]


def _table() -> dict[str, Meaning]:
    lists: tuple[tuple[list[str], Meaning], ...] = (
        (YES, "yes"), (CONFIRM, "confirm"), (ACCEPT, "accept"), (NO, "no"), (DECLINE, "decline"),
    )  # fmt: skip
    return {phrase: meaning for phrases, meaning in lists for phrase in phrases}


PHRASES = _table()
DIGITS = {str(one): str(one) for one in range(10)} | NUMBERS
