"""Typed actions: what an item may ask for. Payloads are frozen and canonical.

``payload_bytes`` is what a person approves, what the database hashes and what an executor gets.
"""

import hashlib
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from core.audit import canonical
from core.registry import Registry


class Action(BaseModel):
    """Base of every typed action. ``client``, ``location`` … are the platform's external ids."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: ClassVar[str]
    label: ClassVar[str]
    capability: ClassVar[str]

    def payload_bytes(self) -> bytes:
        """Canonical JSON of the payload: the exact bytes that are approved and executed."""
        return canonical(self.model_dump(mode="json")).encode()

    def digest(self) -> str:
        return hashlib.sha256(self.payload_bytes()).hexdigest()


action_types: Registry[type[Action]] = Registry("action type")


def action_type(cls: type[Action]) -> type[Action]:
    """Register a type of action (a class decorator)."""
    return action_types.register(cls.name, cls)


def action_from(name: str, payload: bytes) -> Action:
    """The typed action that ``payload_bytes`` wrote; raises on unknown types or fields."""
    return action_types.get(name).model_validate_json(payload)


STATUS_SPOKEN = {
    "confirmed": "Mark the appointment as confirmed.",
    "cancelled": "Cancel the appointment.",
}


@action_type
class SendMessage(Action):
    """A text or e-mail to one client, recipient frozen at approval.

    ``address`` is the phone number or e-mail address the reviewer saw; it is re-checked against the
    client's record before sending. ``body`` goes out byte for byte.
    """

    name: ClassVar[str] = "send_message"
    label: ClassVar[str] = "Send"
    capability: ClassVar[str] = "send"
    client: str
    location: str
    channel: str
    address: str
    subject: str = ""
    body: str
    purpose: str = "transactional"
    tags: tuple[str, ...] = ()


@action_type
class AddNote(Action):
    """A note on the client's record at the platform."""

    name: ClassVar[str] = "add_note"
    label: ClassVar[str] = "Add a note"
    capability: ClassVar[str] = "client_notes"
    client: str
    body: str


@action_type
class UpdateClient(Action):
    """Custom fields, tags or notes of a client (merged by the platform)."""

    name: ClassVar[str] = "update_client"
    label: ClassVar[str] = "Change the record"
    capability: ClassVar[str] = "update_clients"
    client: str
    fields: dict[str, Any]

    @property
    def spoken(self) -> str:
        """What would stand on the record, field by field; a single text as it is."""
        held = {**self.fields, **dict(self.fields.get("custom_fields") or {})}
        said = {name: value for name, value in held.items() if name != "custom_fields"}
        if len(said) == 1:
            return str(next(iter(said.values())))
        return "\n".join(f"{name.replace('_', ' ').capitalize()}: {value}"
                         for name, value in said.items()) or self.label  # fmt: skip


@action_type
class UpdateConsent(Action):
    """What a client allows by one channel, as they said it to us: ``at`` is when (UTC ISO)."""

    name: ClassVar[str] = "update_consent"
    label: ClassVar[str] = "Note it at the platform"
    capability: ClassVar[str] = "consents"
    client: str
    channel: str
    granted: bool
    purposes: tuple[str, ...]
    at: str
    wording: str = ""

    @property
    def spoken(self) -> str:
        words = {"sms": "texts", "email": "e-mails"}.get(self.channel, self.channel)
        if self.granted:
            return f"Switch {words} on again at the platform."
        if "transactional" in self.purposes:
            return f"Switch all {words} off at the platform."
        return f"Switch news by {words} off at the platform."


@action_type
class UpdateAppointment(Action):
    """Status, notes, time or therapist of one appointment, guarded by ``if_unchanged_since``."""

    name: ClassVar[str] = "update_appointment"
    label: ClassVar[str] = "Change the appointment"
    capability: ClassVar[str] = "book"
    appointment: str
    fields: dict[str, Any]
    if_unchanged_since: str = ""

    @property
    def spoken(self) -> str:
        """What it does, for the desk: the status it sets, else its label."""
        return STATUS_SPOKEN.get(str(self.fields.get("status", "")), self.label)


@action_type
class BookAppointment(Action):
    """A booking of one service at one time (UTC ISO)."""

    name: ClassVar[str] = "book_appointment"
    label: ClassVar[str] = "Book"
    capability: ClassVar[str] = "book"
    client: str
    service: str
    staff: str
    location: str
    starts_at: str
    source: str = "copilot"
