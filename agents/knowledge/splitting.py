"""A text cut into pieces that can answer something by themselves, each below its heading."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

# As long as a person reads at a counter, and short enough that one subject fills it.
LONGEST = 900
LONGEST_HEADING = 300
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$")
QUESTION = re.compile(
    r"^(?:\*\*)?(?:Q|Question|Pregunta|P)\s*[:.]\s*(.+?)(?:\*\*)?$", re.IGNORECASE
)
ANSWER = re.compile(r"^(?:A|Answer|Respuesta|R)\s*[:.]\s+", re.IGNORECASE)
BOLD_LINE = re.compile(r"^\*\*(.+?)\*\*:?$")
SENTENCE = re.compile(r"(?<=[.!?])\s+")


@dataclass(frozen=True)
class Piece:
    """One piece of a source: what it is about, and what it says."""

    heading: str
    text: str

    @property
    def whole(self) -> str:
        return f"{self.heading}. {self.text}" if self.heading else self.text


def pieces_of(text: str, title: str = "") -> list[Piece]:
    """Markdown or plain text, cut at its headings and questions, then by length.

    ``title`` stands above what has no heading of its own.
    """
    return [piece for above, below in _sections(text, title) for piece in cut(above, below)]


def cut(heading: str, text: str) -> Iterator[Piece]:
    """One section as pieces of at most LONGEST characters: by paragraph, sentence, then anywhere.

    No word is lost: the pieces' words in order are the text's.
    """
    held = ""
    for part in _parts(text):
        if held and len(held) + len(part) + 1 > LONGEST:
            yield Piece(heading[:LONGEST_HEADING], held)
            held = ""
        held = f"{held}\n{part}" if held else part
    if held:
        yield Piece(heading[:LONGEST_HEADING], held)


def _sections(text: str, title: str) -> Iterator[tuple[str, str]]:
    """(heading, what stands below it), empty ones left out."""
    path: list[tuple[int, str]] = []
    heading, below = title, list[str]()
    for line in text.splitlines():
        found = _heading(line)
        if found is None:
            below.append(ANSWER.sub("", line))
            continue
        yield from _section(heading, below)
        level, said = found
        path = [*(one for one in path if one[0] < level), (level, said)]
        heading, below = " / ".join(words for _, words in path), []
    yield from _section(heading, below)


def _section(heading: str, below: Iterable[str]) -> Iterator[tuple[str, str]]:
    text = "\n".join(below).strip()
    if text:
        yield heading, text


def _heading(line: str) -> tuple[int, str] | None:
    """(level, words) of a line that stands above others; questions are below every heading."""
    line = line.strip()
    if found := HEADING.match(line):
        return line.index(" "), found[1]
    if found := QUESTION.match(line) or BOLD_LINE.match(line):
        return 7, found[1]
    alone = line.endswith("?") and len(line) <= 160 and not SENTENCE.search(line)
    return (7, line) if alone else None


def _parts(text: str) -> Iterator[str]:
    for paragraph in re.split(r"\n\s*\n", text):
        paragraph = paragraph.strip()
        if len(paragraph) <= LONGEST:
            yield from [paragraph] if paragraph else []
            continue
        for sentence in SENTENCE.split(paragraph):
            yield from _short(sentence.strip())


def _short(sentence: str) -> Iterator[str]:
    while len(sentence) > LONGEST:
        at = sentence.rfind(" ", 1, LONGEST)
        at = at if at > 0 else LONGEST
        yield sentence[:at].strip()
        sentence = sentence[at:].strip()
    if sentence:
        yield sentence
