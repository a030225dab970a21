"""What every write on a draft shares: the conditional step, voiding, the audit row, the hint."""

from collections.abc import Sequence
from typing import Any

from django.db.models import F

from approvals import policy
from approvals.errors import AlreadyDecided
from approvals.models import ApprovalItem, Decision, Effect
from core import clock
from core.audit import Actor, audit_record
from core.hints import hint_on_commit

State = ApprovalItem.State
CLOSED = frozenset({State.SENT, *(s for s, after in policy.TRANSITIONS.items() if not after)})


def item_step(
    item: ApprovalItem, after: str, *, among: Sequence[str] | None = None, **fields: Any
) -> bool:
    """Move a draft to ``after`` if it still may; False: somebody was faster.

    One UPDATE whose WHERE holds the states: of two that race, the row's lock lets one win. The
    object in hand gets the new values.
    """
    fields |= {"state": after, "closed_at": clock.now() if after in CLOSED else None}
    fields.setdefault("state_reason", "")
    changed = ApprovalItem.objects.filter(
        pk=item.pk, state__in=policy.may_become(after, among)
    ).update(version=F("version") + 1, **fields)
    if changed:
        for name, value in fields.items():
            setattr(item, name, value)
    return changed == 1


def effects_void(item_id: int, why: str, outcome: str = Effect.Outcome.WITHDRAWN) -> int:
    """Take back what has not left yet. An effect whose call began is never touched."""
    return Effect.objects.filter(item_id=item_id, outcome="", call_started_at=None).update(
        state=Effect.State.DONE,
        outcome=outcome,
        settled_at=clock.now(),
        plain_error=why[:400],
        lease_token=None,
        lease_until=None,
    )


def newer_live(item: ApprovalItem) -> ApprovalItem | None:
    """The newer draft of the same subject and occasion, if there is one."""
    return (
        ApprovalItem.objects.filter(
            agent=item.agent,
            location_id=item.location_id,
            subject=item.subject,
            occasion=item.occasion,
            state__in=ApprovalItem.LIVE,
        )
        .exclude(pk=item.pk)
        .first()
    )


def item_audit(
    item: ApprovalItem,
    action: str,
    actor: Actor,
    facts: dict[str, Any] | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """One audit row about this draft, in the caller's transaction, and a hint when it commits."""
    audit_record(
        action=action,
        actor=actor,
        connection=item.connection_id,
        location=item.location_id,
        client=item.client_id or "",
        subject=f"item:{item.pk}",
        correlation=f"item:{item.pk}",
        facts={"state": item.state, "revision": item.revision_id, **(facts or {})},
        detail=detail,
    )
    hint_on_commit(item.location_id)


STATE_WORDS: dict[str, str] = {
    State.DRAFTING: "It is being written anew.",
    State.PENDING: "It is back in the queue.",
    State.APPROVED: "It was approved already.",
    State.SENDING: "It is going out.",
    State.SENT: "It was sent.",
    State.REJECTED: "It was rejected.",
    State.SUPERSEDED: "A newer draft took its place.",
    State.STALE: "Something it rests on has changed.",
    State.MISSED: "Its moment has passed.",
    State.WITHDRAWN: "It was withdrawn.",
    State.FAILED: "It could not be sent.",
    State.UNKNOWN: "It may have been sent; somebody has to check.",
    State.BY_HAND: "It was done by hand.",
    State.MANUAL: "It is to be done by hand.",
}


def already_decided(item_id: int) -> AlreadyDecided:
    """Who was faster, when, and what they did."""
    item = ApprovalItem.objects.get(pk=item_id)
    last = Decision.objects.filter(item_id=item_id).order_by("-id").first()
    by_person = last is not None and item.state not in {
        State.SUPERSEDED,
        State.WITHDRAWN,
        State.MISSED,
        State.STALE,
    }
    words = STATE_WORDS[item.state]
    if by_person and last is not None:
        return AlreadyDecided(last.actor_name, last.at, words)
    return AlreadyDecided("", item.closed_at, f"{words} {item.state_reason}".strip())
