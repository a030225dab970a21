"""The manual step: what a person does where the platform lets us do nothing.

What to do in one sentence, the text to copy, a link that opens the phone's own program with
everything filled in, and the record's page at the platform.
"""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from approvals.actions import (
    Action,
    AddNote,
    BookAppointment,
    SendMessage,
    UpdateAppointment,
    UpdateConsent,
    action_from,
)
from approvals.actions_answers import CallClient
from approvals.ladders.slots import SUBJECT
from approvals.ladders.words import moment
from approvals.models import ApprovalItem, Effect, OfferStep
from integrations.models import Client, Service, StaffMember
from integrations.people import telephone
from integrations.platforms.base import platform_of

Role = OfferStep.Role


@dataclass(frozen=True)
class ManualStep:
    """``text`` is what to copy (the approved bytes), ``link`` opens sms:, tel: or mailto:."""

    what: str
    text: str = ""
    link: str = ""
    link_label: str = ""
    call: str = ""
    deep_link: str = ""


def manual_steps(item: ApprovalItem) -> list[ManualStep]:
    """One step per action that waits to be done by hand, in order."""
    waiting = item.effects.filter(outcome="").order_by("position", "id")
    if item.subject.startswith(SUBJECT):
        # Of a ladder, what was given to the desk; the rest goes by itself or is not wanted yet.
        mine = {Role.OFFER, Role.BOOK, Role.RELEASE, Role.YOURS}
        waiting = waiting.filter(state=Effect.State.DONE, step__role__in=mine)
        if waiting.filter(step__role=Role.BOOK, step__offer__state="accepted").exists():
            waiting = waiting.filter(step__offer__state="accepted")
        else:
            waiting = waiting.filter(step__role=Role.OFFER)
    if item.revision is not None and not item.effects.exists():
        # Asked of a person from the start: nothing was approved, there is nothing to send.
        rows = item.revision.actions.exclude(payload=None).order_by("position")
        return [step_for(item, action_from(row.type, bytes(row.payload or b""))) for row in rows]
    return [
        step_for(item, action_from(effect.type, bytes(effect.body)))
        for effect in waiting
        if effect.body is not None
    ]


def step_for(item: ApprovalItem, action: Action) -> ManualStep:
    """How a person does this action."""
    link = _deep_link(item)
    if isinstance(action, SendMessage):
        return _message_step(item, action, link)
    if isinstance(action, BookAppointment):
        return ManualStep(_booking_words(item, action), deep_link=link)
    if isinstance(action, AddNote):
        return ManualStep(f"Add this note for {_who(item)}.", action.body, deep_link=link)
    if isinstance(action, UpdateConsent):
        return ManualStep(f"{_who(item)}: {action.spoken}", deep_link=link)
    if isinstance(action, CallClient):
        number = f"tel:{quote(action.phone, safe='+')}" if action.phone else ""
        return ManualStep(
            f"Call {_who(item).rstrip('.')}. {action.about}", call=number, deep_link=link
        )
    if isinstance(action, UpdateAppointment) and action.spoken != action.label:
        return ManualStep(f"{_who(item)}: {action.spoken}", deep_link=link)
    if isinstance(action, UpdateAppointment) and "starts_at" in action.fields:
        return ManualStep(_move_words(item, action), deep_link=link)
    if isinstance(action, UpdateAppointment) and "staff" in action.fields:
        return ManualStep(_hand_on_words(item, action), deep_link=link)
    if isinstance(action, UpdateAppointment):
        wanted = ", ".join(f"{name}: {value}" for name, value in action.fields.items())
        return ManualStep(f"Change the appointment of {_who(item)}.", wanted, deep_link=link)
    return ManualStep(f"{action.label} for {_who(item)}.", deep_link=link)


def _move_words(item: ApprovalItem, action: UpdateAppointment) -> str:
    """Where an appointment is moved to, as a person would enter it."""
    at = datetime.fromisoformat(str(action.fields["starts_at"]))
    staff = StaffMember.objects.filter(
        connection=item.connection_id, external_id=str(action.fields.get("staff", ""))
    ).first()
    by = f" with {staff.name}" if staff else ""
    return f"Move the appointment of {_who(item)} to {moment(at, item.location.zone)}{by}."


def _message_step(item: ApprovalItem, message: SendMessage, link: str) -> ManualStep:
    if message.channel == "email":
        subject = f"subject={quote(message.subject)}&" if message.subject else ""
        mail = f"mailto:{quote(message.address, safe='@+')}?{subject}body={quote(message.body)}"
        what = f"E-mail {_who(item)} at {message.address}."
        return ManualStep(what, message.body, mail, "Open your mail", deep_link=link)
    number = quote(message.address, safe="+")
    return ManualStep(
        what=f"Text {_who(item)} at {telephone(message.address)}.",
        text=message.body,
        link=f"sms:{number}?&body={quote(message.body)}",
        link_label="Open your texts",
        call=f"tel:{number}",
        deep_link=link,
    )


def _booking_words(item: ApprovalItem, action: BookAppointment) -> str:
    """``Book Grace L.: Hot stone massage with Sarah Lind, Friday, June 19 at 2:30 pm.``"""
    ours = {"connection_id": item.connection_id}
    client = Client.objects.filter(**ours, external_id=action.client).first()
    service = Service.objects.filter(**ours, external_id=action.service).first()
    staff = StaffMember.objects.filter(**ours, external_id=action.staff).first()
    when = moment(datetime.fromisoformat(action.starts_at), item.location.zone)
    what = service.name if service else "the service"
    whom = f" with {staff.name}" if staff else ""
    return f"Book {client.short_name if client else 'the client'}: {what}{whom}, {when}."


def _hand_on_words(item: ApprovalItem, action: UpdateAppointment) -> str:
    """The same hour with somebody else."""
    staff = StaffMember.objects.filter(
        connection=item.connection_id, external_id=str(action.fields["staff"])
    ).first()
    return f"Give the appointment of {_who(item)} to {staff.name if staff else 'somebody else'}."


def _who(item: ApprovalItem) -> str:
    return item.client.short_name if item.client else "the client"


def _deep_link(item: ApprovalItem) -> str:
    platform = platform_of(item.connection)
    if item.appointment is not None:
        link = platform.deep_link(item.connection, "appointment", item.appointment.external_id)
        if link:
            return link
    if item.client is not None:
        return platform.deep_link(item.connection, "client", item.client.external_id)
    return ""
