"""Days named from today: "tomorrow", "this week", "pasado mañana"."""

import unicodedata
from datetime import date, timedelta
from typing import Any

DAYS = {
    "today": 0, "tonight": 0, "this morning": 0, "this afternoon": 0, "this evening": 0, "hoy": 0,
    "esta manana": 0, "esta tarde": 0, "esta noche": 0, "tomorrow": 1, "manana": 1,
    "day after tomorrow": 2, "pasado manana": 2, "yesterday": -1, "ayer": -1, "anoche": -1,
}  # fmt: skip
# (weeks from this one, first day and last day of the week counted from Monday)
SPANS = {
    "this week": (0, 0, 6), "esta semana": (0, 0, 6),
    "next week": (1, 0, 6), "la proxima semana": (1, 0, 6), "la semana que viene": (1, 0, 6),
    "this weekend": (0, 5, 6), "next weekend": (1, 5, 6), "el fin de semana": (0, 5, 6),
    "este fin de semana": (0, 5, 6), "proximo fin de semana": (1, 5, 6),
}  # fmt: skip


def relative_day(text: str, today: date) -> frozenset[Any]:
    """(year, month, day) of every day the words may mean; empty when they are not of this kind."""
    words = _flat(text)
    if words in DAYS:
        return _days([today + timedelta(days=DAYS[words])])
    if words in SPANS:
        weeks, first, last = SPANS[words]
        monday = today - timedelta(days=today.weekday()) + timedelta(weeks=weeks)
        return _days([monday + timedelta(days=number) for number in range(first, last + 1)])
    return frozenset()


def is_relative(text: str) -> bool:
    """Whether the words mean another day tomorrow than today."""
    return _flat(text) in DAYS or _flat(text) in SPANS


def _flat(text: str) -> str:
    flat = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in flat if not unicodedata.combining(c)).split())


def _days(days: list[date]) -> frozenset[Any]:
    return frozenset((day.year, day.month, day.day) for day in days)
