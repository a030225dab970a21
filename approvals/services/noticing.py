"""Who is told that drafts wait, by rows that outlive a restart. Nothing in them names a client."""

from approvals.models import Notice
from approvals.permissions import MANAGER_RIGHT, PROVIDER, people_with
from core import clock
from integrations.models import Appointment

Kind = Notice.Kind


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
    rows = [
        Notice(
            user_id=user_id,
            location_id=location_id,
            kind=kind,
            key=key[:120],
            not_before=clock.now(),
        )
        for user_id in user_ids
    ]
    return len(Notice.objects.bulk_create(rows, ignore_conflicts=True))


def decides(roles: frozenset[str]) -> bool:
    """Whether somebody decides for the whole location, and not on their own appointments alone."""
    return roles != frozenset({PROVIDER})
