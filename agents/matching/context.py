"""What a run about a free slot knows and keeps: the slot and who waits, without names."""

from datetime import datetime

from pydantic import Field

from agents.context import Context
from agents.matching.facts import Slot, Waiting


class SlotContext(Context):
    """The common part speaks of the best client to ask; ``waiting`` are all that were looked at.

    No model sees any of it: the texts of offers are fixed, because every rung is approved at once.
    """

    slot: Slot
    waiting: list[Waiting] = Field(default_factory=list)
    cause: str = "cancelled"
    what: str = ""
    given_up_at: datetime | None = None
