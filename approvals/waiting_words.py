"""The hours somebody can come, in words, and from a form's fields. No database.

A window is the platform's own: ``{"days": "MTW----", "from": "09:00", "to": "12:00", "earliest":
"2026-06-15", "latest": null}``; days are letters by position, or names.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time
from typing import Any

from integrations.moments import hour

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
LETTERS = "MTWTFSS"
MOST = 3


def windows_words(windows: Any) -> str:
    """``Tue, Thu 9 am to 12 pm, until Jun 30``; '' for any time."""
    rows = [row for row in windows if isinstance(row, Mapping)] if isinstance(windows, list) else []
    return "; ".join(filter(None, (_window(row) for row in rows[:MOST])))


def _window(row: Mapping[str, Any]) -> str:
    opens, closes = clock_of(row.get("from")), clock_of(row.get("to"))
    hours = ""
    if opens and closes:
        hours = f"{hour(opens)} to {hour(closes)}"
    elif opens or closes:
        hours = f"from {hour(opens)}" if opens else f"until {hour(closes or time())}"
    days = ", ".join(DAYS[n] for n in days_of(row.get("days")))
    since, until = day_of(row.get("earliest")), day_of(row.get("latest"))
    dates = " ".join(
        filter(
            None, [f"from {_short(since)}" if since else "", f"to {_short(until)}" if until else ""]
        )
    )
    return ", ".join(filter(None, [" ".join(filter(None, [days, hours])), dates]))


def _short(on: date) -> str:
    return f"{on:%b} {on.day}"


def days_of(said: Any) -> list[int]:
    """The days that were chosen (0 is Monday); none for any day."""
    if isinstance(said, str) and said.strip():
        found = [n for n, letter in enumerate(said[:7]) if letter not in "- "]
    elif isinstance(said, list):
        names = {str(name)[:3].lower() for name in said}
        found = [n for n, name in enumerate(DAYS) if name.lower() in names]
    else:
        found = []
    return [] if len(found) == len(DAYS) else found


def letters_of(days: Iterable[int]) -> str:
    """``MT-----`` for Monday and Tuesday; '' for any day."""
    chosen = set(days)
    if len(chosen) in (0, len(DAYS)):
        return ""
    return "".join(letter if n in chosen else "-" for n, letter in enumerate(LETTERS))


def window_made(
    days: Sequence[int],
    opens: time | None,
    closes: time | None,
    since: date | None,
    until: date | None,
) -> dict[str, Any]:
    """One window from what a person chose; empty when any time is fine."""
    said = {
        "days": letters_of(days),
        "from": f"{opens:%H:%M}" if opens else "",
        "to": f"{closes:%H:%M}" if closes else "",
        "earliest": since.isoformat() if since else "",
        "latest": until.isoformat() if until else "",
    }
    return {name: value for name, value in said.items() if value}


def clock_of(said: Any) -> time | None:
    try:
        return time.fromisoformat(str(said or "").rjust(5, "0"))
    except ValueError:
        return None


def day_of(said: Any) -> date | None:
    try:
        return date.fromisoformat(str(said or "")[:10])
    except ValueError:
        return None
