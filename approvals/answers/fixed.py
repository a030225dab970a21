"""The one message that may follow an opt-out: a fixed text, soon, and nothing else."""

from datetime import datetime, timedelta

from approvals.actions import SendMessage
from approvals.answers.texts import opt_out_texts
from approvals.models import ApprovalItem

AGENT = "answers"
OPT_OUT = "opted-out:"
# The law wants it within about five minutes; later it is a new message to somebody who said no.
WITHIN = timedelta(minutes=5)


def is_opt_out_answer(item: ApprovalItem, message: SendMessage, at: datetime) -> bool:
    """Byte for byte one of the fixed texts, for the opt-out this draft was made of, in time."""
    return (
        item.agent == AGENT
        and item.occasion.startswith(OPT_OUT)
        and message.channel == "sms"
        and at <= item.created_at + WITHIN
        and message.body in opt_out_texts(item.location)
    )
