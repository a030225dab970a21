"""What stands for people while a model reads along: CLIENT_A, STAFF_1, NAME_1.

Names that the asker typed are taken out before anything leaves, whoever they belong to; what the
tools find is told under handles. The mapping is kept with the answer and nowhere else, and names
come back by code, for whoever may see them.
"""

import re
from dataclasses import dataclass, field
from string import ascii_uppercase
from typing import Any

from django.db import connection as database

from agents.knowledge.words import SMALL
from agents.pseudonyms import EMAIL, PHONE
from copilot.ask.spoken_days import DAYS, MONTHS
from copilot.ask.spoken_hours import NUMBERS
from integrations.finding import BETWEEN_WORDS
from integrations.folding import fold
from integrations.models import Location

WORDS = re.compile(r"[a-z]+")
# Names that are words as well: alone and in small letters they are taken for the word.
_ALSO = """
art autumn bell best bill black book brown chase client coming curl cut dawn day drew early facial
faith frank free friday glass grace grant green hair hope house jack joy king late left light long
love mark next nail noon park penny price rich rose sage short skin spring stock stone summer wait
wall west white wood young cliente cita libre luz mercedes paz rosa sol
"""
ALSO_WORDS = SMALL | set(DAYS) | set(MONTHS) | set(NUMBERS) | set(WORDS.findall(_ALSO))
TOKEN = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
PLACEHOLDER = re.compile(r"\b(?:CLIENT|STAFF|NAME|PHONE|EMAIL)_[A-Z0-9]+\b")
NAME, CLIENT, STAFF, PHONE_, MAIL = "NAME", "CLIENT", "STAFF", "PHONE", "EMAIL"


@dataclass
class Veil:
    """``real``: placeholder → client's id (CLIENT_…) or the words it stands for."""

    real: dict[str, Any] = field(default_factory=dict)

    def client(self, client_id: int) -> str:
        """The handle of a client: CLIENT_A, CLIENT_B … the same one whenever they come again."""
        return self._named(CLIENT, client_id, _letters)

    def staff(self, name: str) -> str:
        return self._named(STAFF, name, str)

    def said(self, kind: str, words: str) -> str:
        return self._named(kind, words, str)

    def client_of(self, handle: str) -> int | None:
        found = self.real.get(handle.strip())
        return found if isinstance(found, int) else None

    def words_of(self, text: str) -> str:
        """Typed words back in place of their placeholders; a client's handle stays."""
        return PLACEHOLDER.sub(lambda one: self._words(one[0]), text)

    def _words(self, token: str) -> str:
        found = self.real.get(token)
        return found if isinstance(found, str) else token

    def _named(self, kind: str, value: Any, spell: Any) -> str:
        for token, held in self.real.items():
            if held == value and token.startswith(f"{kind}_"):
                return token
        count = sum(token.startswith(f"{kind}_") for token in self.real) + 1
        token = f"{kind}_{spell(count)}"
        self.real[token] = value
        return token


def _letters(count: int) -> str:
    """A, B … Z, AA, AB …"""
    found = ""
    while count:
        count, left = divmod(count - 1, 26)
        found = ascii_uppercase[left] + found
    return found


@dataclass(frozen=True)
class Named:
    """A stretch of a question that is somebody's name (or number)."""

    start: int
    end: int
    words: str


def names_in(text: str, location: Location, staff: frozenset[str] = frozenset()) -> list[Named]:
    """Stretches that are names of clients of this connection, whoever may see them: one query.

    ``staff``: folded words that are names of people who work here; they are no clients' names.
    """
    tokens = [(one.start(), one.end(), one[0]) for one in TOKEN.finditer(text)]
    parts = [[part for part in BETWEEN_WORDS.split(fold(word)) if part] for *_, word in tokens]
    known = _known({part for found in parts for part in found}, location)
    found: list[Named] = []
    run: list[tuple[int, int, str]] = []
    for (start, end, word), folded in zip(tokens, parts, strict=True):
        bare = [part for part in folded if part != "s"]
        if bare and all(part in known for part in bare) and not staff & set(bare):
            run.append((start, end, word))
        else:
            found += _run(run, text)
            run = []
    return [*found, *_run(run, text)]


def _run(run: list[tuple[int, int, str]], text: str) -> list[Named]:
    """A run of known words: taken as a name unless each is a plain word of the language here."""
    while run and not _is_name(run[0], text):
        if len(run) > 1 and not _ordinary(run[1][2]) and run[0][2][0].isupper():
            break
        run = run[1:]
    while run and _ordinary(run[-1][2]) and len(run) == 1 and not _is_name(run[-1], text):
        run = run[:-1]
    if not run:
        return []
    start, end = run[0][0], run[-1][1]
    words = re.sub(r"['\u2019]s$", "", text[start:end])
    return [Named(start, start + len(words), words)]


def _is_name(token: tuple[int, int, str], text: str) -> bool:
    """An ordinary word is a name only where it is written like one, inside a sentence."""
    start, _, word = token
    if not _ordinary(word):
        return len(word) > 1
    begins = not re.search(r"\w[^.?!¿¡]*$", text[:start])
    return word[:1].isupper() and not begins


def _ordinary(word: str) -> bool:
    return fold(word) in ALSO_WORDS


def _known(words: set[str], location: Location) -> set[str]:
    if not words:
        return set()
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT w FROM unnest(%s::text[]) w WHERE EXISTS (SELECT 1 FROM integrations_clientword"
            ' c WHERE c.connection_id = %s AND c.word = w COLLATE "C")',
            [sorted(words)[:60], location.connection_id],
        )
        return {row[0] for row in cursor.fetchall()}


def hidden(text: str, veil: Veil, location: Location, staff: dict[int, str]) -> str:
    """The question as a model may read it."""
    text = PLACEHOLDER.sub(lambda one: one[0].replace("_", " "), text)
    words = frozenset(part for name in staff.values() for part in fold(name).split())
    for one in reversed(names_in(text, location, words)):
        text = text[: one.start] + veil.said(NAME, one.words) + text[one.end :]
    text = EMAIL.sub(lambda one: veil.said(MAIL, one[0]), text)
    text = PHONE.sub(lambda one: veil.said(PHONE_, one[0]) if _long(one[0]) else one[0], text)
    for name in sorted(staff.values(), key=len, reverse=True):
        for spelled in dict.fromkeys((name, name.split(" ")[0])):
            pattern = re.compile(rf"(?<!\w){re.escape(spelled)}(?!\w)", re.IGNORECASE)
            if spelled and pattern.search(text):
                text = pattern.sub(veil.staff(spelled), text)
    return text


def _long(number: str) -> bool:
    return len(re.sub(r"\D", "", number)) >= 7
