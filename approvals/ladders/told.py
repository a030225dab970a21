"""Who was told about a booking by the ladder itself."""

from django.db.models import Q

from approvals.models import Opening
from integrations.models import Appointment


def told_by_ladder(appointment: Appointment) -> bool:
    """Whether this is the booking that a claim made: its client gets "it's yours" from the ladder.

    Also while the booking is only on its way back from the platform, whichever arrives first.
    """
    theirs = Q(held_by__client_id=appointment.client_id) | Q(filled_by_id=appointment.client_id)
    same_slot = theirs & Q(location_id=appointment.location_id, starts_at=appointment.starts_at)
    by_id = Q(
        connection_id=appointment.connection_id,
        filled_appointment_id=appointment.external_id,
        starts_at=appointment.starts_at,
    )
    return Opening.objects.filter(
        same_slot | by_id, state__in=[Opening.State.HELD, Opening.State.BOOKED]
    ).exists()
