"""When an approved draft leaves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from approvals.actions import Action

# Follow-ups are released when what they follow was sent; until then nothing may claim them.
PARKED = timedelta(days=3650)


@dataclass(frozen=True)
class Plan:
    """When an approved draft leaves, and whether a person has to do it.

    ``parked``: not even the first action leaves by itself; a ladder lets its rungs go one by one.
    """

    at: datetime
    held_until: datetime
    by_hand: bool
    actions: Sequence[Action]
    parked: bool = False
