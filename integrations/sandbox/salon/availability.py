"""Who and what is free when."""

from datetime import datetime, timedelta
from typing import NamedTuple

from integrations.sandbox import clock
from integrations.sandbox.store import Record, store

STEP = timedelta(minutes=15)
_LIVE = "status NOT IN ('cancelled', 'no_show') AND json_extract(data, '$.deletedAt') IS NULL"


class Slot(NamedTuple):
    start: datetime
    end: datetime
    staff_id: str
    resource_id: str | None


def length(service: Record) -> timedelta:
    return timedelta(minutes=service["durationMinutes"])


def can_do(staff: Record, service: Record, location_id: str) -> bool:
    works_here = any(role["locationId"] == location_id for role in staff["roles"])
    return staff["active"] and works_here and service["skill"] in staff["skills"]


def taken(location_id: str, start: datetime, end: datetime, *, but: str = "") -> list[Record]:
    """Live appointments at a location that overlap a span of time."""
    # The lower bound on the start lets the index cut the past off; nothing lasts a whole day.
    return store().select(
        "appointment",
        f"location_id = ? AND starts_at > ? AND starts_at < ? AND ends_at > ? AND id != ? "
        f"AND {_LIVE}",
        (
            location_id,
            clock.seconds(start - timedelta(days=1)),
            clock.seconds(end),
            clock.seconds(start),
            but,
        ),
    )


def staff_busy(staff_id: str, start: datetime, end: datetime, *, but: str = "") -> bool:
    found = store().select(
        "appointment",
        f"staff_id = ? AND starts_at > ? AND starts_at < ? AND ends_at > ? AND id != ? AND {_LIVE}",
        (
            staff_id,
            clock.seconds(start - timedelta(days=1)),
            clock.seconds(end),
            clock.seconds(start),
            but,
        ),
        limit=1,
    )
    return bool(found)


def on_shift(staff_id: str, location_id: str, start: datetime, end: datetime) -> bool:
    found = store().select(
        "shift",
        "location_id = ? AND staff_id = ? AND starts_at <= ? AND ends_at >= ?",
        (location_id, staff_id, clock.seconds(start), clock.seconds(end)),
        limit=1,
    )
    return bool(found)


def free_resource(
    place: Record, kind: str | None, busy: list[Record], start: datetime, end: datetime
) -> tuple[bool, str | None]:
    """(is there one, which); a service that needs none is always served."""
    if kind is None:
        return True, None
    first, last = clock.seconds(start), clock.seconds(end)
    used = {a["resourceId"] for a in busy if a["startTime"] < last and a["endTime"] > first}
    for resource in place["resources"]:
        if resource["kind"] == kind and resource["id"] not in used:
            return True, resource["id"]
    return False, None


def free_slots(
    place: Record, service: Record, staff: list[Record], start: datetime, end: datetime
) -> list[Slot]:
    """Every free start on a quarter of an hour within shifts, earliest first."""
    start = max(start, clock.now())
    able = {s["id"] for s in staff if can_do(s, service, place["id"])}
    busy = taken(place["id"], start, end)
    shifts = store().select(
        "shift",
        "location_id = ? AND starts_at < ? AND ends_at > ?",
        (place["id"], clock.seconds(end), clock.seconds(start)),
        order="starts_at, id",
    )
    found = [
        slot
        for shift in shifts
        if shift["staffId"] in able
        for slot in _in_shift(shift, place, service, busy, start, end)
    ]
    return sorted(found)


def _in_shift(
    shift: Record,
    place: Record,
    service: Record,
    busy: list[Record],
    start: datetime,
    end: datetime,
) -> list[Slot]:
    own = [(a["startTime"], a["endTime"]) for a in busy if a["staffId"] == shift["staffId"]]
    at = _next_quarter(max(start, clock.parse(shift["startTime"])))
    last = min(end, clock.parse(shift["endTime"])) - length(service)
    slots = []
    while at <= last:
        until = at + length(service)
        first, final = clock.seconds(at), clock.seconds(until)
        if not any(s < final and e > first for s, e in own):
            served, resource = free_resource(place, service["resourceKind"], busy, at, until)
            if served:
                slots.append(Slot(at, until, shift["staffId"], resource))
        at += STEP
    return slots


def _next_quarter(moment: datetime) -> datetime:
    base = moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)
    return base if base == moment else base + STEP
