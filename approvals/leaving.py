"""Somebody left: what they had put off or half written goes back to the desk, and they are gone."""

from typing import Any

from django.db.models import Exists, F, OuterRef, Q, Subquery

from approvals.models import ApprovalItem, Decision, TypedText
from approvals.presence import presence_gone
from approvals.services.steps import item_audit
from core import clock
from core.announce import listen
from core.audit import Actor
from core.hints import hint_on_commit
from integrations.events import StaffLeft
from integrations.models import LocationRole, User

ACTOR = Actor.system("listener")


@listen("leaving", StaffLeft)
def leaving_hear(event: Any) -> None:
    """Their sign-in was ended by whoever announced this; here only what they leave behind."""
    if not event.history:
        left(event.connection_id, event.user_id, event.location_id or 0)


def left(connection_id: str, user_id: int, place_id: int = 0) -> int:
    """Wake what this person had put off, and take them from every draft; returns how many woke.

    ``place_id``: at that location only, for somebody who still works at another.
    """
    mine = ApprovalItem.objects.filter(connection_id=connection_id, state__in=ApprovalItem.OPEN)
    if place_id:
        mine = mine.filter(location_id=place_id)
    presence_gone(item_ids=list(mine.values_list("pk", flat=True)), user_id=user_id)
    asleep = mine.filter(snoozed_until__gt=clock.now())
    woken = [item for item in asleep.annotate(by=put_off_by()) if item.by == user_id]
    for item in woken:
        ApprovalItem.objects.filter(pk=item.pk).update(snoozed_until=None, version=F("version") + 1)
        item_audit(item, "item.woken", ACTOR, {"left": user_id})
    for place in mine.order_by().values_list("location_id", flat=True).distinct():
        hint_on_commit(place)
    return len(woken)


def put_off_by() -> Subquery:
    """Who put a draft off last."""
    newest = Decision.objects.filter(item=OuterRef("pk"), kind=Decision.Kind.SNOOZE)
    return Subquery(newest.order_by("-id").values("actor_id")[:1])


def words_at(item: ApprovalItem, *, user: User) -> tuple[TypedText | None, list[TypedText]]:
    """What this person was typing here, and words of others they may go on from, newest first.

    Of people who have no role at this location any more, and what a colleague left standing on the
    shared device that this person works at now. Everybody else's words stay theirs.
    """
    if not TypedText.objects.filter(item=item).exists():
        return None, []
    here = LocationRole.objects.filter(location=item.location_id, group__user=OuterRef("user"))
    offered = Q(gone=True)
    if user.at_station is not None:
        offered |= Q(station=user.at_station)
    texts = TypedText.objects.filter(item=item).annotate(gone=~Exists(here))
    wanted = texts.filter(Q(user=user) | (offered & ~Q(body="")))
    found = list(wanted.select_related("user").order_by("-updated_at"))
    mine = next((text for text in found if text.user_id == user.pk), None)
    return mine, [text for text in found if text is not mine]
