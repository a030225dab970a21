"""Parking: put everything aside with one key, and go on from the exact spot with the same key."""

import re
from dataclasses import dataclass
from datetime import timedelta

from approvals.models import ApprovalItem, ParkedSpot
from approvals.permissions import rights_of
from approvals.presence import presence_gone
from core import clock
from core.audit import audit_record
from core.hints import hint_publish
from integrations.models import Station, User

# A spot that a colleague left on a shared device leads nobody there the next morning.
LEADS_FOR = timedelta(hours=12)
PATH = re.compile(r"/[A-Za-z0-9/_.?=&%+,:;~*-]*")
DRAFT = re.compile(r"/drafts/([0-9]{1,18})/")


@dataclass(frozen=True)
class Spot:
    """The place on a page. ``field`` is the id of a field that was open, with ``text`` in it."""

    path: str
    field: str = ""
    text: str = ""
    caret: int = 0
    scroll: int = 0
    list_scroll: int = 0


def spot_park(*, user: User, spot: Spot) -> ParkedSpot:
    """Keep where this person is, and take them from the draft, for the others to see."""
    path = spot.path if PATH.fullmatch(spot.path) and not spot.path.startswith("//") else "/"
    item = _item(user, path)
    row, _ = ParkedSpot.objects.update_or_create(
        user=user,
        defaults={
            "station": user.at_station,
            "item": item,
            "path": path[:500],
            "field": spot.field[:60],
            "text": spot.text.replace("\x00", "")[:500],
            "caret": spot.caret,
            "scroll": spot.scroll,
            "list_scroll": spot.list_scroll,
            "at": clock.now(),
        },
    )
    if item is not None:
        presence_gone(item_ids=[item.pk], user_id=user.pk)
        hint_publish(item.location_id, "presence")
    audit_record(
        action="desk.parked",
        actor=user.as_actor(),
        connection=item.connection_id if item else "",
        location=item.location_id if item else "",
        subject=f"item:{item.pk}" if item else "",
    )
    return row


def _item(user: User, path: str) -> ApprovalItem | None:
    found = DRAFT.match(path)
    if found is None:
        return None
    seen = ApprovalItem.objects.filter(rights_of(user).visible(), pk=int(found[1]))
    return seen.first()


def spot_resume(*, user: User) -> ParkedSpot | None:
    """Where this person left off, on whatever device; it is theirs to take once."""
    found = ParkedSpot.objects.filter(user=user).first()
    if found is None or not ParkedSpot.objects.filter(pk=found.pk).delete()[0]:
        return None
    audit_record(
        action="desk.resumed",
        actor=user.as_actor(),
        location=found.item.location_id if found.item else "",
        subject=f"item:{found.item_id}" if found.item_id else "",
    )
    return found


def spot_left_at(*, station: Station, user: User) -> ParkedSpot | None:
    """Where a colleague left this device. Their spot and their words stay theirs."""
    rows = ParkedSpot.objects.filter(station=station, at__gte=clock.now() - LEADS_FOR)
    return rows.exclude(user=user).select_related("user").order_by("-at").first()


def spots_parked(*, location_ids: list[int]) -> list[ParkedSpot]:
    """Drafts of these locations that somebody put aside, oldest first."""
    rows = ParkedSpot.objects.filter(
        item__location_id__in=location_ids, item__state__in=ApprovalItem.OPEN
    )
    return list(rows.select_related("user", "item__client").order_by("at"))
