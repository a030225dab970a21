"""Days, hours and sums of the Waitlist page."""

from datetime import datetime, tzinfo
from decimal import Decimal

from django import template

from approvals.ladders import words
from core import clock
from integrations import moments

register = template.Library()


@register.filter
def money(amount: Decimal | None, currency: str) -> str:
    """$1,240, and $85.50 where there are cents."""
    if amount is None:
        return ""
    text = f"{amount:,.2f}".removesuffix(".00")
    sign = words.SIGNS.get(currency, "")
    return f"{sign}{text}" if sign else f"{text} {currency}"


@register.filter
def minutes_words(minutes: int) -> str:
    """12 min, 2 h 5 min, 3 h."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest} min"
    return f"{hours} h {rest} min" if rest and hours < 10 else f"{hours} h"


@register.filter
def hour_at(moment: datetime | None, zone: tzinfo) -> str:
    """10:20 am, where the salon is."""
    return moments.hour(moment.astimezone(zone)) if moment else ""


@register.filter
def since(moment: datetime | None, zone: tzinfo) -> str:
    """today, yesterday, Jun 3 (12 days)."""
    if moment is None:
        return ""
    local, today = moment.astimezone(zone).date(), clock.now().astimezone(zone).date()
    days = (today - local).days
    if days <= 1:
        return "today" if days <= 0 else "yesterday"
    year = f", {local.year}" if local.year != today.year else ""
    return f"{local:%b} {local.day}{year} ({days} days)"
