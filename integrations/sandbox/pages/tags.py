"""Template filters of the sandbox's pages."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django import template

from integrations.sandbox import clock
from integrations.sandbox.salon import lookup
from integrations.sandbox.store import Record

register = template.Library()

STATUS = {
    "booked": "Booked",
    "confirmed": "Confirmed",
    "checked_in": "Checked in",
    "completed": "Completed",
    "cancelled": "Cancelled",
    "no_show": "No-show",
}


def clock_text(moment: datetime) -> str:
    return f"{moment:%I:%M %p}".lstrip("0").lower()


@register.filter
def at_place(moment: str, location_id: str) -> str:
    """2:30 pm, in the location's time."""
    return clock_text(lookup.local(moment, location_id))


@register.filter
def in_zone(moment: datetime, zone: str) -> str:
    return clock_text(moment.astimezone(ZoneInfo(zone)))


@register.filter
def day_and_time(moment: str, zone: str = "") -> str:
    """Nov 20, 2:30 pm, in the given zone or the first location's."""
    at = clock.parse(moment).astimezone(ZoneInfo(zone or lookup.first_zone()))
    return f"{at:%b} {at.day}, {clock_text(at)}"


@register.filter
def status_text(status: str) -> str:
    return STATUS.get(status, status.replace("_", " ").capitalize())


@register.filter
def person(record: Record | None) -> str:
    return lookup.name(record)


@register.filter
def phone_text(number: str | None) -> str:
    """(213) 555-0142"""
    if not number or not number.startswith("+1") or len(number) != 12:
        return number or ""
    return f"({number[2:5]}) {number[5:8]}-{number[8:]}"


@register.filter
def dollars(money: Record) -> str:
    amount = money["amount"]
    return f"${amount[:-3] if amount.endswith('.00') else amount}"
