"""Free times for a wish in plain words, from the working copy. The platform is asked again right
before anything is booked."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.urls import reverse
from pydantic import Field

from approvals.rescheduling.free import FreePlace, Wanted, free_places
from approvals.rescheduling.loading import day_load, minute, minute_up
from copilot.ask.asker import Asker
from copilot.ask.spoken_hours import Hours
from copilot.ask.tools.base import Found, Params, tool
from copilot.ask.tools.matching import names_of
from copilot.ask.veil import Veil
from copilot.ask.wishes import Names, Wish, wish_read
from integrations.models import Location, Service

USUAL_MINUTES = 60
# Who asks for "3" takes what begins a little before or after.
AROUND_BEFORE, AROUND_AFTER = 30, 45
MOST, PER_PERSON = 12, 3
# Whoever comes needs a moment to come.
LEAD = timedelta(minutes=5)


class Plain(Params):
    wish: str = Field(
        max_length=200,
        description="The wish in the asker's own plain words: how long or which service, with whom,"
        " which days and hours. Placeholders such as STAFF_1 stay as they are.",
    )


@tool("free_times", "Free times in the calendar for a wish in plain words.", Plain)
def free_times(asker: Asker, said: Plain, veil: Veil) -> Found:
    names = names_of(asker.location)
    wish = wish_read(said.wish, asker.today, names)
    return wish_answer(asker, wish, names, veil)


def wish_answer(asker: Asker, wish: Wish, names: Names, veil: Veil) -> Found:
    """What is free for this wish, drawn and told."""
    location = asker.location
    service = Service.objects.filter(pk=wish.services[0]).first() if wish.services else None
    minutes = wish.minutes or (service.minutes if service else None) or USUAL_MINUTES
    found = _places(asker, wish, service, minutes)
    kept = spread(found, wish.hours)
    slots = [_slot(one, location, names, service) for one in kept]
    if service is None:
        told_for = f"{minutes} minutes"
    else:
        told_for = service.name + (f", {minutes} minutes" if minutes != service.minutes else "")
    block: dict[str, Any] = {
        "kind": "slots",
        "slots": slots,
        "count": len(found),
        "minutes": minutes,
        "service": service.name if service else "",
        "staff": [names.staff[one] for one in wish.staff],
        "first": wish.days.first.isoformat(),
        "last": wish.days.last.isoformat(),
        "only": sorted(day.isoformat() for day in wish.days.only),
        "hours": _bounds(wish.hours),
    }
    lines = [
        f"{place}. {slot['starts_at'][:16].replace('T', ' ')} with {veil.staff(slot['name'])}"
        for place, slot in enumerate(slots, 1)
    ]
    told = f"{len(found)} free starts for {told_for}; the page shows these:\n" + "\n".join(lines)
    link = f"{reverse('today')}?day={wish.days.first.isoformat()}&location={location.pk}"
    return Found(told if found else "Nothing is free then.", (block,), (("today", link),))


def _places(asker: Asker, wish: Wish, service: Service | None, minutes: int) -> list[FreePlace]:
    days = (wish.days.last - wish.days.first).days + 1
    hands = service is not None and not service.skill
    dates = (wish.days.first + timedelta(days=place) for place in range(days))
    only = frozenset(one for one in dates if one in wish.days)
    day = day_load(asker.location, wish.days.first, days, hands=hands, only=only)
    windows, until = windows_of(wish, asker.location, asker.now)
    wanted = Wanted(
        minutes=minutes,
        windows=windows,
        until=until,
        staff=frozenset(wish.staff),
        service=service.pk if service else 0,
        skill=service.skill if service else "",
        kind=service.resource_kind if service else "",
    )
    return free_places(day, wanted)


def windows_of(
    wish: Wish, location: Location, now: datetime
) -> tuple[list[tuple[int, int]], list[int]]:
    """In which spans it may begin, and by when it has to be over in each (0: no matter)."""
    earliest = minute_up(now + LEAD)
    hours = wish.hours
    if hours.within is not None:
        return [(minute(now), minute(now) + hours.within)], [0]
    windows, until = [], []
    day = wish.days.first
    while day <= wish.days.last:
        if day in wish.days:
            opens, closes = _of_day(day, hours, location)
            if closes > earliest:
                windows.append((max(opens, earliest), closes))
                over = minute(_moment(day, hours.before, location)) if hours.before else 0
                until.append(over)
        day += timedelta(days=1)
    return windows, until


def _of_day(day: date, hours: Hours, location: Location) -> tuple[int, int]:
    if hours.at is not None:
        at = minute(_moment(day, hours.at, location))
        return at - AROUND_BEFORE, at + AROUND_AFTER + 1
    opens = minute(_moment(day, hours.after or 0, location))
    closes = minute(_moment(day, hours.before, location)) if hours.before else minute(
        _moment(day + timedelta(days=1), 0, location)
    )  # fmt: skip
    return opens, closes


def _moment(day: date, at: int, location: Location) -> datetime:
    at = max(0, at)
    return datetime.combine(day + timedelta(days=at // 1440), time(at % 1440 // 60, at % 60),
                            location.zone)  # fmt: skip


def spread(found: list[FreePlace], hours: Hours) -> list[FreePlace]:
    """A dozen to choose from: those that leave no gap before them and full or half hours first,
    at most three of one person and day."""
    if hours.at is not None or hours.within is not None:
        kept = found
    else:
        kept = [one for one in found if one.first or one.start % 30 == 0]
    counts: dict[tuple[int, int], int] = {}
    chosen = []
    for one in kept or found:
        key = (one.staff, one.start // 1440)
        counts[key] = counts.get(key, 0) + 1
        if counts[key] <= PER_PERSON:
            chosen.append(one)
        if len(chosen) == MOST:
            break
    return chosen


def _slot(
    one: FreePlace, location: Location, names: Names, service: Service | None
) -> dict[str, Any]:
    starts = datetime.fromtimestamp(one.start * 60, location.zone)
    return {
        "starts_at": starts.isoformat(),
        "minutes": one.end - one.start,
        "staff": one.staff,
        "name": names.staff.get(one.staff, ""),
        "service": service.pk if service else None,
        "room": one.room,
    }


def _bounds(hours: Hours) -> dict[str, int]:
    said = {"after": hours.after, "before": hours.before, "at": hours.at, "within": hours.within}
    return {name: value for name, value in said.items() if value is not None}
