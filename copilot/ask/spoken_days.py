"""Days in plain words, English and Spanish, as seen from today. Pure: text in, dates out."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from copilot.ask.spoken_hours import NUMBERS, Text

DAYS = {
    "monday": 0, "mon": 0, "lunes": 0, "tuesday": 1, "tues": 1, "tue": 1, "martes": 1,
    "wednesday": 2, "weds": 2, "wed": 2, "miercoles": 2, "thursday": 3, "thurs": 3, "thur": 3,
    "thu": 3, "jueves": 3, "friday": 4, "fri": 4, "viernes": 4, "saturday": 5, "sat": 5,
    "sabado": 5, "sunday": 6, "sun": 6, "domingo": 6,
}  # fmt: skip
MONTHS = {
    "january": 1, "jan": 1, "enero": 1, "february": 2, "feb": 2, "febrero": 2, "march": 3,
    "mar": 3, "marzo": 3, "april": 4, "apr": 4, "abril": 4, "may": 5, "mayo": 5, "june": 6,
    "jun": 6, "junio": 6, "july": 7, "jul": 7, "julio": 7, "august": 8, "aug": 8, "agosto": 8,
    "september": 9, "sept": 9, "sep": 9, "septiembre": 9, "october": 10, "oct": 10, "octubre": 10,
    "november": 11, "nov": 11, "noviembre": 11, "december": 12, "dec": 12, "diciembre": 12,
}  # fmt: skip
_DAY = "|".join(sorted(DAYS, key=len, reverse=True))
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_COUNT = "|".join(sorted(map(re.escape, NUMBERS), key=len, reverse=True))
# How far ahead is looked where no day was said, and at most.
USUAL, MOST = 14, 28
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Days:
    """From ``first`` to ``last``, both meant; of these only ``weekdays`` and ``only`` (empty:
    every one). ``said``: whether any day was said at all."""

    first: date
    last: date
    weekdays: frozenset[int] = frozenset()
    said: bool = True
    only: frozenset[date] = frozenset()

    def __contains__(self, day: date) -> bool:
        inside = self.first <= day <= self.last and (not self.only or day in self.only)
        return inside and (not self.weekdays or day.weekday() in self.weekdays)


def days_read(text: Text, today: date) -> Days:
    """Which days are meant; the next two weeks where none was said. Never before today."""
    for read in (_two_dates, _week_from, _near, _week_words, _weekdays, _ahead):
        found = read(text, today)
        if found is not None:
            return _bounded(found, today)
    return Days(today, today + timedelta(days=USUAL - 1), said=False)


def _bounded(days: Days, today: date) -> Days:
    first = max(days.first, today)
    last = max(min(days.last, first + timedelta(days=MOST - 1)), first)
    return Days(first, last, days.weekdays, only=days.only)


def _one(day: date) -> Days:
    return Days(day, day)


def _near(text: Text, today: date) -> Days | None:
    if text.take(r"\b(?:day after tomorrow|pasado manana)\b"):
        return _one(today + timedelta(days=2))
    both = text.take(r"\b(?:today or tomorrow|today and tomorrow|hoy o manana|hoy y manana)\b")
    if both:
        return Days(today, today + timedelta(days=1))
    if text.take(r"\b(?:today|hoy)\b"):
        return _one(today)
    if re.search(r"\b(?:tonight|esta noche|this (?:morning|afternoon|evening)|esta tarde)\b",
                 text.left):  # fmt: skip
        return _one(today)
    # "por la mañana" is the morning; the word alone, or before it, is tomorrow.
    if text.take(r"\btomorrow\b|(?<!la )\bmanana\b"):
        return _one(today + timedelta(days=1))
    return None


def _two_dates(text: Text, today: date) -> Days | None:
    """ "Nov 30 or Dec 1", "from the 3rd to the 5th": a date, and the one it is joined with."""
    first = _dates(text, today)
    if first is None:
        return None
    spanned = re.search(
        r"\b(?:between|entre)\s+~|~\s*(?:-|\u2013|(?:to|through|until|till|al?|hasta)\b)", text.left
    )
    second = _dates(text, today)
    if second is None or second.first == first.first:
        return first
    both = frozenset({first.first, second.first})
    return Days(min(both), max(both), only=frozenset() if spanned else both)


def _week_from(text: Text, today: date) -> Days | None:
    """ "A week from Tuesday", "Tuesday week", "a week from today"."""
    found = text.take(
        rf"\b(?:a|one|1|una) (?:week|semana) (?:from|after|a partir de(?:l)?)"
        rf"\s+(today|tomorrow|hoy|{_DAY})\b|\b({_DAY}) week\b"
    )
    if found is None:
        return None
    said = found[1] or found[2]
    if said in DAYS:
        return _one(today + timedelta((DAYS[said] - today.weekday()) % 7) + WEEK)
    return _one(today + WEEK + timedelta(said == "tomorrow"))


def _dates(text: Text, today: date) -> Days | None:
    found = text.take(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b")
    if found:
        return _made(int(found[1]), int(found[2]), int(found[3]))
    found = text.take(
        rf"\b({_MONTH})\.?\s+(?:the\s+)?(\d{{1,2}})(?:st|nd|rd|th)?\b(?!\s*(?::|am|pm))"
    )
    if found:
        return _coming(today, MONTHS[found[1]], int(found[2]))
    found = text.take(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+|de\s+)?({_MONTH})\b")
    if found:
        return _coming(today, MONTHS[found[2]], int(found[1]))
    found = text.take(r"(?<![\d/])(\d{1,2})/(\d{1,2})(?:/(?:20)?(\d{2}))?(?![\d/])")
    if found:
        month, day = int(found[1]), int(found[2])
        if month > 12:
            month, day = day, month
        return _coming(today, month, day)
    found = text.take(
        r"\b(?:the|el(?: dia)?)\s+(\d{1,2})(?:st|nd|rd|th)\b|\bel(?: dia)?\s+(\d{1,2})\b"
    )
    if found:
        return _day_of_month(today, int(found[1] or found[2]))
    return None


def _made(year: int, month: int, day: int) -> Days | None:
    try:
        return _one(date(year, month, day))
    except ValueError:
        return None


def _coming(today: date, month: int, day: int) -> Days | None:
    """The next such day: one that is over this year is meant for the next."""
    this = _made(today.year, month, day)
    return this if this is None or this.first >= today else _made(today.year + 1, month, day)


def _day_of_month(today: date, day: int) -> Days | None:
    for ahead in range(62):
        one = today + timedelta(days=ahead)
        if one.day == day:
            return _one(one)
    return None


def _week_words(text: Text, today: date) -> Days | None:
    monday = today - timedelta(days=today.weekday())
    if _has_day(text.left):
        return None
    if text.take(r"\b(?:week ?days|entre semana|dias laborables)\b"):
        if text.take(r"\b(?:next week|(?:la )?proxima semana|la semana que viene)\b"):
            return Days(monday + WEEK, monday + WEEK + timedelta(days=4))
        return Days(today, today + timedelta(days=USUAL - 1), frozenset(range(5)))
    if text.take(r"\b(?:weekends|los fines de semana)\b"):
        return Days(today, today + timedelta(days=MOST - 1), frozenset({5, 6}))
    if text.take(r"\b(?:next weekend|el proximo fin de semana)\b"):
        ahead = WEEK if today.weekday() < 5 else timedelta()
        saturday = monday + timedelta(days=5) + (ahead or WEEK)
        return Days(saturday, saturday + timedelta(days=1))
    if text.take(r"\b(?:(?:this |the |at the )?weekend|(?:este |el )?fin de semana)\b"):
        return Days(max(today, monday + timedelta(days=5)), monday + timedelta(days=6))
    if text.take(r"\b(?:next week|(?:la )?proxima semana|la semana que viene)\b"):
        return Days(monday + WEEK, monday + WEEK + timedelta(days=6))
    if text.take(r"\b(?:this week|esta semana)\b"):
        return Days(today, monday + timedelta(days=6))
    if text.take(r"\b(?:next month|el proximo mes|el mes que viene)\b"):
        first = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
        return Days(first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1))
    return None


def _has_day(left: str) -> bool:
    return re.search(rf"\b(?:{_DAY})s?\b", left) is not None


def _weekdays(text: Text, today: date) -> Days | None:
    spanned = text.take(
        rf"\b(from |between |de |entre )?({_DAY})s?"
        rf"\s*(?:-|\u2013|to|through|until|till|and|a|al|hasta(?: el)?|y)\s*(?:el )?({_DAY})s?\b"
    )
    # "Monday and Wednesday" are two days; "between Monday and Wednesday" are three.
    between = spanned is not None and (spanned[1] or "").strip() in {"between", "entre"}
    if spanned and (between or not re.search(r"\b(?:and|y)\b", spanned[0])):
        return _span(today, DAYS[spanned[2]], DAYS[spanned[3]])
    found = [DAYS[spanned[2]], DAYS[spanned[3]]] if spanned else []
    which = text.take(
        r"\b(?:next|proxim[oa]|siguiente|this|este|on|or|every|todos los|los)\s+"
        rf"(?=(?:{_DAY})s?\b)"
    )
    word, plural = (which[0].strip() if which else ""), False
    while one := text.take(rf"\b({_DAY})(s)?\b"):
        found.append(DAYS[one[1]])
        plural = plural or (bool(one[2]) and one[1] not in {"tue", "thur"})
    if not found:
        return None
    later = word in {"next", "siguiente", "proximo", "proxima"} or bool(
        text.take(r"\b(?:next week|que viene|(?:la )?proxima semana|week after)\b")
    )
    if plural or word in {"every", "todos los"}:
        return Days(today, today + timedelta(days=MOST - 1), frozenset(found))
    return _coming_weekdays(today, found, next_week=later)


def _coming_weekdays(today: date, found: list[int], *, next_week: bool) -> Days:
    """The coming one; "next" says the one of the calendar week after this."""
    if next_week:
        start = today - timedelta(days=today.weekday()) + WEEK
        return Days(start, start + timedelta(days=6), frozenset(found))
    return Days(today, today + timedelta(days=6), frozenset(found))


def _span(today: date, first: int, last: int) -> Days:
    wanted = frozenset((first + ahead) % 7 for ahead in range((last - first) % 7 + 1))
    if today.weekday() in wanted:
        # What of it is over this week comes again in the next.
        return Days(today, today + timedelta(days=6), wanted)
    start = today + timedelta((first - today.weekday()) % 7)
    return Days(start, start + timedelta((last - start.weekday()) % 7), wanted)


def _ahead(text: Text, today: date) -> Days | None:
    found = text.take(
        rf"\b(?:in|en|dentro de)\s+(?:a\s+)?(\d{{1,2}}|{_COUNT})?\s*(days?|dias?|weeks?|semanas?)\b"
    )
    if found is None:
        return None
    count = NUMBERS.get(found[1] or "", 0) or int(found[1] or 1)
    if found[2].startswith(("day", "dia")):
        return _one(today + timedelta(days=count))
    return Days(today + WEEK * count - timedelta(days=1), today + WEEK * count + timedelta(days=5))
