"""Opting out by text: the carriers' words in every dress, and free wording on the labelled set.

How the 300 phrases were made stands in ``_phrases/README.md``. The baseline is a reader that knows
only the exact words, as most providers do.
"""

import itertools
import random
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure, at_least, at_most, none_of
from integrations.phrases.reading import understand
from integrations.phrases.words import STOP

PHRASES = Path(__file__).parent / "_phrases"
SEED = 20260612
DRESSES = 200
BEFORE = ("", " ", "\n", "  ", "...", "*", '"', "\u200b", "\u202e", "\ufeff", "- ", "\U0001f64f ")
AFTER = (
    "",
    " ",
    ".",
    "!",
    "!!!",
    "\n",
    " \U0001f6d1",
    "\u200b",
    "\u00a0",
    '"',
    " .",
    "?",
    ",",
    ";",
)
Labelled = list[tuple[bool, str]]


def run() -> Iterator[Figure]:
    tried, missed = dressed_words()
    said = f"seed {SEED}; {len(STOP)} words in case, punctuation, spaces, hidden characters"
    yield none_of("opt-out words not understood", missed, tried, said)
    for name, half in (("held-out half", ("held_out",)), ("all 300", ("known", "held_out"))):
        yield from free_text(name, [one for file in half for one in labelled(file)])


def labelled(name: str) -> Labelled:
    """(asks to stop, text) of one file of the set."""
    lines = (PHRASES / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [(line[0] == "+", line[2:]) for line in lines if line[:2] in {"+ ", "- "}]


def free_text(name: str, phrases: Labelled) -> Iterator[Figure]:
    asking = [text for asks, text in phrases if asks]
    others = [text for asks, text in phrases if not asks]
    found = sum(is_stop(text) for text in asking)
    alarms = sum(is_stop(text) for text in others)
    exact = sum(text.strip().casefold() in STOP for text in asking)
    yield at_least(
        f"opt-outs in free words found, {name}", 100 * found / len(asking), 95,
        f"{found} of {len(asking)}; by exact words alone {exact}", " %",
    )  # fmt: skip
    yield at_most(
        f"false alarms, {name}", 100 * alarms / len(others), 2, f"{alarms} of {len(others)}", " %"
    )


def is_stop(text: str) -> bool:
    return understand(text).meaning == "stop"


def dressed_words() -> tuple[int, int]:
    """Every word bare in three cases, and in so many random dresses; (tried, missed)."""
    chance = random.Random(SEED)
    tried = missed = 0
    for word in sorted(STOP | {"opt-out", "stop-all"}):
        plain = [word, word.upper(), word.title()]
        dressed = (dress(word, chance) for _ in range(DRESSES))
        for text in itertools.chain(plain, dressed):
            tried += 1
            missed += not is_stop(text)
    return tried, missed


def dress(word: str, chance: random.Random) -> str:
    cased = "".join(chance.choice((letter.lower(), letter.upper())) for letter in word)
    spaced = cased.replace(" ", chance.choice((" ", "  ", "\n", " - ", "\u00a0")))
    return chance.choice(BEFORE) + spaced + chance.choice(AFTER)
