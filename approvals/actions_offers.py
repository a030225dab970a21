"""Typed actions of open slots, beside those of approvals/actions.py."""

from typing import Any, ClassVar

from approvals.actions import Action, action_type


@action_type
class UpdateWaitlist(Action):
    """Fields of one waitlist entry; ``status`` is one of waiting, offered, booked, removed."""

    name: ClassVar[str] = "update_waitlist"
    label: ClassVar[str] = "Change the waitlist"
    capability: ClassVar[str] = "waitlist"
    entry: str
    fields: dict[str, Any]


@action_type
class AddToWaitlist(Action):
    """A new waitlist entry. ``windows`` are the platform's own (days, from, to, dates)."""

    name: ClassVar[str] = "add_to_waitlist"
    label: ClassVar[str] = "Add to the waitlist"
    capability: ClassVar[str] = "waitlist"
    client: str
    location: str
    service: str = ""
    staff: tuple[str, ...] = ()
    windows: tuple[dict[str, Any], ...] = ()
    priority: str = ""
    note: str = ""
