"""What agents do to drafts: open, fill, drop. The rest of their life is in ``closing``."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from approvals import guards, policy
from approvals.ladders.slots import opening_lock
from approvals.ladders.writing import rungs_write
from approvals.models import ApprovalItem, Revision, TypedText
from approvals.policy import Happening, reached_by
from approvals.proposals import Proposal
from approvals.services import filling
from approvals.services.closing import (
    item_withdraw,
    items_expire,
    items_recheck,
    items_stale,
    items_withdraw_for,
)
from approvals.services.steps import effects_void, item_audit, item_step
from core import clock
from core.audit import Actor

__all__ = [
    "item_drop",
    "item_fill",
    "item_open",
    "item_withdraw",
    "items_expire",
    "items_recheck",
    "items_stale",
    "items_withdraw_for",
]
State = ApprovalItem.State


def item_open(
    *,
    actor: Actor,
    connection_id: object,
    location_id: int,
    agent: str,
    subject: str,
    occasion: str,
    stage: str,
    title: str,
    tag: str,
    group: str,
    right: str,
    due_at: datetime | None,
    client_id: int | None = None,
    appointment_id: int | None = None,
    staff_id: int | None = None,
    event_at: datetime | None = None,
) -> ApprovalItem:
    """Put a placeholder into the queue, in place of an older live draft of the same occasion.

    An older one that is going out stays; the new one then stands beside it. Two that open the
    same occasion at once end as one superseding the other.
    """
    given = {name: value for name, value in locals().items() if name != "actor"}
    given |= {"subject": subject[:120], "occasion": occasion[:120]}
    given |= {"title": title[:200], "tag": tag[:60]}
    for attempt in (1, 2, 3):
        try:
            with transaction.atomic():
                return _open_superseding(actor, given)
        except IntegrityError:
            if attempt == 3:
                raise
    raise AssertionError("not reached")


def _open_superseding(actor: Actor, fields: dict[str, Any]) -> ApprovalItem:
    same = {name: fields[name] for name in ("agent", "location_id", "subject", "occasion")}
    older = ApprovalItem.objects.select_for_update(of=("self",)).filter(
        **same, state__in=ApprovalItem.LIVE
    )
    # Nearly always none, on the path of every event: its many columns would be named for nothing.
    older = older.only("connection_id", "location_id", "client_id", "revision_id", "state")
    replaced = [item for item in older if _supersede(item)]
    item = ApprovalItem.objects.create(**fields)
    for old in replaced:
        ApprovalItem.objects.filter(pk=old.pk).update(superseded_by=item)
        TypedText.objects.filter(item=old).update(item=item, base_revision=0)
        item_audit(old, "item.superseded", actor, {"by": item.pk})
    item_audit(item, "item.opened", actor, {"agent": item.agent, "occasion": item.occasion})
    return item


def _supersede(item: ApprovalItem) -> bool:
    among = reached_by(Happening.NEWER_DRAFT)[State.SUPERSEDED]
    was_approved = item.state == State.APPROVED
    why = "A newer draft took its place" + (
        "; your approved text did not go out." if was_approved else "."
    )
    if not item_step(item, State.SUPERSEDED, among=among, state_reason=why):
        return False
    effects_void(item.pk, why)
    return True


def item_fill(
    *, actor: Actor, item_id: int, proposal: Proposal, author_id: int | None = None
) -> ApprovalItem | None:
    """Store what the agent wrote (or ``author_id``, a person); it waits for a person from now on.

    None when it is no longer being written (superseded, withdrawn, missed), or may not be
    offered at all (no consent, its moment passed): then it is closed with the reason.
    """
    with transaction.atomic():
        if proposal.opening_id is not None:
            opening_lock(proposal.opening_id)
        item = (
            ApprovalItem.objects.select_for_update(of=("self",))
            .select_related("location", "connection", "client")
            .filter(pk=item_id, state=State.DRAFTING)
            .first()
        )
        if item is None:
            return None
        _take_over(item, proposal)
        actions = filling.actions_cleaned(proposal.actions)
        # A ladder speaks to several clients: each rung is checked by itself before it is sent.
        message = None if proposal.rungs else filling.first_message(actions)
        refusal = guards.first_refusal(AT_DRAFT, guards.Asking(item, message, clock.now()))
        if refusal is not None:
            missed = refusal.after == State.MISSED
            _close_drafting(item, State.MISSED if missed else State.WITHDRAWN, refusal.why, actor)
            return None
        revision = _first_revision(item, proposal, actions, author_id)
        if proposal.rungs and not rungs_write(item, revision, proposal):
            _close_drafting(item, State.WITHDRAWN, "The slot is no longer free.", actor)
            return None
        _offer(item, proposal, revision, actor)
        return item


def cap_of_those_that_yield(asking: guards.Asking) -> guards.Refusal | None:
    """Care and marketing are not even drafted on a full day; a person may put off the rest."""
    yields = asking.item.purpose in policy.YIELDING_PURPOSES
    return guards.within_daily_cap(asking) if yields else None


AT_DRAFT: tuple[guards.Guard, ...] = (
    guards.moment_not_passed,
    guards.client_is_there,
    guards.drafts_wanted,
    guards.nothing_went_wrong,
    guards.consent_holds,
    cap_of_those_that_yield,
)


def _take_over(item: ApprovalItem, proposal: Proposal) -> None:
    """The proposal's own words replace those of the placeholder."""
    item.title, item.origin = proposal.title[:200], proposal.origin[:200]
    item.tag, item.group, item.right = proposal.tag[:60], proposal.group, proposal.right
    item.purpose, item.loss_risk = proposal.purpose, proposal.loss_risk
    item.note, item.value, item.batch = proposal.note[:300], proposal.value, proposal.batch
    item.due_at, item.moment, item.send_at = proposal.due_at, proposal.moment[:80], proposal.send_at
    item.covers = [list(cover) for cover in proposal.covers]
    item.known_facts = [
        {"kind": fact.kind, "texts": list(fact.texts), "source": fact.source}
        for fact in proposal.known_facts
    ]
    if proposal.client_id is not None and proposal.client_id != item.client_id:
        item.client_id = proposal.client_id
    item.appointment_id = proposal.appointment_id or item.appointment_id
    item.staff_id = proposal.staff_id or item.staff_id


def _first_revision(
    item: ApprovalItem,
    proposal: Proposal,
    actions: list[filling.TypedAction],
    author_id: int | None = None,
) -> Revision:
    read = filling.proposal_read(item, proposal, actions)
    item.facts_ok, item.care = read.facts_ok, read.care.care
    item.care_reasons = list(read.care.reasons)
    return filling.revision_write(
        item,
        writer=proposal.writer,
        actions=actions,
        evidence=proposal.evidence,
        read=read,
        reasons=[{"text": reason.text, "source": reason.source} for reason in proposal.reasons],
        language=proposal.language,
        template_version=proposal.template_version,
        author_id=author_id,
    )


def _offer(item: ApprovalItem, proposal: Proposal, revision: Revision, actor: Actor) -> None:
    item.state, item.revision, item.pending_at = State.PENDING, revision, clock.now()
    item.preview, item.state_reason = filling.preview_of(revision.body), ""
    item.changes, item.version = [], item.version + 1
    item.save()
    facts = {"writer": proposal.writer, "evidence": revision.evidence_sha256, "care": item.care}
    item_audit(item, "item.drafted", actor, facts)


def item_drop(*, actor: Actor, item_id: int, reason: str, missed: bool = False) -> None:
    """Nothing to say, or too late. An earlier text of the draft goes back to the queue."""
    with transaction.atomic():
        item = (
            ApprovalItem.objects.select_for_update(of=("self",))
            .filter(pk=item_id, state=State.DRAFTING)
            .first()
        )
        if item is None:
            return
        if item.revision_id is not None and not missed:
            why = f"No new draft: {reason}"
            item_step(item, State.PENDING, among=[State.DRAFTING], state_reason=why[:400])
            item_audit(item, "item.kept", actor, {"reason": reason})
            return
        _close_drafting(item, State.MISSED if missed else State.WITHDRAWN, reason, actor)


def _close_drafting(item: ApprovalItem, after: str, reason: str, actor: Actor) -> None:
    item_step(item, after, among=[State.DRAFTING], state_reason=reason[:400])
    item_audit(item, f"item.{after}", actor, {"reason": reason})
