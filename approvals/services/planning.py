"""When an approved draft leaves: one rule for the press, the card and the queue."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef

from approvals import policy
from approvals.actions import Action
from approvals.models import ApprovalItem
from integrations import quiet
from integrations.models import ChannelAccount, Connection, Message
from integrations.moments import when
from integrations.platforms.base import platform_of

State = ApprovalItem.State
# Follow-ups are released when what they follow was sent; until then nothing may claim them.
PARKED = timedelta(days=3650)
# Quiet hours and the narrow hours of marketing never hold a text back for longer than this.
LONGEST_WAIT = timedelta(days=5)
AT_ONCE = timedelta(minutes=1)


@dataclass(frozen=True)
class Plan:
    """When an approved draft leaves, and whether a person has to do it.

    ``parked``: not even the first action leaves by itself; a ladder lets its rungs go one by one.
    """

    at: datetime
    held_until: datetime
    by_hand: bool
    actions: Sequence[Action]
    parked: bool = False


def departure(
    item: ApprovalItem,
    *,
    channel: str,
    purpose: str,
    live: bool,
    any_hour: bool,
    now: datetime,
    rules: quiet.Table | None = None,
) -> tuple[datetime, datetime]:
    """(leaves at, can be taken back until): after the hold, its own hour, and permitted hours.

    ``channel`` is '' where nothing is written to a client; ``live``: they wrote just now;
    ``any_hour``: quiet hours are no matter; ``rules``: the table, where it was read already.
    """
    held = now + timedelta(seconds=policy.hold_seconds(channel, live))
    at = max(held, item.send_at) if item.send_at else held
    if channel and not any_hour:
        at = quiet.sendable_at(
            location=item.location, client=item.client, purpose=purpose, at=at, rules=rules
        )
    return at, held


def is_too_late(item: ApprovalItem, at: datetime) -> bool:
    return item.due_at is not None and at >= item.due_at


def too_late_words(item: ApprovalItem, at: datetime, now: datetime) -> str:
    """Why a draft is of no use any more, with the hour at which it could have left."""
    if at - now <= AT_ONCE:
        return "Its moment has passed."
    return f"It could only go out {when(at, item.location.zone)}, and then it is too late."


def too_late_of(items: Iterable[ApprovalItem], now: datetime) -> dict[int, str]:
    """{draft: why} of those that cannot leave in time, as pressing them would say.

    No query where none is late; two where some are, three with marketing among them. Ladders are
    left out (each rung has its hour), and answers, which may go at any hour while the client waits.
    """
    late = {item.pk: item for item in items if _may_be_late(item, now)}
    # By the narrowest hours first: whoever is in time by those needs no look at the table.
    narrow = quiet.NARROWEST
    late = {
        pk: item for pk, item in late.items() if is_too_late(item, _at(item, False, now, narrow))
    }
    if not late:
        return {}
    sends = _sending({item.connection_id for item in late.values()})
    rules = quiet.table({item.purpose for item in late.values()})
    writing = _writing_now([item.client_id for item in late.values()], now)
    found = {}
    for pk, item in late.items():
        at = _at(item, item.client_id in writing, now, rules)
        if item.connection_id in sends and is_too_late(item, at):
            found[pk] = too_late_words(item, at, now)
    return found


def _sending(ids: set[UUID]) -> set[UUID]:
    """Of these connections, where texts leave by themselves: what a person does has no quiet hours.

    One with a number or mailbox of its own counts as a whole.
    """
    own = ChannelAccount.objects.filter(connection=OuterRef("pk"), enabled=True)
    rows = Connection.objects.filter(pk__in=ids).annotate(has_own=Exists(own))
    return {
        one.pk
        for one in rows
        if getattr(one, "has_own", False) or "send" in platform_of(one).capabilities(one)
    }


def _may_be_late(item: ApprovalItem, now: datetime) -> bool:
    asks = item.right == "review_offers" or item.purpose == "answer"
    waits = item.state in {State.PENDING, State.FAILED} and not asks
    writes = item.revision is not None and bool(item.revision.channel)
    return waits and writes and item.due_at is not None and item.due_at <= now + LONGEST_WAIT


def _at(item: ApprovalItem, live: bool, now: datetime, rules: quiet.Table) -> datetime:
    channel = item.revision.channel if item.revision else ""
    said: dict[str, Any] = {"channel": channel, "purpose": item.purpose, "rules": rules}
    return departure(item, **said, live=live, any_hour=live, now=now)[0]


def _writing_now(client_ids: Iterable[int | None], now: datetime) -> set[int | None]:
    """Whoever wrote within the last two minutes is answered at any hour."""
    since = now - policy.LIVE_EXCHANGE
    found = Message.objects.filter(client_id__in=set(client_ids), incoming=True, sent_at__gte=since)
    return set(found.values_list("client_id", flat=True))
