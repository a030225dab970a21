"""Typed actions of answers, beside those of approvals/actions.py."""

from typing import ClassVar

from approvals.actions import Action, action_type
from integrations.people import telephone


@action_type
class CallClient(Action):
    """A person calls the client: no machine can, so it is always a step by hand.

    ``about`` says in a few words what for; it is read by the desk, never sent.
    """

    name: ClassVar[str] = "call_client"
    label: ClassVar[str] = "Call"
    capability: ClassVar[str] = "by_hand"
    client: str
    phone: str
    about: str

    @property
    def spoken(self) -> str:
        return f"Call {telephone(self.phone)}: {self.about}" if self.phone else self.about
