"""Handing over, and taking over what was handed: one person gives, another accepts, once."""

from django.db import transaction

from approvals.errors import AlreadyDecided, NoRight, NotPossible
from approvals.handover import handover_of
from approvals.models import HandOver
from approvals.permissions import rights_of
from core import clock
from core.audit import audit_record
from core.hints import hint_on_commit
from integrations.models import Location, User


@transaction.atomic
def handover_offer(*, user: User, location_id: int) -> HandOver:
    """This person's shift ends: what is open is the next person's to accept.

    Offered again, the open one says what is so now; somebody else's has to be accepted first.
    """
    rights = rights_of(user)
    location = Location.objects.filter(pk=location_id, pk__in=rights.locations).first()
    if location is None:
        raise NoRight("This location is not yours.")
    # One row per location: two people who hand over at once are told of each other.
    Location.objects.select_for_update().get(pk=location.pk)
    found = {part.key: part.total for part in handover_of(location=location, rights=rights)}
    row = HandOver.objects.filter(location=location, accepted_at=None).first()
    if row is not None and row.given_by_id != user.pk:
        raise NotPossible(f"{row.given_by_name} handed over already. Accept that first.")
    if row is None:
        row = HandOver(location=location, given_by=user, given_by_name=str(user))
    row.found, row.given_at = found, clock.now()
    row.save()
    _audit("handover.offered", user, row)
    return row


@transaction.atomic
def handover_accept(*, user: User, handover_id: int) -> HandOver:
    """The next person has read it. Of two who press, one has accepted it."""
    row = HandOver.objects.filter(pk=handover_id).select_related("location").first()
    if row is None or row.location_id not in rights_of(user).locations:
        raise NoRight("There is no such hand-over.")
    if row.given_by_id == user.pk:
        raise NotPossible("You handed this over yourself. Somebody else accepts it.")
    now = clock.now()
    won = HandOver.objects.filter(pk=row.pk, accepted_at=None).update(
        accepted_by=user, accepted_by_name=str(user), accepted_at=now
    )
    if not won:
        row.refresh_from_db()
        raise AlreadyDecided(row.accepted_by_name, row.accepted_at, "It is accepted already.")
    row.accepted_by, row.accepted_by_name, row.accepted_at = user, str(user), now
    _audit("handover.accepted", user, row)
    return row


def _audit(action: str, user: User, row: HandOver) -> None:
    audit_record(
        action=action,
        actor=user.as_actor(),
        connection=row.location.connection_id,
        location=row.location_id,
        subject=f"handover:{row.pk}",
        facts={"given_by": row.given_by_id or "", **row.found},
    )
    hint_on_commit(row.location_id, "handover")
