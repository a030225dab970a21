"""Typed actions of absences, beside those of approvals/actions.py."""

from typing import ClassVar

from approvals.actions import Action, action_type


@action_type
class RescheduleDay(Action):
    """What one draft about somebody who is out stands for: every line with the hash of its texts
    and changes. It does nothing by itself; each line becomes a draft of its own when approved.

    ``lines`` are (line, hash of what it says and does, in words).
    """

    name: ClassVar[str] = "reschedule_day"
    label: ClassVar[str] = "Write to everybody affected"
    capability: ClassVar[str] = "by_hand"
    absence: int
    lines: tuple[tuple[int, str, str], ...]

    @property
    def spoken(self) -> str:
        return "\n".join(words for _, _, words in self.lines)
