"""At the counter: give the slot to somebody who is here, or stop offering it."""

from approvals.models import Opening
from integrations.models import User


def give_to_someone_here(*, user: User, opening_id: int) -> Opening:
    """One tap: the ladder stops, the slot is kept for the desk, who holds an offer gets the note.

    Raises NoRight, or AlreadyDecided when somebody claimed it a moment before.
    """
    raise NotImplementedError


def stop_offering(*, user: User, opening_id: int) -> Opening:
    """The slot is not offered any more (and not found again); who holds an offer gets the note."""
    raise NotImplementedError
