"""The day or hour a text names must be that of the visit it is taken to mean. Nobody guesses."""

import re
from collections.abc import Sequence
from datetime import timedelta

from approvals.ladders.words import WEEKDAYS
from integrations.folding import fold
from integrations.models import Appointment, Message
from integrations.phrases.plain import plain

NAMES_NONE = "They name a day or hour at which nothing is booked."
TWO_VISITS = "It could mean more than one visit."
SHORT = {"mon": 0, "tue": 1, "tues": 1, "wed": 2, "thu": 3, "thur": 3, "thurs": 3, "fri": 4,
         "sat": 5, "sun": 6}  # fmt: skip
DAYS = SHORT | {
    fold(name): place for language in ("en", "es") for place, name in enumerate(WEEKDAYS[language])
}
NEAR = {"today": 0, "tonight": 0, "hoy": 0, "tomorrow": 1, "tmrw": 1, "tmr": 1, "manana": 1}
CLOCK = re.compile(r"(?<![\d:])(?P<hour>\d{1,2})(?:[:.](?P<minute>\d\d))?\s?(?P<half>am|pm)\b")
BARE = re.compile(r"\b(?P<hour>\d{1,2}):(?P<minute>\d\d)\b(?!\s?[ap]m)")


def named_in(message: Message, visits: Sequence[Appointment]) -> tuple[list[Appointment], str]:
    """The visits that fit every day and hour the text names, and why there is none.

    All of them where it names nothing; ([], why) where it names something else.
    """
    fitting = [one for one in visits if _on_day(message, one) and _at_hour(message, one)]
    if visits and not fitting:
        return [], NAMES_NONE
    return fitting, ""


def names_any(message: Message) -> bool:
    """Whether the text names a day or an hour at all."""
    words, body = plain(message.body).split(), message.body.casefold()
    return bool(_weekdays(words) or _days_off(words) or CLOCK.search(body) or BARE.search(body))


def _weekdays(words: Sequence[str]) -> set[int]:
    return {DAYS[one] for word in words for one in (word, word.removesuffix("s")) if one in DAYS}


def _days_off(words: Sequence[str]) -> set[int]:
    """Days from today. "Por la mañana" is in the morning, "mañana" alone is tomorrow."""
    pairs = zip(["", *words], words, strict=False)
    morning = any(before == "la" and word == "manana" for before, word in pairs)
    return {NEAR[word] for word in words if word in NEAR and not (word == "manana" and morning)}


def _on_day(message: Message, visit: Appointment) -> bool:
    words = plain(message.body).split()
    local = visit.starts_at.astimezone(visit.location.zone).date()
    wrote = message.sent_at.astimezone(visit.location.zone).date()
    weekdays = _weekdays(words)
    near = {wrote + timedelta(days=days) for days in _days_off(words)}
    return (not weekdays or local.weekday() in weekdays) and (not near or local in near)


def _at_hour(message: Message, visit: Appointment) -> bool:
    body = message.body.casefold()
    local = visit.starts_at.astimezone(visit.location.zone)
    exact = {_minutes(found) for found in CLOCK.finditer(body)}
    bare = {(int(found["hour"]), int(found["minute"])) for found in BARE.finditer(body)}
    loose = {minute for hour, least in bare for minute in _both(hour, least)}
    at = local.hour * 60 + local.minute
    return (not exact or at in exact) and (not bare or at in loose)


def _minutes(found: "re.Match[str]") -> int:
    hour = int(found["hour"]) % 12 + (12 if found["half"] == "pm" else 0)
    return hour * 60 + int(found["minute"] or 0)


def _both(hour: int, minute: int) -> tuple[int, int]:
    """2:30 may be in the morning or in the afternoon."""
    return (hour % 12) * 60 + minute, (hour % 12 + 12) * 60 + minute
