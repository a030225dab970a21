"""The hours a client gave, against a slot.

A window is ``{"days": "-T-T", "from": "09:00", "to": "12:00", "earliest": date, "latest": date}``;
``days`` goes by position from Monday ("-T-T" is Tuesday and Thursday, what is left off at the end
is not given) and may be a list of names; whatever is missing does not restrict. A window of two
moments (``from`` and ``until`` as ISO times) is taken as it stands. Hours are the salon's.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from agents.wording import WEEKDAYS
from integrations.moments import hour as spelled

Fit = Literal["whole", "part", "no"]
# A visit may run this much over the end that was given: worth asking, and said on the card.
RUNS_OVER = timedelta(minutes=30)
NAMES = tuple(name[:3].lower() for name in WEEKDAYS["en"])


def fits(
    windows: Sequence[Mapping[str, Any]], starts_at: datetime, ends_at: datetime, zone: ZoneInfo
) -> Fit:
    """The best fit over the windows; no windows at all means any time is fine."""
    if not windows:
        return "whole"
    found = {_fit(window, starts_at, ends_at, zone) for window in windows}
    return "whole" if "whole" in found else "part" if "part" in found else "no"


def in_words(windows: Sequence[Mapping[str, Any]]) -> str:
    """``Tue, Thu 09:00 to 12:00``, for saying why a slot does not fit."""
    return "; ".join(filter(None, (_words(window) for window in windows[:3])))


def _fit(window: Mapping[str, Any], starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> Fit:
    opens, closes = moment(window.get("from")), moment(window.get("until"))
    if opens is None and closes is None:
        local = starts_at.astimezone(zone)
        if not (_in_dates(window, local.date()) and _on_day(window.get("days"), local.weekday())):
            return "no"
        opens = _at(local.date(), window.get("from"), time(0), zone)
        closes = _at(local.date(), window.get("to"), None, zone)
    if opens is not None and starts_at < opens:
        return "no"
    if closes is None or ends_at <= closes:
        return "whole"
    return "part" if starts_at < closes and ends_at - closes <= RUNS_OVER else "no"


def _in_dates(window: Mapping[str, Any], on: date) -> bool:
    earliest, latest = day(window.get("earliest")), day(window.get("latest"))
    return (earliest is None or on >= earliest) and (latest is None or on <= latest)


def _on_day(days: Any, weekday: int) -> bool:
    if isinstance(days, str) and days.strip():
        return weekday < len(days) and days[weekday] not in "- "
    if isinstance(days, list) and days:
        return NAMES[weekday] in {str(name)[:3].lower() for name in days}
    return True


def _at(on: date, said: Any, missing: time | None, zone: ZoneInfo) -> datetime | None:
    clock = hour(said) or missing
    return datetime.combine(on, clock, zone).astimezone(UTC) if clock is not None else None


def _words(window: Mapping[str, Any]) -> str:
    days = window.get("days")
    named = [WEEKDAYS["en"][n][:3] for n in range(7) if _on_day(days, n)] if days else []
    opens, closes = hour(window.get("from")), hour(window.get("to"))
    hours = ""
    if opens and closes:
        hours = f"{spelled(opens)} to {spelled(closes)}"
    elif opens:
        hours = f"from {spelled(opens)}"
    elif closes:
        hours = f"until {spelled(closes)}"
    return " ".join(filter(None, [", ".join(named), hours]))


def hour(said: Any) -> time | None:
    """``09:00`` and ``9:00``; None for anything else, which then does not restrict."""
    try:
        hours, minutes = str(said or "").split(":")[:2]
        return time(int(hours), int(minutes))
    except ValueError:
        return None


def day(said: Any) -> date | None:
    try:
        return date.fromisoformat(str(said or "")[:10])
    except ValueError:
        return None


def moment(said: Any) -> datetime | None:
    """A whole moment (``2026-06-16T14:00:00Z``); None for a mere hour."""
    text = str(said or "")
    if "T" not in text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
