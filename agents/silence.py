"""Whether a client was asked about a visit and has said nothing since."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from agents.reading import Reader
from approvals.models import ApprovalItem, CallOutcome
from integrations.models import Appointment, Client, Message

PLATFORM = "platform"


def asked_at(
    visit: Appointment, household: Sequence[Client], as_of: datetime, *, by: str = "confirmation"
) -> datetime | None:
    """When they were last asked about this visit at this very time: by our draft of the agent
    ``by``, or, for a confirmation, by what the platform sends itself. None: never."""
    sent = ApprovalItem.objects.filter(
        client__in=household,
        location=visit.location,
        agent=by,
        state=ApprovalItem.State.SENT,
        covers__contains=[[visit.pk, visit.starts_at.isoformat()]],
        closed_at__lte=as_of,
    )
    ours = list(sent.order_by("-closed_at").values_list("closed_at", flat=True)[:1])
    if ours:
        return ours[0]
    if by != "confirmation" or "confirmation" not in visit.connection.platform_sends:
        return None
    told = Message.objects.filter(
        client__in=household,
        incoming=False,
        source=PLATFORM,
        sent_at__gte=visit.booked_at or as_of - timedelta(days=60),
        sent_at__lte=as_of,
    ).exclude(status="failed")
    return told.order_by("-sent_at").values_list("sent_at", flat=True).first()


def heard_since(
    visit: Appointment, household: Sequence[Client], since: datetime, as_of: datetime
) -> str:
    """What the client said since then, in words for the reason nothing is drafted; '' if silent."""
    if visit.status == Appointment.Status.CONFIRMED:
        return "The client already confirmed."
    wrote = Message.objects.filter(
        client__in=household, incoming=True, sent_at__gt=since, sent_at__lte=as_of
    )
    if wrote.exists():
        return "The client has written since."
    spoke = CallOutcome.objects.filter(
        appointment=visit,
        starts_at=visit.starts_at,
        kind__in=CallOutcome.SETTLES,
        undone_at=None,
        at__lte=as_of,
    )
    return "Somebody spoke with them by phone." if spoke.exists() else ""


def silent_since(
    visit: Appointment, reader: Reader, household: Sequence[Client], *, by: str = "confirmation"
) -> tuple[datetime | None, str]:
    """(when they were asked, '') of somebody who is silent, else (…, why they are not)."""
    asked = asked_at(visit, household, reader.as_of, by=by)
    if asked is None:
        return None, "Nobody asked the client about this visit yet."
    return asked, heard_since(visit, household, asked, reader.as_of)
