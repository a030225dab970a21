"""Days, hours and sums of the Waitlist page."""

import re
from datetime import datetime, tzinfo
from decimal import Decimal

from django import template
from django.utils.translation import get_language, gettext

from approvals.ladders import words
from approvals.templatetags.shapes import day_said, names_said
from core import clock
from integrations import moments

register = template.Library()
register.filter("names_said", names_said)
# Of the two languages the desk reads, the other one.
SPANISH = {
    "Mon": "lun", "Tue": "mar", "Wed": "mié", "Thu": "jue", "Fri": "vie", "Sat": "sáb",
    "Sun": "dom", "to": "a", "from": "desde", "until": "hasta",
}  # fmt: skip
HOURS = re.compile(rf"\b(?:{'|'.join(SPANISH)})\b")
# How the title of a list of offers begins: ``Sun 2:30 pm: Facial``.
TITLE = re.compile(r"^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?= \d{1,2}(?::\d\d)? [ap]m: )")


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
        return gettext("today") if days <= 0 else gettext("yesterday")
    year = f", {local.year}" if local.year != today.year else ""
    day = day_said(f"{local:%b} {local.day}")
    return gettext("%(day)s (%(count)s days)") % {"day": f"{day}{year}", "count": days}


@register.filter
def title_said(words: str) -> str:
    """A title that begins with a weekday and an hour, with its day in the reader's language."""
    if (get_language() or "en").startswith("en"):
        return words
    return TITLE.sub(lambda found: SPANISH[found[0]], words)


@register.filter
def hours_said(words: str) -> str:
    """``Tue, Thu 9 am to 5:30 pm`` in the reader's language."""
    if not words or (get_language() or "en").startswith("en"):
        return words
    return HOURS.sub(lambda found: SPANISH[found[0]], words)
