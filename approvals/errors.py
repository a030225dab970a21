"""What a decision can run into. Each says it in words for the person who pressed."""

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from approvals.models import ApprovalItem


class DecisionError(Exception):
    """Base: ``plain`` is one sentence for the page."""

    def __init__(self, plain: str) -> None:
        super().__init__(plain)
        self.plain = plain


class AlreadyDecided(DecisionError):
    """Somebody (or something) was faster. ``what`` is done already, ``who`` did it, ``when``."""

    def __init__(self, who: str, when: datetime | None, what: str) -> None:
        super().__init__(f"{who}: {what}" if who else what)
        self.who = who
        self.when = when
        self.what = what


class NoRight(DecisionError):
    """The person may not decide this at that location. Pages answer with 404."""

    def __init__(self, plain: str = "You cannot decide on this draft.") -> None:
        super().__init__(plain)


class Changed(DecisionError):
    """The text or its evidence is not what the person saw; ``item`` is the draft as it is now."""

    def __init__(self, item: "ApprovalItem") -> None:
        super().__init__("The draft has changed since you opened it. Please read it again.")
        self.item = item


class IsATest(DecisionError):
    """The draft was planted to see whether it is read. Nothing is decided about it; whoever pressed
    is told (``attention/answering.py``)."""

    def __init__(self) -> None:
        super().__init__("This was a test. Nothing was sent.")


class NotPossible(DecisionError):
    """A rule forbids it just now; ``plain`` says which and what to do instead."""
