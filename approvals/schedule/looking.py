"""One look at one day of a location: what clashes gets a row, what no longer does is closed."""

from datetime import date

from django.db import connection, transaction

from approvals.errors import NoRight, NotPossible
from approvals.models import ScheduleConflict
from approvals.permissions import rights_of
from approvals.rescheduling.conflicts import Conflict, conflicts
from approvals.rescheduling.loading import day_load, minute, moment_of
from core import clock
from core.audit import audit_record
from core.hints import hint_on_commit
from integrations.models import Location, User

State = ScheduleConflict.State
RIGHT = "review_changes"
LOCK = 7311


def day_look(*, location: Location, day: date) -> list[ScheduleConflict]:
    """Bring the rows of one day up to date; returns those that are new."""
    return days_look(location=location, first=day, days=1)


def days_look(*, location: Location, first: date, days: int) -> list[ScheduleConflict]:
    """Bring the rows of so many days up to date, read at once; returns those that are new.

    Looking twice is harmless. Two looks at the same location take turns, so that a pair never gets
    two rows.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, location.pk % 2**31])
        loaded = day_load(location, first, days, hands=False)
        start, end = loaded.midnights[0], loaded.midnights[-1]
        found = {one.key: one for one in conflicts(loaded) if one.end > start and one.start < end}
        rows = ScheduleConflict.objects.filter(
            location=location,
            state__in=ScheduleConflict.LIVE,
            starts_at__lt=moment_of(end, location),
            ends_at__gt=moment_of(start, location),
        )
        known = {row.key: row for row in rows}
        _close(location, [row for key, row in known.items() if key not in found])
        _times(location, [(row, found[key]) for key, row in known.items() if key in found])
        new = [one for key, one in found.items() if key not in known]
        return _open(location, new) if new else []


def _close(location: Location, gone: list[ScheduleConflict]) -> None:
    if gone:
        ScheduleConflict.objects.filter(pk__in=[row.pk for row in gone]).update(
            state=State.GONE, closed_at=clock.now()
        )
        hint_on_commit(location.pk)


def _times(location: Location, pairs: list[tuple[ScheduleConflict, Conflict]]) -> None:
    """The same pair may clash at another hour by now."""
    for row, one in pairs:
        if (minute(row.starts_at), minute(row.ends_at)) != (one.start, one.end):
            ScheduleConflict.objects.filter(pk=row.pk).update(
                starts_at=moment_of(one.start, location), ends_at=moment_of(one.end, location)
            )


def _open(location: Location, new: list[Conflict]) -> list[ScheduleConflict]:
    hint_on_commit(location.pk)
    return ScheduleConflict.objects.bulk_create(
        [
            ScheduleConflict(
                connection_id=location.connection_id,
                location=location,
                kind=one.kind,
                key=one.key,
                starts_at=moment_of(one.start, location),
                ends_at=moment_of(one.end, location),
                staff_id=one.staff or None,
                resource_id=one.room,
                first_id=one.first,
                second_id=one.second,
            )
            for one in new
        ],
        # Seen from the day before as well, because it lasts past midnight: one row is enough.
        ignore_conflicts=True,
    )


def conflict_dismiss(*, user: User, conflict_id: int, reason: str) -> ScheduleConflict:
    """It is meant to be so: not shown again until it is gone. Raises NoRight or NotPossible."""
    words = " ".join(reason.split())[:200]
    with transaction.atomic():
        row = ScheduleConflict.objects.select_for_update().filter(pk=conflict_id).first()
        if row is None or not sees(user, row):
            raise NoRight
        if not words:
            raise NotPossible("Please say in a few words why it is meant to be so.")
        if row.state != State.OPEN:
            raise NotPossible("It is settled already.")
        row.state, row.reason, row.dismissed_by_name = State.DISMISSED, words, user.name
        row.save(update_fields=["state", "reason", "dismissed_by_name"])
        audit_record(
            action="conflict.dismissed",
            actor=user.as_actor(),
            connection=row.connection_id,
            location=row.location_id,
            subject=f"conflict:{row.pk}",
            facts={"kind": row.kind, "key": row.key},
            detail={"reason": words},
        )
        hint_on_commit(row.location_id)
        return row


def sees(user: User, row: ScheduleConflict) -> bool:
    """Whoever may change the calendar there; a provider only what concerns themselves."""
    rights = rights_of(user)
    if not rights.has(row.location_id, RIGHT):
        return False
    own = rights.provider_only(row.location_id, RIGHT)
    return not own or (row.staff_id is not None and row.staff_id == rights.staff_id)
