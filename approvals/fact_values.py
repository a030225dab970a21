"""What a written fact means, so that "2:30 pm", "14:30" and "half past two" are one fact."""

import re
import unicodedata
from decimal import Decimal, InvalidOperation
from typing import Any

from approvals.fact_numbers import day_of, digits_of, number_of
from approvals.fact_patterns import SIGNS

Meaning = frozenset[Any]
NOTHING: Meaning = frozenset()
ANY_YEAR = 0

MONTH_NUMBERS: dict[str, int] = {
    name[:3]: number
    for number, names in enumerate(
        (
            ("jan", "ene"), ("feb",), ("mar",), ("apr", "abr"), ("may",), ("jun",), ("jul",),
            ("aug", "ago"), ("sep", "set"), ("oct",), ("nov",), ("dec", "dic"),
        ),
        start=1,
    )
    for name in names
}  # fmt: skip
WEEKDAY_NUMBERS: dict[str, int] = {
    name: number
    for number, names in enumerate(
        (
            ("mon", "lun"), ("tue", "mar"), ("wed", "mie"), ("thu", "jue"), ("fri", "vie"),
            ("sat", "sab"), ("sun", "dom"),
        )
    )
    for name in names
}  # fmt: skip
NOON, DAY = 720, 1440


def meanings(kind: str, text: str) -> Meaning:
    """Everything ``text`` may mean as a fact of ``kind``; empty when it says nothing we know."""
    reader = READERS.get(kind)
    return reader(_fold(text)) if reader else frozenset({_fold(text)})


def agree(kind: str, stated: Meaning, known: Meaning) -> bool:
    """Whether a stated fact is one of the known; a date without a year agrees with any year's."""
    if stated & known:
        return True
    if kind == "phone":
        return any(
            str(one)[-7:] == one and str(two).endswith(one) for one in stated for two in known
        )
    if kind not in {"date", "weekday"}:
        return False
    return any(_same_day(one, two) for one in stated for two in known)


def with_years(meant: Meaning) -> Meaning:
    """Where the records know the year of a day, the same day of another year is another fact."""
    dated = {one[1:] for one in meant if _is_day(one) and one[0] != ANY_YEAR}
    return frozenset(
        one for one in meant if not (_is_day(one) and one[0] == ANY_YEAR and one[1:] in dated)
    )


def _is_day(one: Any) -> bool:
    return isinstance(one, tuple) and len(one) == 3


def _same_day(one: Any, two: Any) -> bool:
    if not (_is_day(one) and _is_day(two)):
        return False
    years = {one[0], two[0]} - {ANY_YEAR}
    months = {one[1], two[1]} - {0}
    return one[2] == two[2] and len(years) <= 1 and len(months) <= 1


def _fold(text: str) -> str:
    flat = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(char for char in flat if not unicodedata.combining(char))
    return " ".join(kept.replace("\u2019", "'").split())


def _number(word: str) -> int | None:
    return number_of(word) if word.strip(" -") else None


def _times(text: str) -> Meaning:
    """Minutes after midnight; without am or pm both halves of the day for hours up to twelve."""
    whole = {"noon": NOON, "midday": NOON, "mediodia": NOON, "midnight": 0, "medianoche": 0}
    if text in whole:
        return frozenset({whole[text]})
    zoned = ZONE_SAID.search(text)
    half, rest = _half_of_day(text[: zoned.start()] if zoned else text)
    clock = _clock(rest)
    if clock is None:
        return NOTHING
    hour, minute = clock
    if not (0 <= hour <= 24 and 0 <= minute < 60):
        return NOTHING
    meant = _minutes(hour, minute, half)
    if zoned:
        return frozenset((at, _zone(zoned.group(1))) for at in meant)
    return frozenset(meant)


ZONE_SAID = re.compile(
    r"\s?\b([ecmp][sd]?t|(?:eastern|central|mountain|pacific)(?: time)?|gmt|utc|ces?t|your time|"
    r"hora local|su hora)$"
)


def _zone(said: str) -> str:
    """One name for a zone: PT, PDT and Pacific are one."""
    if said in {"your time", "hora local", "su hora"}:
        return "yours"
    if said in {"gmt", "utc"}:
        return "utc"
    return "europe" if said.startswith("ce") and said.endswith("t") and len(said) > 2 else said[0]


def _half_of_day(text: str) -> tuple[str, str]:
    marks = (
        (r"a\.? ?m\.?$|de la manana$|in the morning$", "am"),
        (
            r"p\.? ?m\.?$|de la (?:tarde|noche)$|in the (?:afternoon|evening)$|at night$",
            "pm",
        ),
        (r"(?<=\d)a$", "am"),
        (r"(?<=\d)p$", "pm"),
    )
    for pattern, half in marks:
        found = re.search(r"(?:(?<=[\d\s])|\b)(?:" + pattern + ")", text)
        if found:
            return half, text[: found.start()].strip()
    return "", text


def _clock(text: str) -> tuple[int, int] | None:
    """(hour, minute) as written; minutes "to" the hour count back."""
    text = re.sub(r"^(?:a las|a la|las|la|at|a) ", "", text)
    text = re.sub(r"\s?(?:o'?clock|en punto)$", "", text)
    text = re.sub(r"(?<=\d)\s?(?:h|hrs|hours|horas|uhr)$", "h", text)
    digits = re.fullmatch(r"(\d{1,2})[:.h](\d{2})h?", text) or re.fullmatch(
        r"(\d{2})(\d{2})h", text
    )
    if digits:
        return int(digits[1]), int(digits[2])
    if not re.search(r"[ -]", text) and (alone := _number(text)) is not None:
        return alone, 0
    worded = re.fullmatch(r"(half|quarter|[\w -]+?) (past|after|to|of) ([\w]+)", text)
    if worded:
        return _around(worded[3], worded[1], -1 if worded[2] in {"to", "of"} else 1)
    spanish = re.fullmatch(r"(\w+) (y|menos) ([\w ]+)", text)
    if spanish:
        return _around(spanish[1], spanish[3], -1 if spanish[2] == "menos" else 1)
    two = re.fullmatch(r"(\w+)[ -]([\w -]+)", text)
    return _around(two[1], two[2], 1) if two else None


def _around(hour_word: str, minute_word: str, sign: int) -> tuple[int, int] | None:
    named = {"half": 30, "media": 30, "quarter": 15, "cuarto": 15}
    hour, minute = _number(hour_word), named.get(minute_word) or _number(minute_word)
    if hour is None or minute is None:
        return None
    if sign > 0:
        return hour, minute
    return (hour - 1 if hour > 1 else 12), 60 - minute


def _minutes(hour: int, minute: int, half: str) -> set[int]:
    if half:
        return {(hour % 12 + (12 if half == "pm" else 0)) * 60 + minute}
    if hour == 0 or hour > 12:
        return {(hour * 60 + minute) % DAY}
    return {(hour % 12) * 60 + minute, (hour % 12 + 12) * 60 + minute}


def _dates(text: str) -> Meaning:
    """(year or 0, month or 0, day); a numeric date may be read both ways round."""
    text = re.sub(r"^(?:on the|the|el dia|el) ", "", text)
    iso = re.search(r"(\d{4})-(\d{2})-(\d{2})", text)
    if iso:
        return frozenset({(int(iso[1]), int(iso[2]), int(iso[3]))})
    slashed = re.search(r"(\d{1,2})[/.-](\d{1,2})(?:[/.-](\d{2,4}))?", text)
    if slashed:
        one, two, year = int(slashed[1]), int(slashed[2]), _year(slashed[3])
        return frozenset((year, m, d) for m, d in ((one, two), (two, one)) if m <= 12)
    return _worded_date(text)


def _worded_date(text: str) -> Meaning:
    month = next(
        (
            MONTH_NUMBERS[word[:3]]
            for word in re.findall(r"[a-z]{3,}", text)
            if word[:3] in MONTH_NUMBERS and word not in {"martes", "mart"}
        ),
        0,
    )
    day = re.search(r"(?<!\d)(\d{1,2})(?:st|nd|rd|th|o|°)?(?!\d)", text)
    number = int(day[1]) if day else _spoken_day(text)
    if number is None:
        weekday = _weekdays(text)
        return weekday or (frozenset({text}) if text else NOTHING)
    year = re.search(r"\d{4}", text)
    return frozenset({(int(year.group()) if year else ANY_YEAR, month, number)})


def _spoken_day(text: str) -> int | None:
    """The day in "june nineteenth" or "diecinueve de junio"."""
    bare = re.sub(r"^(?:on|for|until|till|to|by|move|calendar:) |\bthe\b", " ", text)
    spanish = re.match(r"\s*([\w ]+?) (?:of|de) ", bare)
    if spanish:
        return day_of(spanish[1]) or number_of(spanish[1])
    words = bare.replace("-", " ").split()
    for start in range(len(words)):
        day = day_of(" ".join(words[start:]))
        if day is not None:
            return day
    return None


def _year(text: str | None) -> int:
    if not text:
        return ANY_YEAR
    return int(text) + (2000 if len(text) == 2 else 0)


def _weekdays(text: str) -> Meaning:
    for word in re.findall(r"[a-z]+", text):
        number = WEEKDAY_NUMBERS.get(word[:3])
        if number is not None and re.match(WEEKDAY_WORDS, word):
            return frozenset({("weekday", number)})
    return frozenset({text}) if text else NOTHING


WEEKDAY_WORDS = (
    r"(?:mon|tue|wed|thu|fri|sat|sun)(?:s|rs|day|sday|nesday|rsday|urday|days|sdays)?$|"
    r"(?:lunes|martes|miercoles|jueves|viernes|sabados?|domingos?)$"
)


def _prices(text: str) -> Meaning:
    share = re.fullmatch(r"(.+?)\s?(?:%|per ?cent|por ?ciento)", text)
    if share:
        return frozenset({f"{number_of(share[1])}%"})
    found = re.search(r"\d[\d.,]*", text)
    if found is None:
        return _spoken_price(text)
    digits = found.group().rstrip(".,")
    if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", digits):
        digits = digits.replace(",", "")
    # 120 rupees are not the 120 dollars of the record; only the same sign says the same.
    sign = re.search(rf"[{SIGNS}]", text)
    if sign and sign.group() not in "$€£":
        return frozenset({f"{sign.group()}{digits}"})
    try:
        return frozenset({Decimal(digits.replace(",", ".")).normalize()})
    except InvalidOperation:
        return NOTHING


def _spoken_price(text: str) -> Meaning:
    unit = r"\s?(?:usd|eur|(?:us )?dollars?|bucks|dolares|euros?|pesos|quid|pounds?|libras)$"
    number = number_of(re.sub(unit, "", text))
    return NOTHING if number is None else frozenset({Decimal(number).normalize()})


FRACTIONS: dict[str, int] = {
    "an hour and a half": 90, "a full hour and a half": 90, "one and a half hours": 90,
    "a half hour": 30, "a half-hour": 30, "a full hour": 60, "one full hour": 60,
    "hora y media": 90, "una hora y media": 90, "half an hour": 30,
    "media hora": 30, "quarter of an hour": 15, "three quarters of an hour": 45,
    "tres cuartos de hora": 45, "un cuarto de hora": 15,
}  # fmt: skip
UNITS = (
    (r"^(?:h|hr|hrs|hour|hours|hora|horas)$", 60),
    (r"^(?:m|min|mins|minute|minutes|minuto|minutos)$", 1),
    (r"^(?:day|days|dia|dias)$", DAY),
    (r"^(?:week|weeks|semana|semanas)$", 7 * DAY),
    (r"^(?:month|months|mes|meses)$", 30 * DAY),
    (r"^(?:year|years|ano|anos)$", 365 * DAY),
)


def _durations(text: str) -> Meaning:
    """Minutes."""
    if text in FRACTIONS:
        return frozenset({FRACTIONS[text]})
    both = re.fullmatch(r"(\d+) ?(?:h|hrs?|hours?|horas?) ?(?:and |y )?(\d{1,2}) ?[a-z]*", text)
    if both:
        return frozenset({int(both[1]) * 60 + int(both[2])})
    two = re.fullmatch(r"(.+?)[ -]?(?:hours?|horas?|hrs?|h) (?:and |y )?(.+?)[ -][a-z]+", text)
    if two and (hours := number_of(two[1])) is not None:
        minutes = number_of(two[2])
        return NOTHING if minutes is None else frozenset({hours * 60 + minutes})
    half = re.search(r" (?:and a half|y media)$", text)
    one = re.fullmatch(r"(.+?)[ -]?([a-z]+)", text[: half.start()] if half else text)
    if one is None:
        return NOTHING
    unit = next((size for pattern, size in UNITS if re.match(pattern, one[2])), None)
    amount = _amount(one[1])
    if unit is None or amount is None:
        return NOTHING
    return frozenset({int(amount * unit) + (unit // 2 if half else 0)})


def _amount(text: str) -> float | None:
    text = text.strip(" -")
    if re.fullmatch(r"\d+(?:[.,]\d+)?", text):
        return float(text.replace(",", "."))
    return _number(text)


def _phones(text: str) -> Meaning:
    """The last ten digits: with or without the country's code it is the same telephone."""
    digits = digits_of(text) if re.search(r"[a-z]", text) else re.sub(r"\D", "", text)
    return frozenset({digits[-10:]}) if len(digits) >= 7 else NOTHING


def _links(text: str) -> Meaning:
    """Host and path; the scheme, a leading www and a last slash say nothing."""
    bare = re.sub(r"^h\w\wps?\s?:\s?/\s?/\s?", "", text).removeprefix("www.").rstrip("/")
    return frozenset({bare})


READERS = {
    "time": _times,
    "date": _dates,
    "weekday": _weekdays,
    "price": _prices,
    "duration": _durations,
    "phone": _phones,
    "link": _links,
}
