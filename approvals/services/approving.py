"""Approving: one conditional UPDATE decides who won; the effects are written with it."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from approvals import guards, policy
from approvals.actions import Action as TypedAction
from approvals.actions import SendMessage, action_from
from approvals.errors import Changed, IsATest, NoRight, NotPossible
from approvals.ladders.approval import ladder_begin, ladder_of, ladder_plan
from approvals.models import Action, ApprovalItem, Decision, Effect, StandingGrant
from approvals.permissions import Rights, rights_of
from approvals.services.filling import action_rows, actions_from, first_message
from approvals.services.locking import item_for_decision, item_locked, revision_seen
from approvals.services.planning import PARKED, Plan, departure, is_too_late, too_late_words
from approvals.services.refitting import refit
from approvals.services.steps import already_decided, item_audit, item_step
from approvals.services.ways import Ways, fits, ways_of
from core import clock
from core.audit import Actor
from core.doorbell import ring_on_commit
from integrations.models import User

State, Care = ApprovalItem.State, ApprovalItem.Care
DRAIN = "approvals.effects_drain"
# A draft that stands for several others, by the first part of its subject: who approves those with
# it. It is called inside the transaction, once what was seen was checked.
Whole = Callable[..., Decision]
wholes: dict[str, Whole] = {}
# Drafts that nothing lets go but what they wait for (an answer), by the first part of the occasion.
WAITING_OCCASIONS = frozenset({"on-yes"})


@dataclass(frozen=True)
class BulkReport:
    """``left_out``: (draft, why) for each that was not approved."""

    approved: list[int]
    left_out: list[tuple[int, str]]


def item_approve(
    *,
    user: User,
    item_id: int,
    revision_id: int,
    evidence_sha256: str,
    seconds: float | None = None,
    reason: str = "",
    known: ApprovalItem | None = None,
) -> Decision:
    """Approve exactly what was seen: this revision, resting on this evidence.

    ``seconds`` from the card being visible to the press (None where no script measured it);
    ``reason`` one of HOLD_REASONS where the draft asks for press and hold; ``known`` the draft
    where the caller has just read it for this person: it is read again, and held, to decide.
    Raises AlreadyDecided, Changed, NotPossible or NoRight; then nothing was sent.
    """
    known = known or item_for_decision(user, item_id)
    refit(known)
    with transaction.atomic():
        item = item_locked(user, item_id, known)
        _seen(item, revision_id, evidence_sha256)
        care_taken(item, user, seconds, reason)
        whole = wholes.get(item.subject.partition(":")[0])
        if whole is not None:
            return whole(item=item, user=user, seconds=seconds, reason=reason)
        return approve_locked(
            item=item,
            user=user,
            revision_id=revision_id,
            seconds=seconds,
            reason=reason,
            held=True,
        )


def _seen(item: ApprovalItem, revision_id: int, evidence_sha256: str) -> None:
    """The text and the evidence must be those that were on the card."""
    if item.state not in policy.may_become(State.APPROVED):
        if item.state == State.STALE:
            raise NotPossible(
                "Something it rests on has changed. Edit it, or ask for another draft."
            )
        raise already_decided(item.pk)
    if revision_seen(item, pk=revision_id).evidence_sha256 != evidence_sha256:
        raise Changed(item)


def care_taken(item: ApprovalItem, user: User, seconds: float | None, reason: str) -> None:
    if item.stage == ApprovalItem.Stage.OBSERVE:
        raise NotPossible("This draft is kept for comparison only. Nothing is sent from it.")
    if item.care == Care.PRESS_HOLD and not reason:
        raise NotPossible("This one needs press and hold, and a reason.")
    care = care_for(item, user)
    if care == Care.OPEN_CARD and seconds is not None and seconds < policy.OPEN_CARD_SECONDS:
        raise NotPossible("Please read it first: it opened just now.")


def care_for(item: ApprovalItem, user: User) -> str:
    """What approving asks of this person: a language they do not read opens the card."""
    language = item.revision.language if item.revision else ""
    return policy.care_for_reader(item.care, language, user.languages)


def approve_locked(
    *,
    item: ApprovalItem,
    user: User,
    revision_id: int,
    seconds: float | None = None,
    reason: str = "",
    grant: StandingGrant | None = None,
    actor: Actor | None = None,
    held: bool = False,
) -> Decision:
    """Win the draft, then write Decision, Effects and audit. Call inside a transaction.

    ``held``: this transaction has the draft's row locked (``item_locked``) since it read it.
    """
    rows = action_rows(item.revision) if item.revision else []
    actions = actions_from(rows)
    if item.revision is None or not actions:
        raise NotPossible("There is nothing to send: the text was removed.")
    was, ways = item.state, ways_of(item, actions)
    texts_fit(item, actions, ways)
    ladder = ladder_of(item)
    plan = ladder_plan(ladder, actions) if ladder else plan_of(item, actions, ways)
    approve_win(item, revision_id, State.MANUAL if plan.by_hand else State.APPROVED, held)
    message = None if ladder else first_message(actions)
    asking = guards.Asking(item, message, clock.now())
    refusal = guards.first_refusal(guards.AT_APPROVAL, asking)
    if refusal is not None:
        raise NotPossible(refusal.why)
    decision = decision_write(
        item, user, scope_of(ladder is not None, grant), grant, reason=reason[:40], seconds=seconds
    )
    effects = effects_write(item, rows, decision, plan, ways)
    if ladder is not None:
        ladder_begin(ladder, item, effects, plan)
    facts = approved_facts(decision, was, effects)
    item_audit(item, "item.approved", actor or user.as_actor(), facts)
    ring_on_commit(DRAIN)
    return decision


def texts_fit(item: ApprovalItem, actions: Sequence[TypedAction], ways: Ways) -> None:
    """What goes out is what was seen, footer included; news without a postal address stays here."""
    same, problem = fits(item, actions, ways.accounts)
    if problem:
        raise NotPossible(problem)
    if not same:
        raise NotPossible("What stands below our e-mails has changed. Ask for another draft.")


def approved_facts(decision: Decision, was: str, effects: Sequence[Effect]) -> dict[str, Any]:
    """What the audit keeps for good about an approval."""
    return {
        "decision": decision.pk,
        "from": was,
        "evidence": decision.evidence_sha256,
        "effects": {effect.key: effect.body_sha256 for effect in effects},
        "scope": decision.scope,
    }


def decision_write(
    item: ApprovalItem, user: User, scope: str, grant: StandingGrant | None, **said: Any
) -> Decision:
    """The yes itself: what was approved, resting on what, by whom."""
    return Decision.objects.create(
        item=item,
        kind=Decision.Kind.APPROVE,
        scope=scope,
        standing=grant,
        revision=item.revision,
        evidence_sha256=item.revision.evidence_sha256 if item.revision else "",
        actor=user,
        actor_name=user.name,
        actor_platform_id=user.as_actor().platform_id,
        **said,
    )


def scope_of(ladder: bool, grant: StandingGrant | None) -> str:
    """A ladder is approved as a whole, and never by a standing decision."""
    if ladder:
        if grant is not None:
            raise NotPossible("A ladder is approved by a person, each time.")
        return Decision.Scope.LADDER
    return Decision.Scope.STANDING if grant else Decision.Scope.ITEM


def approve_win(item: ApprovalItem, revision_id: int, after: str, held: bool) -> None:
    """The one UPDATE that decides who won: of any number of people exactly one changes the row.

    Under the row's lock: a revision written in this instant must not be approved unseen.
    """
    if item.seeded:
        raise IsATest
    now = item if held else ApprovalItem.objects.select_for_update(of=("self",)).get(pk=item.pk)
    if now.state in policy.may_become(State.APPROVED) and now.revision_id != revision_id:
        raise Changed(now)
    among = [State.PENDING, State.FAILED]
    if not item_step(item, after, among=among, snoozed_until=None, changes=[]):
        raise already_decided(item.pk)


def plan_of(item: ApprovalItem, actions: Sequence[TypedAction], ways: Ways | None = None) -> Plan:
    """When it leaves: after the hold, inside permitted hours, not before its own hour."""
    ladder = ladder_of(item, lock=False)
    if ladder is not None:
        return ladder_plan(ladder, actions)
    now = clock.now()
    if item.subject.partition(":")[0] in wholes:
        return Plan(now, now, False, actions)
    message = first_message(actions)
    ways = ways or ways_of(item, actions)
    main = [action for action in actions if action.name not in policy.FOLLOW_UPS] or list(actions)
    if not all(ways.can(action) for action in main):
        return Plan(now, now, True, main)
    kept = [action for action in actions if ways.can(action)]
    live = guards.live_exchange(item, now)
    channel, purpose = (message.channel, message.purpose) if message else ("", "")
    free = message is None or guards.may_go_at_night(item, message, now, slack=False, live=live)
    at, held = departure(item, channel=channel, purpose=purpose, live=live, any_hour=free, now=now)
    if is_too_late(item, at):
        raise NotPossible(too_late_words(item, at, now))
    return Plan(at, held, False, kept, parked=item.occasion in WAITING_OCCASIONS)


def effects_write(
    item: ApprovalItem, actions: Sequence[Action], decision: Decision, plan: Plan, ways: Ways
) -> list[Effect]:
    """One Effect per action, with the exact bytes; what was sent already is not repeated.

    ``actions``: the revision's rows, in order. By which number or mailbox is fixed here too: a
    later choice concerns later drafts.
    """
    wanted = {action.name for action in plan.actions}
    sent = item.effects.filter(outcome=Effect.Outcome.SENT)
    done = set(sent.values_list("type", "body_sha256"))
    rows = [
        row for row in actions if row.type in wanted and (row.type, row.body_sha256) not in done
    ]
    decision.made = Effect.objects.bulk_create(
        _effect(item, decision, plan, ways, row, index) for index, row in enumerate(rows)
    )
    return decision.made


def _effect(
    item: ApprovalItem,
    decision: Decision,
    plan: Plan,
    ways: Ways,
    row: Action,
    index: int,
) -> Effect:
    typed = action_from(row.type, bytes(row.payload or b""))
    return Effect(
        item=item,
        decision=decision,
        revision_id=row.revision_id,
        action=row,
        position=row.position,
        key=effect_key(item, decision, row),
        type=row.type,
        body=row.payload,
        body_sha256=row.body_sha256,
        channel=typed.channel if isinstance(typed, SendMessage) else "",
        through="" if plan.by_hand else ways.through(typed),
        held_until=plan.held_until,
        not_before=plan.at if index == 0 and not plan.parked else plan.at + PARKED,
        state=Effect.State.DONE if plan.by_hand else Effect.State.WAITING,
    )


def effect_key(item: ApprovalItem, decision: Decision, row: Action) -> str:
    """Stable for one Effect, and unguessable from outside through the connection's random id."""
    parts = (item.connection_id, item.pk, decision.pk, row.pk, row.position, row.body_sha256)
    return "fdc_" + hashlib.sha256(":".join(map(str, parts)).encode()).hexdigest()[:40]


def items_approve_bulk(*, user: User, wanted: Sequence[tuple[int, int, str]]) -> BulkReport:
    """Approve many at once: only one-key drafts whose every fact is verified; the rest say why.

    ``wanted``: (item id, revision id, evidence hash) as seen. Each is a transaction of its own.
    """
    from approvals.errors import DecisionError

    rights = rights_of(user)
    report = BulkReport([], [])
    for item_id, revision_id, evidence in wanted:
        why = bulk_refusal(item_id, rights, user)
        if not why:
            try:
                item_approve(
                    user=user, item_id=item_id, revision_id=revision_id, evidence_sha256=evidence
                )
                report.approved.append(item_id)
                continue
            except DecisionError as error:
                why = error.plain
        report.left_out.append((item_id, why))
    return report


def bulk_refusal(item_id: int, rights: Rights, user: User) -> str:
    """Why a draft cannot be one of many, or ''."""
    item = ApprovalItem.objects.filter(pk=item_id).select_related("revision").first()
    if item is None or not rights.may_see(item):
        return NoRight().plain
    if item.seeded:
        return "It needs to be read: open it first."
    if item.care == Care.ONE_KEY and care_for(item, user) != Care.ONE_KEY:
        return "It needs to be read: it is in a language that you do not read."
    if item.care != Care.ONE_KEY:
        return "It needs to be read: " + (", ".join(item.care_reasons) or "open it first") + "."
    if not item.facts_ok:
        return "A fact in it could not be verified."
    return ""
