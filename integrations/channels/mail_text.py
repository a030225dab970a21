"""The words of an e-mail without what it quotes, and HTML read as plain text."""

import re
from html.parser import HTMLParser

# "On Tue, 3 Nov 2026 at 10:12, Rose Spa <desk@…> wrote:" in the languages of our clients' phones;
# mail programs wrap it over two lines.
WROTE = re.compile(
    r"^(?:On|El|Le|Am|Il|Op|Em)\b[^\n]{3,200}(?:\n[^\n]{0,200})?"
    r"\b(?:wrote|escribió|a écrit|schrieb|ha scritto|schreef|escreveu)\b[^\n]{0,80}:[ \t]*$",
    re.M,
)
ORIGINAL = re.compile(
    r"^[ \t]*-{2,}[ \t]*(?:Original Message|Mensaje original|Forwarded message)[ \t]*-{2,}", re.M
)
# Outlook's block: a line "From: …" and a line "Sent: …" or "Date: …" right below it.
BLOCK = re.compile(
    r"^(?:_{10,}\n+)?(?:From|De):[^\n]+\n(?:[^\n]*\n)?(?:Sent|Date|Enviado|Fecha):", re.M
)
SIGNATURE = re.compile(r"^-- ?$", re.M)
LONGEST_PAGE = 1_000_000
SKIPPED = {"head", "script", "style", "title"}
BREAKS = {"br", "p", "div", "tr", "li", "h1", "h2", "h3", "h4", "blockquote", "table"}


def without_quote(text: str) -> tuple[str, str]:
    """(what is new, what it quotes). Where nothing new is left, the whole text is new.

    An answer written below or between the quoted lines is kept: then only lines with ``>`` go.
    """
    places = [found.start() for rule in (WROTE, ORIGINAL, BLOCK) if (found := rule.search(text))]
    place = min(places, default=len(text))
    top, rest = text[:place], text[place:]
    new = _unquoted(top)
    if not new.strip():
        below = _unquoted(_after_first_line(rest))
        return (
            (below.strip(), text.strip()) if below.strip() and ">" in rest else (text.strip(), "")
        )
    quoted = "\n".join(line for line in top.split("\n") if line.startswith(">"))
    return _without_signature(new).strip(), (quoted + rest).strip()


def from_html(page: str) -> str:
    reader = _Reader()
    reader.feed(page[:LONGEST_PAGE])
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.pieces).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _unquoted(text: str) -> str:
    return "\n".join(line for line in text.split("\n") if not line.startswith(">"))


def _after_first_line(text: str) -> str:
    found = WROTE.match(text)
    return text[found.end() :] if found else ""


def _without_signature(text: str) -> str:
    found = SIGNATURE.search(text)
    kept = text[: found.start()] if found else text
    return kept if kept.strip() else text


class _Reader(HTMLParser):
    """Text of a page; quoted blocks get their ``>`` so that they are cut like plain ones."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.hidden = 0
        self.quoted = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # A page whose head is never closed would else be empty.
        self.hidden = 0 if tag == "body" else self.hidden + (tag in SKIPPED)
        self.quoted += tag == "blockquote"
        if tag in BREAKS:
            self._new_line()

    def handle_endtag(self, tag: str) -> None:
        self.hidden = max(0, self.hidden - (tag in SKIPPED))
        self.quoted = max(0, self.quoted - (tag == "blockquote"))
        if tag in BREAKS - {"br"}:
            self._new_line()

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.pieces.append(" ".join(data.split("\n")))

    def _new_line(self) -> None:
        self.pieces.append("\n> " if self.quoted else "\n")
