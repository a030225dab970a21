"""What runs keep leaves: after its days, or to forget a client.

A run's context holds names, numbers and notes, ``refused`` the model's own words. Ids, states,
tokens, cost and times stay: they are what the quality figures are made of.
"""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q

from agents.models import AgentRun, Correction, Outreach, TryRow, VisitRisk
from core import clock

BATCH = 500
EMPTY: dict[str, Any] = {
    "context": {},
    "refused": [],
    "instruction": "",
    "fallback": "",
    "why_nothing": "",
    "last_error": "",
}


def runs_empty_for(*, connection_id: str, client_id: int) -> int:
    """Empty every run about a client, also where they came with somebody else's (a family on one
    phone has one context); returns how many."""
    about = (
        Q(item__client_id=client_id)
        | Q(event__client_id=client_id)
        | Q(context__people__contains=[{"id": client_id}])
        | Q(context__contact__client_id=client_id)
    )
    theirs = AgentRun.objects.filter(about, connection_id=connection_id)
    ids = list(theirs.values_list("pk", flat=True))
    TryRow.objects.filter(run__in=ids).delete()
    runs = AgentRun.objects.filter(pk__in=ids)
    # A worker in the middle of one loses its lease, and with it the right to write the context.
    runs.filter(state__in=[AgentRun.State.WAITING, AgentRun.State.LEASED]).update(
        state=AgentRun.State.DONE,
        lease_token=None,
        lease_until=None,
        outcome=AgentRun.Outcome.SKIPPED,
        done_at=clock.now(),
    )
    return runs.update(**EMPTY)


def corrections_empty_for(*, client_id: int) -> int:
    """Empty what people changed in drafts to a client; returns how many drafts."""
    theirs = Q(item__client_id=client_id) | Q(client_id=client_id)
    return Correction.objects.filter(theirs).update(changes=[])


def scores_empty_for(*, client_id: int) -> None:
    """What was told of them by programs: why a visit may be lost, what became of asking."""
    VisitRisk.objects.filter(appointment__client_id=client_id).update(reasons=[])
    Outreach.objects.filter(client_id=client_id).update(told="")


def corrections_expire(now: datetime) -> int:
    """Retention: words leave, the count of them stays; returns how many drafts."""
    before = now - timedelta(days=settings.RETENTION_DAYS)
    return Correction.objects.filter(at__lt=before).exclude(changes=[]).update(changes=[])


def runs_expire(now: datetime, limit: int = BATCH) -> int:
    """Retention: empty runs done over RETENTION_DAYS ago, oldest first; returns how many."""
    before = now - timedelta(days=settings.RETENTION_DAYS)
    old = AgentRun.objects.filter(done_at__lt=before).exclude(context={}, refused=[])
    ids = list(old.order_by("done_at").values_list("pk", flat=True)[:limit])
    TryRow.objects.filter(run__in=ids).delete()
    return AgentRun.objects.filter(pk__in=ids).update(**EMPTY)
