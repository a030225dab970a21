"""Reads for the hand-over: the one that waits, and whether it is time to hand over."""

from datetime import datetime, timedelta

from approvals.handover import ends_today
from approvals.models import HandOver
from approvals.permissions import Rights
from integrations.models import Location, Shift

BEFORE_THE_END = timedelta(minutes=30)
AFTER_THE_END = timedelta(hours=2)


def handovers_open(rights: Rights) -> list[HandOver]:
    """What waits to be accepted at one's own locations, oldest first."""
    rows = HandOver.objects.filter(location__in=rights.locations, accepted_at=None)
    return list(rows.select_related("location", "given_by").order_by("given_at"))


def time_to_hand_over(rights: Rights, places: list[Location], now: datetime) -> Location | None:
    """The location at which this person's shift ends about now, or which closes about now.

    None where it was handed over within the last hours.
    """
    recent = set(
        HandOver.objects.filter(
            location__in=places, given_at__gte=now - AFTER_THE_END - BEFORE_THE_END
        ).values_list("location_id", flat=True)
    )
    ending = set(
        Shift.objects.filter(
            staff_id=rights.staff_id or 0,
            location__in=places,
            ends_at__gte=now - AFTER_THE_END,
            ends_at__lte=now + BEFORE_THE_END,
            deleted_at=None,
        ).values_list("location_id", flat=True)
    )
    for place in places:
        closes = ends_today(place, now)
        near = closes is not None and closes - BEFORE_THE_END <= now <= closes + AFTER_THE_END
        if place.pk not in recent and (place.pk in ending or near):
            return place
    return None
