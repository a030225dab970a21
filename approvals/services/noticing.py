"""Who is told that drafts wait, by rows that outlive a restart. Nothing in them names a client.

A row is written once per person and occasion, pushed to the person's browsers, and mailed only if
nobody saw it for three minutes. Seen means: a page of theirs is open, or they came by the push.
"""

from datetime import datetime, timedelta

from django.db.models import Q

from approvals.models import ApprovalItem, Notice, PushDevice
from approvals.permissions import MANAGER_RIGHT, PROVIDER, people_with
from approvals.policy import SHORT_TIME
from core import clock
from core.doorbell import ring_on_commit
from core.redis import attempt
from integrations.hours import is_open, next_opening
from integrations.models import Appointment, Location, Shift, User

Kind, State = Notice.Kind, ApprovalItem.State
DRAIN = "approvals.notices_drain"
LIVE_FOR = 90
# A draft that waits this long without anybody at a page is worth a word; then once in half an hour.
WAITED = timedelta(minutes=2)
EVERY = timedelta(minutes=30)
# What is of no use before the next opening (and a little of it) cannot wait for it.
AFTER_OPENING = timedelta(minutes=30)
A_WEEK, EARLY = timedelta(days=7), timedelta(minutes=15)


def managers_tell(*, location_id: int, key: str) -> int:
    """Tell those who read the digest of a location that something went wrong there."""
    people = people_with(location_id, MANAGER_RIGHT)
    return notices_write(
        kind=Kind.MISHAP, location_id=location_id, key=key, user_ids=sorted(people)
    )


def therapist_tell(*, visit: Appointment, key: str) -> bool:
    """Tell whoever does this visit that the client comes late. False: they have no sign-in."""
    user_id = visit.staff.user_id if visit.staff is not None else None
    if user_id is None:
        return False
    notices_write(kind=Kind.LATE, location_id=visit.location_id, key=key, user_ids=[user_id])
    return True


def notices_write(*, kind: str, location_id: int, key: str, user_ids: list[int]) -> int:
    """One row per person; the same key again tells nobody twice. Call inside a transaction."""
    at = _not_before(kind, location_id)
    rows = [
        Notice(user_id=user_id, location_id=location_id, kind=kind, key=key[:120], not_before=at)
        for user_id in user_ids
    ]
    known = Notice.objects.filter(key=key[:120], user_id__in=user_ids).count()
    Notice.objects.bulk_create(rows, ignore_conflicts=True)
    ring_on_commit(DRAIN)
    return len(rows) - known


def _not_before(kind: str, location_id: int) -> datetime:
    """What went wrong is told in the morning; who comes late, at once."""
    now = clock.now()
    if kind != Kind.MISHAP:
        return now
    place = Location.objects.get(pk=location_id)
    return now if is_open(place, now) else next_opening(place, now)


def notices_look(now: datetime) -> int:
    """Look at every location with something waiting; returns how many rows were written."""
    waiting = ApprovalItem.real.filter(
        state__in=ApprovalItem.OPEN, pending_at__lte=now - WAITED
    ).exclude(Q(stage=ApprovalItem.Stage.OBSERVE) | Q(snoozed_until__gt=now))
    written = 0
    for place in Location.objects.filter(pk__in=waiting.values("location_id")):
        here = waiting.filter(location=place)
        written += _look(place, list(here.values_list("pk", "due_at", "right")), now)
    return written


def _look(place: Location, found: list[tuple[int, datetime | None, str]], now: datetime) -> int:
    """Out of hours only what is of no use any more when the desk opens."""
    opened = is_open(place, now)
    until = now + SHORT_TIME if opened else next_opening(place, now) + AFTER_OPENING
    written = 0
    for right in sorted({right for _, _, right in found}):
        people = on_duty(place, right, now, out_of_hours=not opened)
        mine = [(pk, due) for pk, due, asks in found if asks == right]
        short = sorted((due, pk) for pk, due in mine if due is not None and now < due <= until)
        if short:
            key = f"short:{place.pk}:{short[0][1]}"
            written += notices_write(
                kind=Kind.SHORT, location_id=place.pk, key=key, user_ids=people
            )
        elif opened:
            half_hour = int(now.timestamp() // EVERY.total_seconds())
            key = f"waiting:{place.pk}:{half_hour}"
            written += notices_write(
                kind=Kind.WAITING, location_id=place.pk, key=key, user_ids=people
            )
    return written


def on_duty(place: Location, right: str, now: datetime, *, out_of_hours: bool) -> list[int]:
    """Who decides there and works now: by their shifts, or, where they have none, whoever may.

    Only people with a browser that may be told: nobody is mailed who never asked for it.
    """
    held = {who for who, roles in people_with(place.pk, right).items() if roles != {PROVIDER}}
    reached = set(
        PushDevice.objects.filter(user__in=held).values_list("user_id", flat=True).distinct()
    )
    if out_of_hours or not reached:
        return sorted(reached)
    shifts = Shift.objects.filter(
        staff__user__in=reached,
        deleted_at=None,
        starts_at__lt=now + A_WEEK,
        ends_at__gt=now - A_WEEK,
    ).values_list("staff__user_id", "location_id", "starts_at", "ends_at")
    rostered = {who for who, *_ in shifts}
    working = {
        who for who, where, start, end in shifts if where == place.pk and start - EARLY <= now < end
    }
    return sorted((reached - rostered) | working)


def is_live(user_id: int) -> bool:
    """Whether a page of theirs is open and looked at. Redis away: nobody is known to be."""
    return bool(attempt("live", lambda client: client.exists(f"copilot:live:{user_id}")))


def page_seen(*, user: User) -> int:
    """A page of this person is open: what was to be told is seen. Returns how many notices."""
    attempt("live", lambda client: client.set(f"copilot:live:{user.pk}", "1", ex=LIVE_FOR))
    return Notice.objects.filter(user=user, seen_at=None).update(seen_at=clock.now())
