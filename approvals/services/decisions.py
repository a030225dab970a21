"""What people do to drafts.

Every one of these checks the right, decides by one conditional UPDATE, writes its Decision and its
audit row in the same transaction, and hints open pages.
"""

from datetime import datetime
from typing import Any

from django.db import transaction

from approvals import policy
from approvals.errors import Changed, NotPossible
from approvals.ladders.approval import by_hand_settle
from approvals.models import ApprovalItem, Decision, Effect
from approvals.news import RegenerateAsked
from approvals.permissions import Rights, rights_of
from approvals.services.approving import (
    BulkReport,
    item_approve,
    items_approve_bulk,
)
from approvals.services.closing import person_answered
from approvals.services.editing import item_edit, item_edit_and_approve
from approvals.services.locking import item_for_decision
from approvals.services.steps import (
    already_decided,
    effects_void,
    item_audit,
    item_step,
    newer_live,
)
from approvals.services.telling import edited_sent_tell, news_announce
from core import clock
from integrations.models import User

__all__ = [
    "BulkReport",
    "item_approve",
    "item_done_by_hand",
    "item_edit",
    "item_edit_and_approve",
    "item_handled",
    "item_regenerate",
    "item_reject",
    "item_settle",
    "item_snooze",
    "item_undo",
    "item_wake",
    "items_approve_bulk",
]
State, Kind = ApprovalItem.State, Decision.Kind


def decided(user: User, item: ApprovalItem, kind: str, **fields: Any) -> Decision:
    """Write one Decision and its audit row."""
    actor = user.as_actor()
    decision = Decision.objects.create(
        item=item,
        kind=kind,
        actor=user,
        actor_name=user.name,
        actor_platform_id=actor.platform_id,
        **fields,
    )
    words = {"words": fields["words"]} if fields.get("words") else None
    facts = {"decision": decision.pk, "reason": fields.get("reason", "")}
    item_audit(item, f"item.decided.{kind}", actor, facts, words)
    return decision


def item_reject(
    *, user: User, item_id: int, revision_id: int, reason: str, words: str = ""
) -> Decision:
    """Not this one. ``reason``: of REJECT_REASONS; "handled" closes the client's others too."""
    if reason not in policy.REJECT_REASONS:
        raise NotPossible("Please choose one of the reasons.")
    with transaction.atomic():
        item = item_for_decision(user, item_id)
        if item.revision_id != revision_id and item.state in policy.may_become(State.REJECTED):
            raise Changed(item)
        plain = policy.REJECT_REASONS[reason]
        if not item_step(item, State.REJECTED, state_reason=f"{plain} ({user.name})"):
            raise already_decided(item.pk)
        effects_void(item.pk, plain)
        decision = decided(
            user, item, Kind.REJECT, revision_id=revision_id, reason=reason, words=words[:500]
        )
        if reason == "handled":
            _close_siblings(user, item)
        return decision


def item_handled(*, user: User, item_id: int, words: str = "") -> ApprovalItem:
    """Already handled in person or by phone: closes it and the client's other waiting drafts."""
    with transaction.atomic():
        item = item_for_decision(user, item_id)
        if not item_step(item, State.REJECTED, state_reason=f"Already handled ({user.name})"):
            raise already_decided(item.pk)
        effects_void(item.pk, "Already handled.")
        decided(user, item, Kind.HANDLED, reason="handled", words=words[:500])
        _close_siblings(user, item)
        return item


def _close_siblings(user: User, item: ApprovalItem) -> list[int]:
    """The same client's other drafts that this person may decide on."""
    if item.client_id is None:
        return []
    among = [State.DRAFTING, State.PENDING, State.STALE, State.FAILED, State.MANUAL]
    rights: Rights = rights_of(user)
    siblings = ApprovalItem.objects.filter(
        rights.visible(), client_id=item.client_id, state__in=among
    ).exclude(pk=item.pk)
    closed = []
    for sibling in siblings.order_by("id"):
        why = f"Already handled ({user.name})"
        if item_step(sibling, State.WITHDRAWN, among=list(among), state_reason=why):
            effects_void(sibling.pk, why)
            item_audit(sibling, "item.withdrawn", user.as_actor(), {"with": item.pk})
            closed.append(sibling.pk)
    return closed


def item_snooze(*, user: User, item_id: int, until: datetime) -> ApprovalItem:
    """Put a draft off until ``until``, which must leave time before its business moment."""
    with transaction.atomic():
        item = item_for_decision(user, item_id)
        if until <= clock.now():
            raise NotPossible("Please choose a time that is still to come.")
        if item.due_at is not None and until >= item.due_at:
            raise NotPossible("That is too late: by then it is of no use any more.")
        _put_off(item, until)
        decided(user, item, Kind.SNOOZE, revision_id=item.revision_id, words=until.isoformat())
        return item


def item_wake(*, user: User, item_id: int) -> ApprovalItem:
    """Bring a put-off draft back now."""
    with transaction.atomic():
        item = item_for_decision(user, item_id)
        _put_off(item, None)
        item_audit(item, "item.woken", user.as_actor())
        return item


def _put_off(item: ApprovalItem, until: datetime | None) -> None:
    open_states = [s for s in ApprovalItem.OPEN if s != State.DRAFTING]
    changed = ApprovalItem.objects.filter(pk=item.pk, state__in=open_states).update(
        snoozed_until=until
    )
    if not changed:
        raise already_decided(item.pk)
    item.snoozed_until = until


def item_undo(*, user: User, item_id: int) -> ApprovalItem:
    """Take an approval back while nothing has left; the draft returns with the edited text.

    The draft's row is the arbiter: the effect worker needs it in *approved* to begin its call, so
    of undo and sending exactly one wins, also in the last millisecond.
    """
    with transaction.atomic():
        item = item_for_decision(user, item_id)
        why = f"Taken back by {user.name}"
        undoable = [State.APPROVED, State.MANUAL]
        if item.state not in undoable or not item_step(item, State.PENDING, among=undoable):
            raise already_decided(item.pk)
        if nothing_left(item):
            effects_void(item.pk, why)
            decided(user, item, Kind.UNDO, revision_id=item.revision_id)
            return item
        raise NotPossible("It is already going out.")


def nothing_left(item: ApprovalItem) -> bool:
    """No effect of the draft has begun its call."""
    return not item.effects.filter(outcome="").exclude(call_started_at=None).exists()


def item_regenerate(*, user: User, item_id: int, instruction: str) -> ApprovalItem:
    """Ask the agent for another draft, with an instruction or without. The present text is kept."""
    with transaction.atomic():
        item = item_for_decision(user, item_id)
        if not item_step(item, State.DRAFTING, snoozed_until=None):
            raise already_decided(item.pk)
        effects_void(item.pk, "Another draft was asked for.")
        words = instruction.strip()[:500]
        decision = decided(user, item, Kind.REGENERATE, revision_id=item.revision_id, words=words)
        news_announce(
            RegenerateAsked(
                key=f"regenerate:{item.pk}:{decision.pk}",
                connection_id=str(item.connection_id),
                at=decision.at,
                location_id=item.location_id,
                client_id=item.client_id,
                item_id=item.pk,
                instruction=words,
                asked_by=user.name,
            )
        )
        return item


def item_done_by_hand(*, user: User, item_id: int) -> ApprovalItem:
    """The person did it themselves; kept as done by hand, said who."""
    with transaction.atomic():
        item = item_for_decision(user, item_id)
        if not item_step(item, State.BY_HAND, state_reason=f"Done by hand ({user.name})"):
            raise already_decided(item.pk)
        why = f"Done by hand by {user.name}"
        if not by_hand_settle(item, why):
            effects_void(item.pk, why, outcome=Effect.Outcome.BY_HAND)
        decided(user, item, Kind.BY_HAND, revision_id=item.revision_id)
        person_answered(item)
        return item


def item_settle(*, user: User, item_id: int, sent: bool) -> ApprovalItem:
    """Say how an unknown outcome ended, after looking: sent, or not (then it can be sent again)."""
    with transaction.atomic():
        item = item_for_decision(user, item_id)
        if item.state != State.UNKNOWN:
            raise already_decided(item.pk)
        newer = None if sent else newer_live(item)
        after = State.SENT if sent else State.SUPERSEDED if newer else State.FAILED
        why = f"{'Sent' if sent else 'Not sent'}, says {user.name}"
        if not item_step(item, after, among=[State.UNKNOWN], state_reason=why, superseded_by=newer):
            raise already_decided(item.pk)
        outcome = Effect.Outcome.SENT if sent else Effect.Outcome.FAILED
        item.effects.filter(outcome=Effect.Outcome.UNKNOWN).update(
            outcome=outcome, settled_at=clock.now(), plain_error=why
        )
        decided(user, item, Kind.SETTLED, reason="sent" if sent else "not_sent")
        edited_sent_tell(item)
        return item
