"""Nobody is asked back who has booked: a check before sending, and drafts step back at once."""

from collections.abc import Mapping
from typing import Any

from agents.returning.reaching import BOOKED_AHEAD
from approvals.models import ApprovalItem
from approvals.services.closing import item_withdraw
from core.announce import listen
from core.audit import Actor
from integrations.checks import Changed, Holds, Reading, check
from integrations.events import AppointmentBooked
from integrations.models import Appointment

STOPS = ("winback",)
BY = Actor.system("returning")


@check("nothing_booked")
def nothing_booked(params: Mapping[str, Any], reading: Reading) -> Holds | Changed:
    """{client}: still has no appointment ahead."""
    rows = Appointment.objects.filter(
        connection_id=reading.connection_id,
        client_id=params.get("client") or 0,
        status__in=Appointment.UPCOMING,
        starts_at__gt=reading.at,
        deleted_at=None,
    )
    return Changed(BOOKED_AHEAD, "booked") if rows.exists() else Holds()


@listen("returning-booked", AppointmentBooked)
def booked_hear(event: Any) -> None:
    """They booked: what asks them back is taken away, also what waits to be sent."""
    if event.history or event.client_id is None:
        return
    rows = ApprovalItem.objects.filter(
        agent__in=STOPS, client=event.client_id, state__in=[*ApprovalItem.LIVE]
    )
    for item in rows.order_by("pk"):
        item_withdraw(actor=BY, item_id=item.pk, reason=BOOKED_AHEAD)
