"""Moments and lengths as a receptionist says them, in the location's own time."""

from datetime import datetime, timedelta, tzinfo
from typing import Any

from django import template
from django.utils import timezone

from core import clock

register = template.Library()
DAY_AFTER = 6


@register.filter
def clock_words(local: datetime) -> str:
    """2:30 pm, 9 am."""
    minutes = f":{local:%M}" if local.minute else ""
    return f"{local.hour % 12 or 12}{minutes} {'am' if local.hour < 12 else 'pm'}"


@register.filter
def when(moment: datetime | None, zone: tzinfo | None = None) -> str:
    """today at 2:30 pm, tomorrow at 9 am, Friday at 10 am, Jun 21 at 10 am."""
    if moment is None:
        return ""
    zone = zone or timezone.get_current_timezone()
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
    return f"{day} at {clock_words(local)}"


@register.filter
def ago(moment: datetime | None) -> str:
    """just now, 4 s ago, 12 min ago, 3 h ago, 2 days ago."""
    if moment is None:
        return ""
    seconds = int((clock.now() - moment).total_seconds())
    if seconds < 2:
        return "just now"
    return f"{how_long(timedelta(seconds=seconds))} ago"


@register.filter
def how_long(span: timedelta | None) -> str:
    """40 s, 40 min, 3 h, 2 days."""
    if span is None:
        return ""
    seconds = max(0, int(span.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min"
    if seconds < 48 * 3600:
        return f"{seconds // 3600} h"
    return f"{seconds // 86400} days"


@register.filter
def first_name(client: Any) -> str:
    """Whom a button names."""
    return (client.first_name or client.last_name or "the client") if client else "the client"


@register.filter
def lookup(mapping: dict[Any, Any], key: Any) -> Any:
    return mapping.get(key, 0)
