"""What the template writer can do when the desk asks for another draft in its own words.

A few plain wishes are honoured; for anything else the note says honestly that it takes a model.
"""

import re
from dataclasses import dataclass

SHORTER = re.compile(r"\b(?:shorter|short|brief|briefer|less text|m[aá]s corto)\b", re.IGNORECASE)
WARMER = re.compile(
    r"\b(?:warmer|warm|friendlier|friendly|kinder|nicer|m[aá]s amable)\b", re.IGNORECASE
)
ADD = re.compile(
    r"^\s*(?:please\s+)?(?:add|mention|include)\s+(?:that\s+)?(?P<what>.+)$", re.I | re.S
)
SPANISH = re.compile(r"\b(?:in spanish|en espa[nñ]ol)\b", re.IGNORECASE)
ENGLISH = re.compile(r"\b(?:in english|en ingl[eé]s)\b", re.IGNORECASE)
UNDERSTOOD = "The standard text, changed as you asked."
NEEDS_MODEL = (
    "Only a model can follow that. The standard text knows: shorter, warmer, in Spanish, "
    "in English, add ..."
)
CLOSING = {"en": "We look forward to seeing you!", "es": "Nos dará mucho gusto recibirle."}


@dataclass(frozen=True)
class Wish:
    """An instruction as far as the template writer understands it."""

    shorter: bool = False
    warmer: bool = False
    add: str = ""
    language: str = ""

    @property
    def understood(self) -> bool:
        return bool(self.shorter or self.warmer or self.add or self.language)


def wish_of(instruction: str) -> Wish:
    """Read an instruction; an empty Wish when it asks for something else."""
    added = ADD.match(instruction)
    if added:
        what = " ".join(added["what"].split()).strip(" .\"'")
        return Wish(add=f"{what[0].upper()}{what[1:]}." if what else "")
    language = "es" if SPANISH.search(instruction) else ""
    return Wish(
        shorter=bool(SHORTER.search(instruction)),
        warmer=bool(WARMER.search(instruction)),
        language=language or ("en" if ENGLISH.search(instruction) else ""),
    )


def closing(language: str) -> str:
    return CLOSING[language]
