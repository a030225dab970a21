"""What was asked leaves: after its days, or to forget a client."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q

from approvals.news import ClientErased
from copilot.ask.models import AskTalk, AskTurn
from core import clock
from core.announce import listen
from core.models import AuditDetail, AuditEvent
from integrations.events import Event
from integrations.models import Client

BATCH = 500
EMPTY: dict[str, Any] = {
    "question": "",
    "asked_as": "",
    "text": "",
    "blocks": [],
    "sources": [],
    "odd": [],
    "clients": [],
    "last_error": "",
}


@listen("ask")
def hear(event: Event) -> None:
    """A client is to be forgotten: so is everything asked and answered about them."""
    if isinstance(event, ClientErased) and event.client_id is not None:
        turns_empty_for(connection_id=event.connection_id, client_id=event.client_id)


def turns_empty_for(*, connection_id: str, client_id: int) -> int:
    """Empty every turn that found a client, or whose words name them; returns how many."""
    client = Client.objects.filter(pk=client_id).first()
    about = Q(clients__contains=[client_id]) | Q(talk__item__client_id=client_id)
    if client is not None and client.last_name and client.first_name:
        about |= Q(question__icontains=client.name) | Q(text__icontains=client.name)
    theirs = AskTurn.objects.filter(about, talk__location__connection_id=connection_id)
    ids = list(theirs.values_list("pk", flat=True))
    turns = AskTurn.objects.filter(pk__in=ids)
    AskTalk.objects.filter(turns__in=ids).update(veil={})
    audited = AuditEvent.objects.filter(correlation__in=[f"ask:{pk}" for pk in ids])
    AuditDetail.objects.filter(event_id__in=list(audited.values_list("pk", flat=True))).delete()
    # A worker in the middle of one loses its lease, and with it the right to write.
    turns.filter(state__in=[AskTurn.State.WAITING, AskTurn.State.LEASED]).update(
        state=AskTurn.State.DONE, lease_token=None, lease_until=None, done_at=clock.now()
    )
    return turns.update(**EMPTY)


def turns_expire(now: datetime, limit: int = BATCH) -> int:
    """Retention: conversations whose last question is older than RETENTION_DAYS go as a whole."""
    before = now - timedelta(days=settings.RETENTION_DAYS)
    old = AskTalk.objects.filter(begun_at__lt=before).exclude(turns__asked_at__gte=before)
    ids = list(old.order_by("begun_at").values_list("pk", flat=True)[:limit])
    return AskTalk.objects.filter(pk__in=ids).delete()[0]
