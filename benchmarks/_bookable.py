"""A day by chance as a salon of the sandbox, so that its own rules say what can be booked there."""

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from approvals.rescheduling.day import Booked, Day
from approvals.rescheduling.options import Option
from benchmarks._days import SERVICES
from integrations.sandbox import clock
from integrations.sandbox.config import config
from integrations.sandbox.errors import Refused
from integrations.sandbox.salon import appointments
from integrations.sandbox.store import store

PLACE = "loc_1"
MONDAY = datetime(2026, 6, 15, tzinfo=UTC)
_Rows = list[dict[str, Any]]


@contextmanager
def empty_salon() -> Iterator[None]:
    """A sandbox of this process's own, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="salon-") as folder:
        state = str(Path(folder) / "salon.sqlite3")
        with mock.patch.dict(os.environ, {"SANDBOX_STATE": state}):
            _forget()
            try:
                yield
            finally:
                store().db.close()
                _forget()
                clock.move({"real": True})


def _forget() -> None:
    config.cache_clear()
    store.cache_clear()


def moment(minute: int) -> str:
    return clock.seconds(MONDAY + timedelta(minutes=minute))


def day_put(day: Day, now: int) -> None:
    """The salon's calendar becomes this one, at this minute of it."""
    clock.move({"now": moment(now)})
    salon = store()
    with salon.write():
        salon.db.execute("DELETE FROM records")
        salon.put_many("location", [_location(day)])
        salon.put_many("service", _services())
        salon.put_many("staff", _staff(day))
        salon.put_many("shift", _shifts(day))
        salon.put_many("appointment", [_appointment(one) for one in day.booked])


def refused(day: Day, chosen: Iterable[Option]) -> list[str]:
    """Every change as an approved line asks for it, one after the other; what was refused."""
    held = {one.key: one for one in day.booked}
    said = []
    for option in chosen:
        for part in option.parts:
            order: dict[str, Any] = {"staffId": f"stf_{option.staff}"}
            if part.start != held[part.key].start:
                order["startTime"] = moment(part.start)
            if part.room and (part.room != held[part.key].room or "startTime" in order):
                order["resourceId"] = part.room
            try:
                with store().write():
                    appointments.patch(f"apt_{part.key}", order, "benchmark")
            except Refused as no:
                said.append(f"apt_{part.key}: {no}")
    return said


def _location(day: Day) -> dict[str, Any]:
    rooms = [{"id": key, "kind": kind, "name": key} for key, kind in day.rooms]
    return _stamped(id=PLACE, name="Maple Street", timezone="UTC", resources=rooms)


def _services() -> _Rows:
    return [
        _stamped(
            id=f"svc_{key}",
            name=f"Service {key}",
            skill=skill,
            resourceKind=kind or None,
            durationMinutes=minutes,
            price="50.00",
        )
        for key, (skill, kind, minutes) in SERVICES.items()
    ]


def _staff(day: Day) -> _Rows:
    role = {"locationId": PLACE, "role": "provider"}
    return [
        _stamped(
            id=f"stf_{one.key}",
            name=one.name,
            skills=sorted(one.skills),
            active=one.working,
            roles=[role],
        )
        for one in day.workers
    ]


def _shifts(day: Day) -> _Rows:
    return [
        _stamped(
            id=f"shf_{one.key}_{key}",
            staffId=f"stf_{one.key}",
            locationId=PLACE,
            startTime=moment(first),
            endTime=moment(last),
        )
        for one in day.workers
        for key, first, last in one.shifts
    ]


def _appointment(one: Booked) -> dict[str, Any]:
    return _stamped(
        id=f"apt_{one.key}",
        clientId=f"cli_{one.client}",
        serviceId=f"svc_{one.service}",
        serviceName=f"Service {one.service}",
        staffId=f"stf_{one.staff}",
        staffName=f"Person {one.staff}",
        locationId=PLACE,
        resourceId=one.room or None,
        startTime=moment(one.start),
        endTime=moment(one.end),
        status="booked",
    )


def _stamped(**fields: Any) -> dict[str, Any]:
    return fields | {"updatedAt": clock.micro(MONDAY - timedelta(days=1))}
