"""The brakes as everything asks for them: is sending paused here, did something go wrong there.

Reads only; who presses them is in ``approvals/services/braking.py``. Asked at drafting, at approval
and right before sending.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from approvals.models import ApprovalItem, Mishap, SendingPause
from approvals.permissions import Rights
from approvals.policy import YIELDING_PURPOSES
from approvals.writing_rules import RIGHT
from core import clock
from integrations.models import Location

# What the worker writes on an effect that it put back because of a pause.
PAUSED = "Sending is paused."
# What is nice to send and steps back after a mishap: by purpose, or by the right that decides.
NICE_TO_SEND = Q(purpose__in=sorted(YIELDING_PURPOSES)) | Q(right="review_retail")


def sending_paused(location_id: int) -> bool:
    """Whether a location holds back everything that would leave by itself."""
    return Location.objects.filter(pk=location_id, sending_paused_at__isnull=False).exists()


def sending_paused_of(item_id: int) -> bool:
    """The same for the location of a draft."""
    return ApprovalItem.objects.filter(
        pk=item_id, location__sending_paused_at__isnull=False
    ).exists()


def sending_paused_locked(location_id: int) -> bool:
    """The same under a shared lock, inside the transaction that begins a call.

    Pressing *Pause sending* changes the location's row: of the press and the call exactly one is
    first. Lock it before the effect's and the draft's rows; resuming takes them in that order too.
    """
    held = Location.objects.raw(
        "SELECT id, sending_paused_at FROM integrations_location WHERE id = %s FOR SHARE",
        [location_id],
    )
    return any(place.sending_paused_at is not None for place in held)


@dataclass(frozen=True)
class Paused:
    """A location that sends nothing now: since when, who pressed (''  where nobody did), why."""

    location: Location
    reason: str
    paused_at: datetime
    paused_by_name: str = ""
    may_resume: bool = False


def pauses_of(places: Iterable[Location], rights: Rights) -> list[Paused]:
    """Of these locations those that are paused; one query where one is, none otherwise."""
    stopped = [place for place in places if place.sending_paused_at is not None]
    if not stopped:
        return []
    rows = SendingPause.objects.filter(location__in=stopped, resumed_at=None)
    by = dict(rows.values_list("location_id", "paused_by_name"))
    return [
        Paused(
            place,
            place.sending_paused_reason,
            place.sending_paused_at,
            by.get(place.pk, ""),
            may_brake(rights, place.pk),
        )
        for place in stopped
        if place.sending_paused_at is not None
    ]


def may_brake(rights: Rights, location_id: int) -> bool:
    """Who decides on messages there; a provider's own drafts give no say over everybody's."""
    return rights.has(location_id, RIGHT) and not rights.provider_only(location_id, RIGHT)


def mishaps_of(client_id: int | None) -> list[Mishap]:
    """What went wrong for this client lately and still holds what is nice to send."""
    if client_id is None:
        return []
    rows = Mishap.objects.filter(client_id=client_id, ended_at=None, until__gt=clock.now())
    return list(rows.select_related("appointment").order_by("-at"))


def stepping_back(client_ids: Iterable[int]) -> set[int]:
    """Of these clients, those for whom aftercare, reviews, retail and marketing step back."""
    rows = Mishap.objects.filter(
        client_id__in=list(client_ids), ended_at=None, until__gt=clock.now()
    )
    return set(rows.values_list("client_id", flat=True))


def is_nice_to_send(item: ApprovalItem) -> bool:
    """The rule of ``NICE_TO_SEND`` for a draft at hand."""
    return item.purpose in YIELDING_PURPOSES or item.right == "review_retail"
