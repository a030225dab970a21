"""What differs between two texts, word by word."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

WORDS = re.compile(r"\n|[^\S\n]+|\w+|[^\w\s]")
# Above this many words the comparison goes line by line: it would take seconds.
MOST_WORDS = 4_000


@dataclass(frozen=True)
class Difference:
    """A stretch that stayed, came or went."""

    kind: Literal["same", "added", "removed"]
    text: str


def word_diff(old: str, new: str) -> list[Difference]:
    """The stretches in reading order; joined without the removed they are ``new``, without the
    added ``old``."""
    one, two = _cut(old, new)
    found: list[Difference] = []
    for what, a, b, c, d in SequenceMatcher(None, one, two, autojunk=False).get_opcodes():
        if what == "equal":
            found.append(Difference("same", "".join(one[a:b])))
            continue
        if a < b:
            found.append(Difference("removed", "".join(one[a:b])))
        if c < d:
            found.append(Difference("added", "".join(two[c:d])))
    return found


def _cut(old: str, new: str) -> tuple[list[str], list[str]]:
    one, two = WORDS.findall(old), WORDS.findall(new)
    if max(len(one), len(two)) > MOST_WORDS:
        return old.splitlines(keepends=True), new.splitlines(keepends=True)
    return one, two
