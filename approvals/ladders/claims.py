"""Claims: the first yes wins, by one conditional UPDATE on the Opening."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from approvals.models import Offer, Opening

Outcome = Literal[
    "won",  # theirs; the booking is on its way
    "already_yours",  # a second yes of the winner; ``booked`` says whether the calendar shows it
    "request_received",  # the platform takes no bookings from us: the desk does it
    "next_in_line",  # a late yes while somebody else is asked
    "gone",  # somebody else has it, or it is not offered any more
    "expired",  # too late: the slot is over or too near
    "declined",  # said no; a later yes counts as a late one
    "unknown",  # a link we never made, or one that is over
]


@dataclass(frozen=True)
class Suggestion:
    """Another slot the client could book instead, as the platform's free times say."""

    starts_at: datetime
    staff_name: str = ""


@dataclass(frozen=True)
class ClaimResult:
    """What a yes or no came to. ``offer`` and ``opening`` are None for unknown links."""

    outcome: Outcome
    offer: Offer | None = None
    opening: Opening | None = None
    booked: bool = False
    suggestions: tuple[Suggestion, ...] = field(default=())


def claim(
    *,
    by: Literal["text", "link", "desk"],
    token: str | None = None,
    offer: Offer | None = None,
    keep_old: bool | None = None,
) -> ClaimResult:
    """Say yes to an offer, by its link's token or the offer itself. Never raises for late or
    repeated answers.

    ``keep_old`` concerns ``offer.instead_of``: True keeps both appointments, False or None lets
    the later one go, as the text says. The winner's booking effect is released in the same
    transaction, everybody else's offer is withdrawn and the kind note released to who holds one.
    """
    raise NotImplementedError


def decline(
    *, by: Literal["text", "link", "desk"], token: str | None = None, offer: Offer | None = None
) -> ClaimResult:
    """Say no. The next rung is due at once."""
    raise NotImplementedError


def seen(token: str) -> ClaimResult:
    """What the claim page shows, without changing anything: the state of the link's offer.

    Outcome ``won`` with ``offer.state`` waiting or sent means: it can be claimed now.
    """
    raise NotImplementedError


def open_offer_of(client_id: int, channel: str = "") -> list[Offer]:
    """Offers a client could answer now (asked, or late but their slot is still free), newest first."""
    raise NotImplementedError
