"""The therapist is told that a brief is to be read: once the desk has approved it, and once more
shortly before the visit while nobody has ticked it. The notice leads to the brief; it names nobody.
"""

from datetime import datetime, timedelta

from django.db import transaction

from agents.definitions.brief import Brief
from approvals.models import ApprovalItem, Notice
from approvals.services.noticing import notices_write
from copilot.visits.models import BriefRead
from copilot.visits.reading import APPROVED, SOON
from core import clock
from integrations.models import Appointment, User

AHEAD = timedelta(hours=36)
FIRST, AGAIN = "brief", "brief-soon"


def briefs_look(now: datetime) -> int:
    """Write the notices that are due; returns how many. Three statements where nothing is new: what
    was told is found by its key, so a look that was missed or made twice changes nothing."""
    due = _unread(now)
    keys = {_key(item, now): item for item in due}
    known = Notice.objects.filter(kind=Notice.Kind.BRIEF, key__in=keys)
    told = set(known.values_list("user_id", "key"))
    written = 0
    for key, item in keys.items():
        visit = item.appointment
        user_id = visit.staff.user_id if visit and visit.staff else None
        if user_id is None or (user_id, key) in told:
            continue
        with transaction.atomic():
            written += notices_write(
                kind=Notice.Kind.BRIEF, location_id=item.location_id, key=key, user_ids=[user_id]
            )
    return written


def _unread(now: datetime) -> list[ApprovalItem]:
    """The newest approved brief of each visit ahead whose therapist can sign in."""
    rows = ApprovalItem.real.filter(
        agent=Brief.name,
        state__in=APPROVED,
        appointment__starts_at__gt=now,
        appointment__starts_at__lt=now + AHEAD,
        appointment__status__in=Appointment.UPCOMING,
        appointment__deleted_at=None,
        appointment__staff__active=True,
        appointment__staff__user__is_active=True,
    ).select_related("appointment__staff")
    newest = {item.appointment_id: item for item in rows.order_by("pk")}
    read = set(
        BriefRead.objects.filter(item__in=[one.pk for one in newest.values()]).values_list(
            "item_id", flat=True
        )
    )
    return [one for one in newest.values() if one.pk not in read]


def _key(item: ApprovalItem, now: datetime) -> str:
    visit = item.appointment
    soon = visit is not None and visit.starts_at <= now + SOON
    return f"{AGAIN if soon else FIRST}:{item.appointment_id}:{item.pk}"


def brief_seen(*, user: User, visit: Appointment) -> int:
    """They have it open: nothing about it is pushed or mailed any more."""
    rows = Notice.objects.filter(user=user, kind=Notice.Kind.BRIEF, seen_at=None)
    mine = rows.filter(key__regex=rf"^({FIRST}|{AGAIN}):{visit.pk}:")
    return mine.update(seen_at=clock.now())
