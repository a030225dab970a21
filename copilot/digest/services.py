"""What people do with their digest: wishes, opening it, and marking a row as fine."""

from datetime import date, time
from typing import Any

from django.db import transaction

from approvals.errors import NoRight, NotPossible
from approvals.permissions import MANAGER_RIGHT, rights_of
from copilot.digest.building import row_make
from copilot.digest.models import Digest, DigestChoice, DigestMark
from copilot.digest.people import colleagues, reader_of
from copilot.digest.rows import Row
from core import clock
from core.audit import audit_record
from integrations.models import Location, User

# Opening it tells that the last days' were read too: the page shows what is still to do.
OPENED = Digest.Outcome.MAILED, Digest.Outcome.PAGE, Digest.Outcome.NONE


def digest_opened(*, user: User) -> int:
    """This person looks at the page: what was unopened until now is opened. Returns how many."""
    return Digest.objects.filter(user=user, opened_at=None, outcome__in=OPENED).update(
        opened_at=clock.now()
    )


def _row_of(user: User, location_id: int, day: date, key: str) -> tuple[Location, Row]:
    rights = rights_of(user)
    if not rights.has(location_id, MANAGER_RIGHT):
        raise NoRight
    place = Location.objects.select_related("connection").get(pk=location_id)
    row = row_make(user, rights, day, place, key)
    if row is None:
        raise NotPossible("This line is not on the digest any more.")
    return place, row


def row_fine(*, user: User, location_id: int, day: date, key: str) -> DigestMark:
    """Somebody looked and says it is fine: the line steps aside for everybody at the location."""
    place, row = _row_of(user, location_id, day, key)
    with transaction.atomic():
        mark, made = DigestMark.objects.get_or_create(
            location=place, day=day, key=key, defaults={"user": user, "user_name": user.name}
        )
        if made:
            _audit(user, place, row, "digest.fine")
    return mark


def row_not_fine(*, user: User, location_id: int, day: date, key: str) -> int:
    """A wrong press: the line is back."""
    place, row = _row_of(user, location_id, day, key)
    with transaction.atomic():
        gone, _ = DigestMark.objects.filter(location=place, day=day, key=key).delete()
        if gone:
            _audit(user, place, row, "digest.not_fine")
    return gone


def _audit(user: User, place: Location, row: Row, action: str) -> None:
    audit_record(
        action=action,
        actor=user.as_actor(),
        connection=place.connection_id,
        location=place.pk,
        client=row.client.pk if row.client else "",
        subject=row.key,
        correlation=f"item:{row.draft.pk}" if row.draft else "",
    )


def choice_save(
    *,
    user: User,
    at: time,
    by_mail: bool,
    place_id: int | None = None,
    days_off: list[int] | None = None,
    away: tuple[date | None, date | None] = (None, None),
    cover_id: int | None = None,
) -> DigestChoice:
    """Keep one's own wishes. ``cover_id`` must read every location that this person reads."""
    reader = reader_of(user)
    if reader is None:
        raise NoRight
    if away[0] and away[1] and away[1] < away[0]:
        raise NotPossible("The last day away lies before the first.")
    if cover_id is not None and cover_id not in {one.pk for one in colleagues(reader)}:
        raise NotPossible("Whoever covers has to read the digest of the same locations.")
    if place_id is not None and place_id not in {one.pk for one in reader.places}:
        raise NotPossible("That location is not one of yours.")
    fields: dict[str, Any] = {
        "at": at,
        "by_mail": by_mail,
        "place_id": place_id,
        "days_off": sorted(set(days_off or [])),
        "away_from": away[0],
        "away_until": away[1],
        "cover_id": cover_id,
        "changed_at": clock.now(),
    }
    with transaction.atomic():
        choice, _ = DigestChoice.objects.update_or_create(user=user, defaults=fields)
        audit_record(
            action="digest.choice",
            actor=user.as_actor(),
            subject=f"user:{user.pk}",
            facts={"at": at.isoformat("minutes"), "by_mail": by_mail, "cover": cover_id},
        )
    return choice
