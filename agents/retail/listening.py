"""What checkout cards hear, inside the transaction that finishes the delivery: rows only."""

from typing import Any

from agents.models import CheckoutCard
from agents.retail.cards import booking_open, card_open, cards_close, cards_forget
from agents.retail.joining import booking_join, sale_join
from approvals.news import ClientErased
from core.announce import listen
from integrations import events


@listen(
    "checkout",
    events.ClientCheckedIn,
    events.ServiceCompleted,
    events.AppointmentBooked,
    events.AppointmentCancelled,
    events.AppointmentNoShow,
    events.SaleCompleted,
    ClientErased,
)
def checkout_hear(event: Any) -> None:
    """Who comes to the counter, who leaves it, and who is not to be known any more."""
    if isinstance(event, ClientErased):
        if event.client_id is not None:
            cards_forget(client_id=event.client_id)
        return
    if event.history:
        return
    if isinstance(event, events.SaleCompleted):
        sale_join(event.sale_id)
    elif isinstance(event, events.ClientCheckedIn | events.ServiceCompleted):
        card_open(event, finished=isinstance(event, events.ServiceCompleted))
    elif isinstance(event, events.AppointmentBooked):
        booking_join(event)
        booking_open(event)
    elif isinstance(event, events.AppointmentCancelled | events.AppointmentNoShow):
        cards_close(appointment_id=event.appointment_id, why=CheckoutCard.Closed.OFF)
