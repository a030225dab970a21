"""What platforms and files call the states of an appointment, in our words."""

from integrations.models import Appointment

S = Appointment.Status
KNOWN = {
    "arrived": S.CHECKED_IN,
    "checkedin": S.CHECKED_IN,
    "inservice": S.CHECKED_IN,
    "inprogress": S.CHECKED_IN,
    "started": S.CHECKED_IN,
    "confirmed": S.CONFIRMED,
    "completed": S.COMPLETED,
    "complete": S.COMPLETED,
    "closed": S.COMPLETED,
    "done": S.COMPLETED,
    "paid": S.COMPLETED,
    "cancelled": S.CANCELLED,
    "canceled": S.CANCELLED,
    "noshow": S.NO_SHOW,
}


def status_of(text: str) -> str:
    """The status behind a word in any spelling; a word nobody knows is a booking."""
    bare = "".join(char for char in text.lower() if char.isalpha())
    return str(KNOWN.get(bare, S.BOOKED))
