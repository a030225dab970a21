"""Hours of the day and lengths in plain words, English and Spanish. Pure: text in, minutes out.

Each reader takes what it understood out of the text, so that the 90 of "90 minutes" is not read
as an hour afterwards. Texts come in folded (no accents, no case).
"""

import re
from dataclasses import dataclass, replace

NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "couple of": 2, "few": 3,
    "una": 1, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "siete": 7, "ocho": 8,
    "nueve": 9, "diez": 10, "once": 11, "doce": 12, "un par de": 2,
}  # fmt: skip
_NUMBER = "|".join(sorted(map(re.escape, NUMBERS), key=len, reverse=True))
# A length that stands alone ("a 90", "90 with Sarah"): what salons book.
LENGTHS = "30|45|50|60|75|80|90|105|120|150|180"
NOON, EVENING = 12 * 60, 17 * 60


@dataclass(frozen=True)
class Hours:
    """Minutes of the day. ``at``: begins then, or as near as it gets; ``within``: minutes from now
    on. None where nothing was said."""

    after: int | None = None
    before: int | None = None
    at: int | None = None
    within: int | None = None


@dataclass
class Text:
    """What is left to be read; ``take`` gives the match and blanks it out."""

    left: str

    def take(self, pattern: str) -> re.Match[str] | None:
        found = re.search(pattern, self.left)
        if found is not None:
            self.left = f"{self.left[: found.start()]} ~ {self.left[found.end() :]}"
        return found


def length_read(text: Text) -> int | None:
    """How long it shall take, in minutes."""
    halves = (
        (r"\b(?:an |one |1 )?hour and a half\b|\b(?:una )?hora y media\b", 90),
        (r"\b(?:half an hour|half hour|media hora)\b", 30),
    )
    for pattern, minutes in halves:
        if text.take(pattern):
            return minutes
    found = text.take(rf"\b(\d{{1,3}}|{_NUMBER})[ -]?(?:minutes?|minutos?|mins?)\b")
    if found:
        return round(number_of(found[1])) or None
    found = text.take(
        rf"(?<!next )(?<!proximas )(?<!in )\b(\d(?:[.,]\d)?|{_NUMBER}|an)"
        r"[ -]?(?:hours?|hrs?|horas?|h)\b( (?:and a half|y media))?"
    )
    if found:
        said = 1.0 if found[1] == "an" else number_of(found[1])
        return round(said * 60) + (30 if found[2] else 0) or None
    alone = rf"(?:\b(?:for|a|an|un|una|de)\s+|^\s*|~\s*)({LENGTHS})\b(?!\s*(?:am|pm|:|/|\.m))"
    found = text.take(alone)
    return int(found[1]) if found else None


def number_of(words: str) -> float:
    """A number in figures ("1.5", "1,5") or in words."""
    return NUMBERS[words] if words in NUMBERS else float(words.replace(",", "."))


_HALF_DAY = (
    r"(?:\s*(am|pm|a\.m\.?|p\.m\.?|in the morning|in the afternoon|in the evening|at night"
    r"|de la manana|de la tarde|de la noche))?"
)
_TAIL = r"(?:[:.h](\d{2})|\s+(thirty|fifteen|forty five|y media|y cuarto|menos cuarto))?"
_LEAD = r"(half past|quarter past|quarter to)?\s*"
CLOCK = (
    rf"{_LEAD}\b(\d{{1,2}}(?!\d)|(?:{_NUMBER}|noon|midday|mediodia|midnight|medianoche)\b)"
    rf"{_TAIL}(?:\s*o'?clock)?{_HALF_DAY}"
)
NAMED = {"noon": NOON, "midday": NOON, "mediodia": NOON, "midnight": 0, "medianoche": 0}
SAID_MINUTES = {
    "thirty": 30, "fifteen": 15, "forty five": 45, "y media": 30, "y cuarto": 15,
    "menos cuarto": -15, "half past": 30, "quarter past": 15, "quarter to": -15,
}  # fmt: skip


def clock_of(parts: tuple[str | None, ...]) -> int | None:
    """Minutes of the day from the groups of CLOCK; None for what is no hour.

    Without a half of the day an hour is one at which a salon is open: 1 to 7 are afternoon.
    """
    lead, hour, minutes, tail, half = parts
    if hour in NAMED:
        return NAMED[hour or ""]
    said = NUMBERS.get(hour or "", 0) or int(hour or 0)
    extra = int(minutes or 0) + SAID_MINUTES.get(tail or "", 0) + SAID_MINUTES.get(lead or "", 0)
    if said > 23 or not -15 <= extra <= 59:
        return None
    if half:
        is_late = half[0] == "p" or half.endswith(
            ("afternoon", "evening", "night", "tarde", "noche")
        )
        said = said % 12 + (12 if is_late else 0)
    elif 1 <= said <= 7:
        said += 12
    return said * 60 + extra


def hours_read(text: Text) -> Hours:
    """Which hours of a day are meant."""
    within = _within(text)
    if within is not None:
        return Hours(within=within)
    found = text.take(
        rf"\b(?:between|entre|from|de|desde)\s+(?:las?\s+)?{CLOCK}\s*(?:-|\u2013|and|to|till|until|y|a|hasta)"
        rf"\s*(?:las?\s+)?{CLOCK}"
    ) or text.take(
        rf"(?<![\d/-]){CLOCK}\s*(?:[-\u2013]|to|till|until|hasta(?: las)?)\s*{CLOCK}(?![\d/-])"
    )
    if found:
        return _between(found.groups())
    return _one_sided(text)


def _within(text: Text) -> int | None:
    found = text.take(
        rf"\b(?:in |within |en )?(?:the |la |las )?(?:next|proxima|proximas|siguiente)\s+"
        rf"(?:(\d{{1,2}}|{_NUMBER})\s+)?(hours?|horas?|minutes?|minutos?)\b"
    )
    if found:
        count = NUMBERS.get(found[1] or "", 0) or int(found[1] or 1)
        return count * (60 if found[2].startswith("h") else 1)
    now = r"\b(?:right now|ahora mismo|ahorita|ahora|now|straight away|walk ?-?in)\b"
    return 60 if text.take(now) else None


def _between(groups: tuple[str | None, ...]) -> Hours:
    first, last = groups[:5], groups[5:]
    if not first[4] and last[4]:
        # "2 to 4 pm": the half of the day said once holds for both, unless that turns them round.
        both = clock_of((*first[:4], last[4]))
        end = clock_of(last)
        if both is not None and end is not None and both < end:
            return Hours(after=both, before=end)
    return Hours(after=clock_of(first), before=clock_of(last))


AFTER = (
    r"\b(?:not before|no earlier than|any ?time after|after|past|from|since|starting at"
    r"|a partir de(?: las?)?|despues de(?: las?)?|desde(?: las?)?|pasadas las"
    r"|no antes de(?: las?)?)\s+"
)
BEFORE = (
    r"\b(?:no later than|not after|before|until|till|by|done by"
    r"|antes de(?: las?)?|hasta(?: las?)?)\s+"
)
AT = r"\b(?:(?:at|around|about|approx|a las?|sobre las?|hacia las?)\s+)"


def _one_sided(text: Text) -> Hours:
    hours = Hours()
    # "Before" first: "not before" belongs to the other side and stands in its own pattern.
    found = text.take(AFTER + CLOCK)
    if found:
        hours = replace(hours, after=clock_of(found.groups()))
    found = text.take(BEFORE + CLOCK)
    if found:
        hours = replace(hours, before=clock_of(found.groups()))
    if hours == Hours():
        found = (
            text.take(AT + CLOCK)
            or text.take(
                r"(?<![\d/.-])()(\d{1,2})(?:[:.](\d{2}))?()\s*(am|pm|a\.m\.?|p\.m\.?)(?!\w)"
            )
            or text.take(r"(?<![\d/.-])()(\d{1,2}):(\d{2})()()(?![\d/])")
        )
        if found:
            hours = replace(hours, at=clock_of(tuple(one or None for one in found.groups())))
    return _part_of_day(text, hours)


PARTS: tuple[tuple[str, int | None, int | None], ...] = (
    (r"\b(?:first thing|early morning|a primera hora)\b", None, 10 * 60 + 30),
    (r"\b(?:after lunch|despues de (?:comer|almorzar))\b", 13 * 60, None),
    (r"\b(?:before lunch|antes de (?:comer|almorzar))\b", None, NOON),
    (r"\b(?:lunch ?time|lunch(?: break)?|at midday|la hora de comer|al mediodia)\b", NOON, 14 * 60),
    (r"\b(?:after work|despues del trabajo)\b", EVENING, None),
    (r"\b(?:in the |this |por la |en la |de la )(?:morning|manana)\b", None, NOON),
    (r"\bmornings?\b", None, NOON),
    (r"\b(?:tonight|evenings?|esta noche|por la noche|en la noche|noche)\b", EVENING, None),
    (r"\b(?:late afternoon|a ultima hora)\b", 15 * 60 + 30, None),
    (r"\b(?:afternoons?)\b", NOON, EVENING),
    (r"\b(?:tardes?)\b", NOON, 20 * 60),
    (r"\bearly\b|\btemprano\b", None, 10 * 60 + 30),
    (r"\blate\b|\btarde\b", 16 * 60, None),
)


def _part_of_day(text: Text, hours: Hours) -> Hours:
    """The morning, the evening: they bound what no clock bounded."""
    for pattern, after, before in PARTS:
        if text.take(pattern):
            if hours.at is not None:
                return hours
            if hours.after is None and (hours.before is None or (after or 0) < hours.before):
                hours = replace(hours, after=after)
            if hours.before is None and (hours.after is None or (before or 0) > hours.after):
                hours = replace(hours, before=before)
            return hours
    return hours
