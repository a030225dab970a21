"""Names of people in a text: where somebody who is not in the records is named.

A capital in the middle of a sentence is a name unless the word is an ordinary one; at the start of
a sentence a word is a name when it is a common first name, or stands where only a name can ("Priya,
thank you", "Marcus will see you", "Su terapeuta será Inés").
"""

import re
from collections.abc import Iterator
from pathlib import Path


def _lexicon(name: str) -> frozenset[str]:
    lines = (Path(__file__).parent / "lexicon" / name).read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


FIRST_NAMES = _lexicon("first_names.txt")
ORDINARY = _lexicon("ordinary_words.txt")
MONTHS_AND_DAYS = _lexicon("months_and_days.txt")
WORD = r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*"
NAME = re.compile(
    r"(?<![\w@/.#&-])[A-ZÁÉÍÓÚÜÑ]" + r"(?:[^\W\d_]|['\u2019-](?=[^\W\d_]))*(?![\w@/])"
)
SENTENCE_START = re.compile(
    r"(?:^|[.!?:;\u2026\n\r\"\u201c\u201d(\[*>|]|[-\u2013\u2014]\s|[^\w\s,'\u2019/$\u20ac\u00a3%&@#+)-])\s*$"
)
ACTS = re.compile(
    r"(?:,\s+(?![A-Z])|'s\s|\u2019s\s|'ll\b|\u2019ll\b|"
    r"\s+(?:will|is|has|can|would|had|was|says?|said|asked|wants|works|looks forward|"
    r"le|la|lo|te|les|está|estará|va a|tiene|puede|dice|y yo|and i\b)\s)",
)
SOUGHT = re.compile(
    r"\b(?i:(?:therapist|stylist|provider|colleague|specialist|esthetician|masseuse|barber|"
    r"terapeuta|estilista|compañer[oa]|especialista)\s+(?:is|was|will be|será|es)?|"
    r"ask(?:ed)?(?: at the desk)? for|pregunte por|atenderá|atiende|"
    r"note for|friend|husband|wife|daughter|son|mother|sister|saludo|seeing)\s*,?\s*$"
)


def names_in(body: str) -> Iterator[tuple[int, int]]:
    """Where somebody is named, whole names together."""
    last: tuple[int, int] | None = None
    for found in NAME.finditer(body):
        start, end = found.span()
        joined = last is not None and body[last[1] : start] in {" ", "\u00a0"}
        if not (_is_name(body, start, end) or (joined and _may_be_surname(found.group()))):
            if last is not None:
                yield last
            last = None
            continue
        if last is not None and not joined:
            yield last
            last = None
        last = (last[0] if last else start, end)
    if last is not None:
        yield last


def _is_name(body: str, start: int, end: int) -> bool:
    bare = re.sub(r"['\u2019]s$", "", body[start:end])
    owns = len(bare) < end - start
    word = bare.casefold().replace("\u2019", "'")
    if word in FIRST_NAMES:
        return True
    if word in MONTHS_AND_DAYS:
        return False
    if len(bare) > 1 and bare.isupper():
        # "PLEASE" is loud, not somebody; a name in capitals is found by the list above.
        return False
    if SOUGHT.search(body[:start]):
        return word not in ORDINARY
    if not SENTENCE_START.search(body[:start]):
        return word not in ORDINARY
    acts = owns or bool(ACTS.match(body, end))
    return word not in ORDINARY and not word.endswith("ing") and acts


def _may_be_surname(text: str) -> bool:
    word = text.casefold()
    return not text.isupper() and word not in ORDINARY and word not in MONTHS_AND_DAYS


# A greeting may be typed without capitals: "hi donna,".
SMALL_GREETING = re.compile(
    r"(?:^|[\n:.!]\s*)(?:hi|hello|hey|dear|hola|querid[oa]|estimad[oa]),?\s+"
    rf"(?P<fact>{WORD})(?=\s*[,!.:])",
    re.IGNORECASE,
)
NOBODY = _lexicon("nobody.txt")


def greeted(body: str) -> Iterator[tuple[int, int]]:
    """Who is greeted in small letters."""
    for found in SMALL_GREETING.finditer(body):
        if found["fact"].casefold() not in NOBODY:
            yield found.span("fact")
