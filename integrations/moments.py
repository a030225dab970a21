"""One spelling of hours for everything the desk reads: 2:30 pm, 9 am. Never 14:30 beside it."""

from datetime import datetime, time, tzinfo

from core import clock

DAY_AFTER = 6


def hour(local: datetime | time) -> str:
    """``2:30 pm``, and ``9 am`` on the hour, of a local time."""
    minutes = f":{local:%M}" if local.minute else ""
    return f"{local.hour % 12 or 12}{minutes} {'am' if local.hour < 12 else 'pm'}"


def when(moment: datetime, zone: tzinfo) -> str:
    """``today at 2:30 pm``, ``Friday at 10 am``, ``Jun 21 at 10 am``: as seen from now."""
    local, today = moment.astimezone(zone), clock.now().astimezone(zone).date()
    days = (local.date() - today).days
    if days == 0:
        day = "today"
    elif days in (1, -1):
        day = "tomorrow" if days == 1 else "yesterday"
    elif 1 < days <= DAY_AFTER:
        day = f"{local:%A}"
    else:
        day = f"{local:%b} {local.day}" + (f", {local.year}" if local.year != today.year else "")
    return f"{day} at {hour(local)}"


def on_record(moment: datetime, zone: tzinfo) -> str:
    """``Friday, June 19 2026, 2:30 pm``: for what is kept and read again on another day."""
    local = moment.astimezone(zone)
    return f"{local:%A, %B} {local.day} {local.year}, {hour(local)}"
