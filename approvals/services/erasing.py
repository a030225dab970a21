"""Texts leave: after their time, or to forget a client. The audit still verifies."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from approvals.models import (
    AbsenceLine,
    Action,
    Answer,
    ApprovalItem,
    CallOutcome,
    CallWish,
    Decision,
    Effect,
    Evidence,
    Flag,
    Mishap,
    Offer,
    ParkedSpot,
    Revision,
    TypedText,
    WrittenText,
)
from approvals.news import ClientErased
from approvals.services.closing import items_withdraw_for
from approvals.services.telling import news_announce
from core import clock
from core.audit import Actor, audit_erase, audit_record
from integrations.forgetting import client_forget
from integrations.models import Client

BATCH = 500
EMPTY: dict[str, Any] = {"subject": "", "body": "", "facts": [], "warnings": [], "reasons": []}
EMPTY_ITEM: dict[str, Any] = {
    "title": "",
    "preview": "",
    "origin": "",
    "note": "",
    "state_reason": "",
    "known_facts": [],
    "changes": [],
    "covers": [],
}


@dataclass(frozen=True)
class Erased:
    """How many drafts lost their texts, and how many wait because their message is going out."""

    items: int
    waiting: int


def client_erase(*, actor: Actor, client: Client) -> Erased:
    """Remove a client's texts everywhere here. What is going out just now is emptied afterwards.

    Call again (the nightly clean-up does) while ``waiting`` is not zero.
    """
    with transaction.atomic():
        items_withdraw_for(
            actor=actor, client_id=client.pk, reason="The client asked to be forgotten."
        )
        WrittenText.objects.filter(client=client).delete()
        report = texts_empty(_about(client))
        Offer.objects.filter(client=client).update(reasons=[], doubts=[], skipped_reason="")
        Answer.objects.filter(client=client).update(words="")
        calls_empty(client)
        changes_empty(client)
        client_forget(client)
        details = audit_erase(client=client.pk)
        audit_record(
            action="client.erased",
            actor=actor,
            connection=client.connection_id,
            client=client.pk,
            subject=f"client:{client.pk}",
            facts={"items": report.items, "details": details},
        )
        _announce_erased(client)
        return report


def calls_empty(client: Client) -> None:
    """What was said about them on the phone, and what went wrong; that there was a call stays."""
    CallOutcome.objects.filter(client=client).update(words="")
    Mishap.objects.filter(client=client).update(words="")
    CallWish.objects.filter(client=client).update(reason="", settled_at=clock.now())


def changes_empty(client: Client) -> None:
    """Their line where a therapist is out: its texts go, and nothing is asked of them any more."""
    lines = AbsenceLine.objects.filter(client=client)
    lines.filter(state=AbsenceLine.State.OPEN).update(
        state=AbsenceLine.State.SETTLED, settled_at=clock.now()
    )
    lines.update(body="", done_body="", note="", why_call="")


def _announce_erased(client: Client) -> None:
    """Whoever keeps texts about them elsewhere (runs of agents) empties those."""
    news_announce(
        ClientErased(
            key=f"erased:{client.pk}:{clock.now().isoformat()}",
            connection_id=str(client.connection_id),
            at=clock.now(),
            client_id=client.pk,
        )
    )


def _about(client: Client) -> QuerySet[ApprovalItem]:
    """Their drafts, and offer ladders they were on that have ended. One that is still climbing is
    asked again later; its texts to them no longer go out, because they are not on record."""
    ladders = Offer.objects.filter(client=client).exclude(item__state__in=ApprovalItem.LIVE)
    return ApprovalItem.objects.filter(Q(client=client) | Q(pk__in=ladders.values("item_id")))


def client_merge(*, actor: Actor, client: Client, into: Client) -> int:
    """The platform merged two clients: the live drafts of the one that is gone are withdrawn (they
    may carry its address), its texts are removed, and its history stands under the survivor."""
    with transaction.atomic():
        items_withdraw_for(
            actor=actor, client_id=client.pk, reason="The client was merged with another."
        )
        WrittenText.objects.filter(client=client).delete()
        theirs = ApprovalItem.objects.filter(client=client)
        texts_empty(theirs)
        audit_erase(client=client.pk)
        _announce_erased(client)
        moved = theirs.update(client=into)
        audit_record(
            action="client.merged",
            actor=actor,
            connection=client.connection_id,
            client=into.pk,
            subject=f"client:{client.pk}",
            facts={"into": into.pk, "items": moved},
        )
        return moved


def texts_empty(items: QuerySet[ApprovalItem]) -> Erased:
    """Empty every text of these drafts; ids, hashes, states, times and decisions stay."""
    ids = list(items.values_list("pk", flat=True))
    busy = set(
        Effect.objects.filter(item_id__in=ids, settled_at=None).values_list("item_id", flat=True)
    )
    _empty([pk for pk in ids if pk not in busy])
    return Erased(len(ids) - len(busy), len(busy))


def _empty(ids: Iterable[int]) -> None:
    ids = list(ids)
    revisions = Revision.objects.filter(item_id__in=ids, erased_at=None)
    Action.objects.filter(revision__item_id__in=ids, payload__isnull=False).update(payload=None)
    Evidence.objects.filter(revision__item_id__in=ids).update(value="", check_params={})
    revisions.update(erased_at=clock.now(), **EMPTY)
    Effect.objects.filter(item_id__in=ids).update(body=None, plain_error="", last_error="")
    Decision.objects.filter(item_id__in=ids).exclude(words="").update(words="")
    TypedText.objects.filter(item_id__in=ids).delete()
    ParkedSpot.objects.filter(item_id__in=ids).update(text="")
    Flag.objects.filter(item_id__in=ids).update(words="", answer="")
    ApprovalItem.objects.filter(pk__in=ids).update(**EMPTY_ITEM)


def texts_expire(now: datetime, limit: int = BATCH) -> int:
    """Retention: empty drafts closed over RETENTION_DAYS ago, oldest first; returns how many."""
    before = now - timedelta(days=settings.RETENTION_DAYS)
    WrittenText.objects.filter(updated_at__lt=before).delete()
    old = ApprovalItem.objects.filter(
        closed_at__lt=before, revision__isnull=False, revision__erased_at=None
    ).order_by("closed_at")
    ids = list(old.values_list("pk", flat=True)[:limit])
    if not ids:
        return 0
    with transaction.atomic():
        return texts_empty(ApprovalItem.objects.filter(pk__in=ids)).items
