"""What became of an effect, written down: row, draft, audit and hint in one transaction.

Each needs the effect's lease (or, for buried rows, that nothing was written yet). A worker whose
lease was lost changes nothing, except that a proof of sending is never thrown away.
"""

import logging
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from approvals import guards, policy
from approvals.actions import Action, SendMessage, action_from
from approvals.delivery import (
    OPTED_OUT,
    carrier_opt_out,
    reported_failed,
    rung_undelivered,
    undelivered,
)
from approvals.ladders import rungs
from approvals.models import ApprovalItem, Effect, OfferStep
from approvals.services.closing import item_stale, person_answered
from approvals.services.steps import effects_void, item_audit, item_step, newer_live
from approvals.services.telling import edited_sent_tell
from core import clock
from core.audit import Actor
from core.doorbell import ring_on_commit
from core.errors import Permanent
from core.work import WorkRow
from integrations.ingest import records_apply
from integrations.platforms.base import ActionResult
from integrations.quiet import sendable_at

State, Outcome = ApprovalItem.State, Effect.Outcome
ACTOR = Actor.system("sender")
DRAIN = "approvals.effects_drain"
logger = logging.getLogger(__name__)


def _settle(effect: Effect, outcome: str, error: str = "", **fields: Any) -> bool:
    """Write an outcome once. The row must be ours still, or dead without an outcome."""
    mine = Effect.objects.filter(pk=effect.pk, outcome="", lease_token=effect.lease_token).exclude(
        state=WorkRow.State.DONE
    )
    return bool(
        mine.update(
            state=WorkRow.State.DONE,
            outcome=outcome,
            settled_at=clock.now(),
            plain_error=error[:400],
            lease_token=None,
            lease_until=None,
            last_error="",
            **fields,
        )
    )


def _item(effect: Effect) -> ApprovalItem:
    return ApprovalItem.objects.select_related("location", "connection", "client", "revision").get(
        pk=effect.item_id
    )


def was_sent(effect: Effect, result: ActionResult) -> bool:
    """Proved: the platform took it. What follows it is released."""
    with transaction.atomic():
        rung = rungs.locked(effect)
        reference = result.reference[:120]
        if not _settle(effect, Outcome.SENT, reference=reference) and not _late_proof(
            effect, reference
        ):
            return False
        if rung is not None:
            rungs.sent(rung, effect, reference)
            if reported_failed(effect, rung.opening.connection_id):
                rung_undelivered(rung, effect)
            return True
        item = _item(effect)
        facts = {"effect": effect.key, "sha256": effect.body_sha256, "reference": reference}
        if not _main_left(item):
            item_step(item, State.SENT, among=[State.SENDING, State.UNKNOWN, State.FAILED])
        item_audit(item, "effect.sent", ACTOR, facts)
        person_answered(item)
        edited_sent_tell(item)
        _log(item, result)
        why = reported_failed(effect)
        if why:
            undelivered(effect, why)
        else:
            _release_next(item)
        return True


def _log(item: ApprovalItem, result: ActionResult) -> None:
    """The record the platform answered with joins the working copy at once: the conversation shows
    it. One that cannot be stored comes with the next reading; what was sent stays sent."""
    if result.record is None:
        return
    try:
        with transaction.atomic():
            records_apply(
                connection=item.connection, records=[result.record], source="effect", history=True
            )
    except Exception:
        logger.exception("the record of a sent effect could not be stored")


def _late_proof(effect: Effect, reference: str) -> bool:
    """The lease was lost and the outcome put down as unknown, and now the answer came."""
    return bool(
        Effect.objects.filter(pk=effect.pk, outcome=Outcome.UNKNOWN).update(
            outcome=Outcome.SENT, reference=reference, settled_at=clock.now(), plain_error=""
        )
    )


def _main_left(item: ApprovalItem) -> bool:
    """Whether an action that matters (not a follow-up) is still to be done."""
    return item.effects.filter(outcome="").exclude(type__in=policy.FOLLOW_UPS).exists()


def _release_next(item: ApprovalItem) -> None:
    """The next action of the draft, parked until now, is due."""
    following = item.effects.filter(outcome="", state=WorkRow.State.WAITING)
    first = following.order_by("position", "id").values_list("pk", flat=True).first()
    if first is not None:
        Effect.objects.filter(pk=first).update(not_before=clock.now())
        ring_on_commit(DRAIN)


def certainly_failed(effect: Effect, why: str) -> bool:
    """Certainly not applied, and trying again alone will not help: back to a person."""
    with transaction.atomic():
        rung = rungs.locked(effect)
        if not _settle(effect, Outcome.FAILED, why):
            return False
        if rung is not None:
            rungs.failed(rung, effect, why)
            return True
        item = _item(effect)
        if effect.type in policy.FOLLOW_UPS and item.state == State.SENT:
            item_audit(item, "effect.follow_up_failed", ACTOR, {"effect": effect.key}, {"why": why})
            return True
        newer = newer_live(item) if item.state == State.SENDING else None
        after = State.SUPERSEDED if newer else State.FAILED
        item_step(
            item,
            after,
            among=[State.APPROVED, State.SENDING],
            state_reason=why[:400],
            superseded_by=newer,
        )
        effects_void(item.pk, why)
        item_audit(item, "effect.failed", ACTOR, {"effect": effect.key}, {"why": why})
        return True


def refused(effect: Effect, action: Action, error: Permanent) -> bool:
    """The other side said no for good. Where it says that the client opted out, we believe it."""
    with transaction.atomic():
        rungs.locked(effect)
        if error.code == OPTED_OUT and isinstance(action, SendMessage):
            carrier_opt_out(_item(effect).connection_id, action, error.plain)
        return certainly_failed(effect, error.plain)


def may_have_been_sent(effect: Effect, why: str) -> bool:
    """Nobody can prove it: never repeated by us; a person looks."""
    with transaction.atomic():
        rung = rungs.locked(effect)
        if not _settle(effect, Outcome.UNKNOWN, why):
            return False
        if rung is not None:
            rungs.unsure(rung, effect, why)
            return True
        item = _item(effect)
        if effect.type in policy.FOLLOW_UPS and item.state == State.SENT:
            item_audit(item, "effect.follow_up_unknown", ACTOR, {"effect": effect.key})
            return True
        reason = f"May have been sent. Please check. {why}"
        # Held again after a lost answer, and too late to repeat: it left once, in any case.
        item_step(item, State.SENDING, among=[State.APPROVED])
        item_step(item, State.UNKNOWN, among=[State.SENDING], state_reason=reason[:400])
        effects_void(item.pk, "What came before it may not have been done.")
        item_audit(item, "effect.unknown", ACTOR, {"effect": effect.key}, {"why": why})
        return True


def released(effect: Effect, why: str, *, doubt: bool = False) -> bool:
    """Certainly nothing was applied: the draft is held again (or makes room for a newer one)."""
    with transaction.atomic():
        ours = Effect.objects.filter(
            pk=effect.pk,
            lease_token=effect.lease_token,
            state=WorkRow.State.LEASED,
            outcome="",
        ).update(
            call_started_at=None,
            plain_error=why[:400],
            doubt_since=Coalesce("doubt_since", "call_started_at") if doubt else F("doubt_since"),
        )
        if not ours:
            return False
        if rungs.is_rung(effect):
            # The ladder is under way as a whole: its draft does not step back for one text.
            return True
        item = _item(effect)
        if item.state != State.SENDING:
            return doubt
        newer = newer_live(item)
        if newer is not None:
            item_step(item, State.SUPERSEDED, among=[State.SENDING], superseded_by=newer)
            effects_void(item.pk, "A newer draft took its place.")
            return False
        return item_step(item, State.APPROVED, among=[State.SENDING], state_reason=why[:400])


def came_back(effect: Effect, item: ApprovalItem, refusal: guards.Refusal) -> bool:
    """Not sent: something changed, or its moment passed. The person's edit stays."""
    if rung_refused(effect, refusal):
        return True
    if refusal.after == State.STALE:
        with transaction.atomic():
            back = item_stale(actor=ACTOR, item=item, refusal=refusal, among=[State.APPROVED])
            return back or _half_done(effect, item, refusal)
    after = refusal.after
    with transaction.atomic():
        why = f"{refusal.why} The approved text did not go out."
        if not item_step(item, after, among=[State.APPROVED], state_reason=why[:400]):
            return _half_done(effect, item, refusal)
        effects_void(item.pk, refusal.why)
        item_audit(item, f"item.{after}", ACTOR, {"effect": effect.key}, {"why": refusal.why})
        return True


def _half_done(effect: Effect, item: ApprovalItem, refusal: guards.Refusal) -> bool:
    """A later action may not be done after all, and the first is done: a person has to know both.

    Left alone, it would be claimed again and again until its tries are used up.
    """
    why = f"The first part is done; the rest did not go out. {refusal.why}"
    if effect.position == 0 or not _settle(effect, Outcome.STALE, refusal.why):
        return False
    effects_void(item.pk, refusal.why)
    item_step(item, State.FAILED, among=[State.SENDING], state_reason=why[:400])
    item_audit(item, "effect.half_done", ACTOR, {"effect": effect.key}, {"why": refusal.why})
    return True


def rung_refused(effect: Effect, refusal: guards.Refusal) -> bool:
    """One rung is skipped, the ladder goes on. False: not part of a ladder."""
    with transaction.atomic():
        rung = rungs.locked(effect)
        if rung is not None and _settle(effect, Outcome.STALE, refusal.why):
            rungs.refused(rung, effect, refusal)
        return rung is not None


def goes_by_hand(effect: Effect) -> bool:
    """The platform cannot do it (any more): the approved draft becomes a manual step."""
    with transaction.atomic():
        rung = rungs.locked(effect)
        if rung is not None:
            return _rung_by_hand(effect, rung)
        item = _item(effect)
        if effect.type in policy.FOLLOW_UPS:
            return _settle(effect, Outcome.WITHDRAWN, "The platform takes no notes from us.")
        if not item_step(item, State.MANUAL, among=[State.APPROVED]):
            return False
        item.effects.filter(outcome="", call_started_at=None).update(
            state=WorkRow.State.DONE, lease_token=None, lease_until=None
        )
        item_audit(item, "item.manual", ACTOR, {"effect": effect.key})
        return True


def _rung_by_hand(effect: Effect, rung: rungs.Rung) -> bool:
    """A booking waits to be done by a person; any other step of a rung is left out, and said so."""
    if rung.role == OfferStep.Role.BOOK:
        mine = Effect.objects.filter(pk=effect.pk, lease_token=effect.lease_token, outcome="")
        done = mine.update(state=WorkRow.State.DONE, lease_token=None, lease_until=None) == 1
    else:
        done = _settle(effect, Outcome.WITHDRAWN, "The platform cannot do this for us.")
    if done:
        rungs.unable(rung, effect)
    return done


def not_now(effect: Effect, item: ApprovalItem) -> timedelta | None:
    """How long until it may go (quiet hours began meanwhile), or None for now."""
    now = clock.now()
    message = action_from(effect.type, bytes(effect.body or b""))
    if not isinstance(message, SendMessage):
        return None
    at = sendable_at(location=item.location, client=item.client, purpose=message.purpose, at=now)
    if at <= now or guards.may_go_at_night(item, message, now, slack=True):
        return None
    return at - now
