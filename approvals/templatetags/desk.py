"""Moments and lengths as a receptionist says them, in the location's own time."""

from datetime import datetime, timedelta, tzinfo
from typing import Any

from django import template
from django.utils import timezone
from django.utils.translation import get_language, gettext

from approvals.templatetags.shapes import day_said, spoken
from core import clock
from integrations import moments
from integrations.people import telephone

register = template.Library()
register.filter("telephone", telephone)


@register.filter
def translated(words: Any) -> Any:
    """Words that come from code or a record, in the reader's language where we have them in it."""
    if isinstance(words, list | tuple):
        return [translated(one) for one in words]
    return spoken(str(words)) if words else words


@register.filter
def clock_words(local: datetime) -> str:
    """2:30 pm, 9 am."""
    return moments.hour(local)


@register.filter
def when(moment: datetime | None, zone: tzinfo | None = None) -> str:
    """today at 2:30 pm, tomorrow at 9 am, Friday at 10 am, Jun 21 at 10 am."""
    if moment is None:
        return ""
    said = moments.when(moment, zone or timezone.get_current_timezone())
    if (get_language() or "en").startswith("en"):
        return said
    day, _, hour = said.partition(" at ")
    return gettext("%(day)s at %(hour)s") % {"day": day_said(day), "hour": hour}


@register.filter
def ago(moment: datetime | None) -> str:
    """just now, 4 s ago, 12 min ago, 3 h ago, 2 days ago."""
    if moment is None:
        return ""
    seconds = int((clock.now() - moment).total_seconds())
    if seconds < 2:
        return gettext("just now")
    return gettext("%(span)s ago") % {"span": how_long(timedelta(seconds=seconds))}


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
    return gettext("%(number)s days") % {"number": seconds // 86400}


@register.filter
def first_name(client: Any) -> str:
    """Whom a button names."""
    name = (client.first_name or client.last_name) if client else ""
    return str(name) or gettext("the client")


@register.filter
def lookup(mapping: dict[Any, Any], key: Any) -> Any:
    return mapping.get(key, 0) if mapping else 0
