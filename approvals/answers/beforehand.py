"""What a manager can approve beforehand: the fixed templates of answers, in the desk's words.

A new version of a text is another template: a decision given for the old one stops to apply.
"""

from dataclasses import dataclass

from approvals.answers import texts
from approvals.answers.fixed import AGENT


@dataclass(frozen=True)
class Template:
    """``actions``: every type that drafts of this template may carry."""

    version: str
    label: str
    what: str
    actions: tuple[str, ...]
    agent: str = AGENT


TEMPLATES = (
    Template(
        texts.CONFIRM_VERSION,
        "A client confirms",
        "The calendar shows the visit as confirmed. Nothing is sent.",
        ("update_appointment",),
    ),
    Template(
        texts.FIXED_VERSION,
        "STOP, START and HELP",
        "The fixed confirmation goes out at once. The law wants it within minutes.",
        ("send_message",),
    ),
    Template(
        texts.LATE_VERSION,
        "A client comes late",
        "A note for the team and a short thank-you.",
        ("add_note", "send_message"),
    ),
    Template(
        texts.CALL_OFF_VERSION,
        "A client cannot come",
        "The visit is cancelled, the client gets a thank-you, and the time is offered to others.",
        ("send_message", "update_appointment"),
    ),
)


def template_of(agent: str, version: str) -> Template | None:
    """The template a decision is about; None where its text has changed since."""
    return next((one for one in TEMPLATES if (one.agent, one.version) == (agent, version)), None)
