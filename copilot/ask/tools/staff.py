"""Who works when: what people ask on the phone before they ask for a time."""

from collections import defaultdict
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from django.urls import reverse
from pydantic import Field

from approvals.absences.calling import RIGHT as ABSENCES
from approvals.rescheduling.loading import away, outside
from copilot.ask.asker import Asker
from copilot.ask.spoken_days import Days, days_read
from copilot.ask.spoken_hours import Text
from copilot.ask.tools.base import Found, Params, tool
from copilot.ask.tools.matching import named_among, staff_here
from copilot.ask.veil import Veil
from integrations.folding import fold
from integrations.models import Location, Shift

# Of everybody a week can be read; of one person as far as days are read at all.
MOST_DAYS = 7
MOST = 400
Span = tuple[datetime, datetime]


class Working(Params):
    when: str = Field(default="today", max_length=200, description="Days in plain words.")
    staff: str = Field(default="", max_length=80, description="One person, or nothing for all.")


@tool("working", "Which members of staff work on some days, and from when to when.", Working)
def working(asker: Asker, said: Working, veil: Veil) -> Found:
    place = asker.location
    days = days_read(Text(fold(said.when)), asker.today)
    if not days.said:
        last = asker.today + timedelta(days=MOST_DAYS - 1 if said.staff else 0)
        days = Days(asker.today, last, said=False)
    elif not said.staff:
        last = min(days.last, days.first + timedelta(days=MOST_DAYS - 1))
        days = replace(days, last=last)
    people = staff_here(place)
    if said.staff:
        people = {pk: people[pk] for pk in named_among(people, said.staff)}
    rows = _rows(asker, people, days)
    told = "\n".join(
        f"{row['day']}: "
        + (
            ", ".join(f"{veil.staff(one['name'])} {one['told']}" for one in row["people"])
            or "nobody"
        )
        for row in rows
    )
    link = f"{reverse('today')}?day={days.first.isoformat()}&location={place.pk}"
    block = {"kind": "working", "rows": rows, "known": bool(people)}
    return Found(
        told if people else "Nobody of that name works here.", (block,), (("today", link),)
    )


def _rows(asker: Asker, people: dict[int, str], days: Days) -> list[dict[str, Any]]:
    """One a day: who works, in the order of their hours; who is marked as out stands last, and is
    left out for who may not see absences."""
    place = asker.location
    shifts, out = _shifts(place, people, days), _out(place, people, days)
    told = asker.may(ABSENCES) and not asker.rights.provider_only(place.pk, ABSENCES)
    rows = []
    for ahead in range((days.last - days.first).days + 1):
        day = days.first + timedelta(days=ahead)
        if day not in days:
            continue
        here = [_person(people[pk], spans, out[pk]) for pk, spans in shifts[day].items()]
        here = [one for one in here if told or not one["out"]]
        here.sort(key=lambda one: (one["out"], one["spans"], one["name"]))
        rows.append({"day": day.isoformat(), "people": here})
    return rows


def _person(name: str, spans: list[Span], out: list[Span]) -> dict[str, Any]:
    left = spans
    for gone in out:
        left = [part for span in left for part in outside(span, gone)]
    hours = left or spans
    told = " and ".join(f"{start:%H:%M}-{end:%H:%M}" for start, end in hours)
    return {
        "name": name,
        "spans": [[start.isoformat(), end.isoformat()] for start, end in hours],
        "out": not left,
        "told": told if left else f"{told}, marked as out",
    }


def _shifts(
    place: Location, people: dict[int, str], days: Days
) -> dict[date, dict[int, list[Span]]]:
    found: dict[date, dict[int, list[Span]]] = defaultdict(lambda: defaultdict(list))
    first, over = _bounds(place, days)
    rows = Shift.objects.filter(
        location=place, staff__in=people, deleted_at=None, starts_at__gte=first, starts_at__lt=over
    ).order_by("starts_at", "pk")
    for staff, start, end in rows.values_list("staff_id", "starts_at", "ends_at")[:MOST]:
        local = start.astimezone(place.zone)
        found[local.date()][staff].append((local, end.astimezone(place.zone)))
    return found


def _out(place: Location, people: dict[int, str], days: Days) -> dict[int, list[Span]]:
    """When the desk marked somebody as out, whatever the platform's calendar says."""
    first, over = _bounds(place, days)
    found: dict[int, list[Span]] = defaultdict(list)
    for staff, start, end in away(place, people, first, over):
        found[staff].append((start.astimezone(place.zone), end.astimezone(place.zone)))
    return found


def _bounds(place: Location, days: Days) -> Span:
    over = days.last + timedelta(days=1)
    return datetime.combine(days.first, time(), place.zone), datetime.combine(
        over, time(), place.zone
    )
