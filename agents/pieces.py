"""What the shipped agents share: titles for the desk, words for prompts, an example salon."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from agents.context import AppointmentFacts, Context
from agents.texts.common import first_word, in_order, series, service_with, when, whose
from agents.wording import hour, lasting_day
from approvals.models import ApprovalItem
from integrations.models import Appointment

# What every message needs to find its reader, greet them and choose the channel.
CLIENT_FIELDS = ("first_name", "last_name", "phone", "email", "locale", "timezone", "preferences")

# States of a draft that another one may take the place of.
REPLACEABLE = (
    ApprovalItem.State.SUPERSEDED,
    ApprovalItem.State.STALE,
    ApprovalItem.State.FAILED,
)


def shared_words(context: Context, tone: str) -> dict[str, str]:
    """What every prompt is told: who writes to whom, where to call, and how it should sound."""
    return {
        "salon": context.salon.name,
        "client": context.addressee.first_name or "not known",
        "call": context.salon.phone or "not known",
        "tone": tone,
        "language": {"en": "English", "es": "Spanish"}[context.contact.language],
        "channel": {"sms": "text message", "email": "e-mail"}[context.contact.channel],
    }


def desk_title(
    verb: str, visit: AppointmentFacts | Appointment, as_of: datetime, zone: ZoneInfo
) -> str:
    """``Confirm Friday 2:30 pm with Sarah``."""
    if isinstance(visit, Appointment):
        staff = visit.staff_name or (visit.staff.name if visit.staff else "")
    else:
        staff = visit.staff
    said = f"{verb} {lasting_day(visit.starts_at, as_of, zone)} {hour(visit.starts_at, zone)}"
    return said + (f" with {first_word(staff)}" if staff else "")


def visit_origin(kind: str, at: datetime, as_of: datetime, zone: ZoneInfo) -> str:
    """``Reminder · Friday's visit``, the crumb above a title."""
    return f"{kind} · {lasting_day(at, as_of, zone)}'s visit"


def visits_words(context: Context) -> str:
    """The visits for a prompt, one to a line."""
    visits = in_order(context)
    every = series(visits, context)
    if every:
        return f"{visits[0].service}, {every}, starting {when(visits[0], context)}"
    return "\n".join(f"- {_visit_words(visit, context)}" for visit in visits[:6])


def _visit_words(visit: AppointmentFacts, context: Context) -> str:
    """Each with its own day: a model that is not told the date may not name it."""
    said = whose(visit, context) + service_with(visit, context.contact.language)
    return f"{said}, {when(visit, context)}" if visit.time_known else said


def forms_words(context: Context) -> str:
    return f"{context.forms[0].name}: {context.forms[0].link}" if context.forms else "none"


SALON: dict[str, Any] = {
    "id": 1,
    "external_id": "loc_1",
    "name": "Maple Street Spa",
    "timezone": "America/Los_Angeles",
    "phone": "(503) 555-0100",
    "history_complete": True,
}
CONTACT: dict[str, Any] = {
    "client_id": 1,
    "client_external_id": "cli_1",
    "channel": "sms",
    "address": "+15035550142",
    "why": "Dana allows texts",
    "zone": "America/Los_Angeles",
}
DANA: dict[str, Any] = {
    "first_name": "Dana",
    "last_name": "Keller",
    "phone": "+15035550142",
    "email": "dana@example.com",
}
KERATIN: dict[str, Any] = {
    "id": 7,
    "external_id": "apt_7",
    "person": 1,
    "starts_at": "2026-06-19T21:30:00Z",
    "ends_at": "2026-06-19T22:30:00Z",
    "booked_at": "2026-06-12T16:59:30Z",
    "service": "Keratin treatment",
    "minutes": 60,
    "price": "120.00",
    "staff": "Sarah Lind",
    "staff_id": 3,
    "source": "online",
}


def example(**changes: Any) -> dict[str, Any]:
    """A context of one client with one appointment, as plain data; ``changes`` replace parts."""
    base: dict[str, Any] = {
        "as_of": "2026-06-12T17:00:00Z",
        "event_at": "2026-06-12T16:59:30Z",
        "kind": "new",
        "subject": "contact:1",
        "occasion": "booked",
        "salon": SALON,
        "contact": CONTACT,
        "people": [{"id": 1, "external_id": "cli_1", "fields": DANA}],
        "appointments": [KERATIN],
        "past": {"visits": 4, "no_shows": 2, "complete": True},
        "risk": {"level": "high", "chance": 0.3, "reasons": ["Missed twice out of 6 bookings."]},
        "due_at": "2026-06-19T21:30:00Z",
    }
    return base | changes


CONFIRMATION_EXAMPLE = example(
    remembered="a quiet room",
    forms=[
        {"id": 2, "external_id": "frm_2", "name": "Colour consultation",
         "link": "https://maple.example/f/7Kq2"}
    ],
)  # fmt: skip
REMINDER_EXAMPLE = example(kind="reminder", occasion="reminder:2026-06-19")
FORM_EXAMPLE = example(
    kind="form",
    occasion="form:2026-06-19",
    forms=[
        {"id": 2, "external_id": "frm_2", "name": "Colour consultation",
         "link": "https://maple.example/f/7Kq2"}
    ],
)  # fmt: skip
RESCUE_EXAMPLE = example(kind="rescue", occasion="rescue:2026-06-19")
AFTERCARE_EXAMPLE = example(
    kind="aftercare",
    occasion="aftercare:apt_7",
    appointments=[
        example()["appointments"][0]
        | {"status": "completed",
           "aftercare": "Do not wash your hair for 48 hours. Use a sulphate-free shampoo.",
           "notes": "Wants to keep the fringe longer."}
    ],
)  # fmt: skip
FEEDBACK_EXAMPLE = example(
    kind="feedback",
    subject="feedback:4",
    occasion="unhappy",
    tainted=True,
    remembered="1 star",
    due_at="2026-06-13T17:00:00Z",
    appointments=[example()["appointments"][0]
                  | {"status": "completed", "starts_at": "2026-06-11T21:30:00Z"}],
    conversation=[{"at": "2026-06-12T16:50:00Z", "by": "client",
                   "words": "Very disappointed.", "told": ""}],
)  # fmt: skip
ANSWER_EXAMPLE = example(
    kind="answer",
    subject="thread:1",
    occasion="reply",
    tainted=True,
    due_at="2026-06-14T17:00:00Z",
    conversation=[
        {"at": "2026-06-11T18:00:00Z", "by": "salon", "words": "Keratin is booked.",
         "told": "Keratin is booked."},
        {"at": "2026-06-12T16:59:00Z", "by": "client",
         "words": "How long does it take, and what is a Gloss?",
         "told": "How long does it take, and what is a Gloss?"},
    ],
    asked_about=[{"name": "Gloss", "minutes": 30, "price": "45.00"}],
)  # fmt: skip


LAST_VISIT: dict[str, Any] = KERATIN | {
    "status": "completed",
    "starts_at": "2026-03-06T22:30:00Z",
    "ends_at": "2026-03-06T23:30:00Z",
    "booked_at": "2026-03-01T17:00:00Z",
}


def reaching_example(kind: str, **changes: Any) -> dict[str, Any]:
    """A context of the agents that write first: the last visit, and why they write."""
    links = ["https://maple.example/review"]
    base: dict[str, Any] = {
        "kind": kind,
        "subject": "client:1",
        "occasion": f"{kind}:2026",
        "salon": SALON | {"links": links, "booking_url": "https://maple.example/book"},
        "appointments": [LAST_VISIT],
        "risk": {"reasons": ["Came 4 times, about every 5 weeks."]},
        "due_at": "2026-06-15T17:00:00Z",
    }
    return example(**base | changes)


WINBACK_EXAMPLE = reaching_example("winback")
OCCASION_EXAMPLE = reaching_example("birthday")
FOLLOW_UP_EXAMPLE = reaching_example("review")
