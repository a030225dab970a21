"""A wish for a time in plain words: "90 minutes with Sarah or Kim, Thursday after four".

Pure: what was typed, what today is, and the salon's own names; no database, no model. What is not
understood is left out and not guessed, and ``said`` tells how the wish was read, so that a
receptionist sees at once what was looked for.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from agents.knowledge.words import SMALL, WORD, words_of
from copilot.ask.spoken_days import Days, days_read
from copilot.ask.spoken_hours import Hours, Text, hours_read, length_read
from integrations.folding import fold

LONGEST = 200
ASKS_FOR_TIME = re.compile(
    r"\b(?:free|available|availability|opening|openings|slot|slots|space|room for"
    r"|fit (?:in|me|her|him|them)|squeeze|book|libres?|disponib\w*|hueco|huecos|turno|espacio|cupo"
    r"|when (?:can|could|is|does)|cuando (?:puede|esta|hay|tiene)|any ?time|earliest|soonest)\b"
)

# What one says around a wish for a time, besides.
COMING_IN = frozenset(
    WORD.findall(
        "come coming get getting go going see seen visit visits appointment appointments time "
        "times day soon next first someone somebody anyone anybody something nothing today here "
        "there whats whos whens hows id else stylist stylists therapist therapists chair chairs "
        "room rooms spot spots gap gaps guys girls last minute cancellation cancellations client "
        "clients new slot left days month months week weeks sooner mom mother friend "
        "venir ir cita citas alguien algo nada hoy dia hora horas estilista estilistas alguna"
    )
)


@dataclass(frozen=True)
class Offered:
    """A service as wishes know it."""

    name: str
    minutes: int | None = None


@dataclass(frozen=True)
class Names:
    """The salon's own names by their ids."""

    staff: Mapping[int, str] = field(default_factory=dict)
    services: Mapping[int, Offered] = field(default_factory=dict)


@dataclass(frozen=True)
class Wish:
    """``minutes``: how long (None: as long as the service takes). ``staff``: any of these (empty:
    anybody who can). ``services``: those that may be meant, the likeliest first."""

    days: Days
    hours: Hours = field(default_factory=Hours)
    minutes: int | None = None
    staff: tuple[int, ...] = ()
    services: tuple[int, ...] = ()

    @property
    def is_bare(self) -> bool:
        """Whether nobody and nothing was named, and no time: "anything free?"."""
        named = self.staff or self.services or self.minutes is not None
        return not (named or self.days.said or self.hours != Hours())

    @property
    def is_one(self) -> bool:
        """Whether enough was said that it must be about time."""
        timed = self.hours != Hours() or self.days.said
        return self.minutes is not None or (timed and bool(self.staff or self.services))


def wish_read(text: str, today: date, names: Names) -> Wish:
    """Read a wish; the next two weeks, anybody, any length where nothing was said."""
    left = Text(_clean(text))
    services = _services(left, names.services)
    without, staff = _staff(left, names.staff)
    days = _iso_first(left, today)
    minutes = length_read(left)
    hours = hours_read(left)
    days = days or days_read(left, today)
    if hours.within is not None:
        days = Days(today, today)
    chosen = tuple(one for one in staff if one not in without)
    if without and not chosen:
        chosen = tuple(one for one in names.staff if one not in without)
    if len(services) > 1 and minutes is not None:
        fitting = tuple(one for one in services if names.services[one].minutes == minutes)
        services = fitting or services
    return Wish(days=days, hours=hours, minutes=minutes, staff=chosen, services=services)


def asks_for_time(text: str) -> bool:
    return ASKS_FOR_TIME.search(_clean(text)) is not None


def beside_time(text: str) -> str:
    """What a question is about when the words that ask for a time are taken out; '' for nothing:
    "is parking free" is about parking, "when can I come in" about nothing else."""
    left = WORD.findall(ASKS_FOR_TIME.sub(" ", _clean(text)).replace("'", ""))
    return " ".join(word for word in left if word not in SMALL | COMING_IN and len(word) > 1)


def _clean(text: str) -> str:
    folded = fold(text.replace("\u2019", "'")[:LONGEST])
    return " ".join(re.sub(r"[,;!?¿¡()\"]", " ", folded).split())


def _iso_first(left: Text, today: date) -> Days | None:
    """A date with figures, before its figures can be taken for an hour or a length."""
    found = days_read(left, today)
    return found if found.said else None


def _services(left: Text, services: Mapping[int, Offered]) -> tuple[int, ...]:
    """Those with the most of their own words in the text, as a share of the name; then shorter."""
    said = set(words_of(left.left)) - SMALL
    scored = []
    for key, one in services.items():
        words = [word for word in words_of(one.name) if not word.isdigit() and word != "minut"]
        hits = [word for word in words if word in said]
        if hits and max(map(len, hits)) > 2:
            scored.append((-len(set(hits)), len(words) - len(set(hits)), key))
    if not scored:
        return ()
    best = min(scored)[:1]
    close = sorted(one for one in scored if one[:1] == best)
    # Named as a whole, it is that one; else all that share as many words may be meant.
    whole = [key for _, missing, key in close if missing == 0]
    found = tuple(whole or [key for *_, key in close])
    for key in found:
        _blank(left, services[key].name)
    return found


def _blank(left: Text, name: str) -> None:
    """A service's own figures ("Facial 60") are no hour; its words are no day."""
    left.take(rf"(?<!\w){re.escape(_clean(name))}(?!\w)")


def _staff(left: Text, staff: Mapping[int, str]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """(left out, wanted): by full name, else by any part of the name."""
    without: list[int] = []
    wanted: list[int] = []
    whole = {key: _clean(name) for key, name in staff.items()}
    for key in sorted(whole, key=lambda one: -len(whole[one])):
        _take_name(left, whole[key], [key], without, wanted)
    parts: dict[str, list[int]] = {}
    for key, name in whole.items():
        for part in name.split():
            if len(part) > 1:
                parts.setdefault(part, []).append(key)
    for part, keys in parts.items():
        _take_name(left, part, keys, without, wanted)
    return tuple(without), tuple(key for key in staff if key in wanted)


NOT = (
    r"(?P<no>(?:not|without|anyone but|anybody but|except|but not|no|menos|sin|excepto)\s+"
    r"(?:with\s+|con\s+)?)?"
)


def _take_name(
    left: Text, name: str, keys: list[int], without: list[int], wanted: list[int]
) -> None:
    if not name:
        return
    while found := left.take(rf"{NOT}(?<!\w){re.escape(name)}(?:'s)?(?!\w)"):
        (without if found["no"] else wanted).extend(keys)
