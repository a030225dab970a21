"""What befalls drafts from outside: withdrawn, stale, missed. ``states.REACTIONS`` says which."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from approvals import guards
from approvals.models import ApprovalItem, Decision, Evidence
from approvals.policy import Happening, reached_by
from approvals.services.steps import effects_void, item_audit, item_step
from approvals.writing_rules import ANSWER, WRITTEN
from core import clock
from core.audit import Actor

State = ApprovalItem.State
# A placeholder that nobody filled: its run was lost for good.
DRAFTING_AT_MOST = timedelta(hours=6)
EXPIRE_BATCH = 500
# Checks that ask the platform itself: not from inside a transaction, only right before sending.
CALLS_OUT = ("slot_free",)
# What a text may no longer state once one of these facts has changed.
FACTS_OF_CHECK: dict[str, frozenset[str]] = {
    "appointment_as_was": frozenset(
        {"date", "time", "end_time", "weekday", "duration", "name", "service", "promise"}
    ),
    "slot_free": frozenset({"date", "time", "weekday"}),
    "price_as_was": frozenset({"price"}),
}


def item_withdraw(
    *, actor: Actor, item_id: int, reason: str, happening: Happening = Happening.STOP
) -> bool:
    """Take a draft away; a held one's approver is told. What is going out is never voided."""
    with transaction.atomic():
        item = ApprovalItem.objects.filter(pk=item_id).first()
        if item is None:
            return False
        return _leave(item, State.WITHDRAWN, reached_by(happening)[State.WITHDRAWN], reason, actor)


def items_withdraw_for(
    *,
    actor: Actor,
    reason: str,
    client_id: int | None = None,
    appointment_id: int | None = None,
    channel: str = "",
    before: datetime | None = None,
    happening: Happening = Happening.STOP,
) -> list[int]:
    """Withdraw every draft of a client or appointment; returns the ids that were reached.

    ``channel`` spares drafts that would go out another way, ``before`` those written because of
    what happened at that moment or later.
    """
    among = reached_by(happening)[State.WITHDRAWN]
    found = ApprovalItem.objects.filter(about(client_id, appointment_id), state__in=among)
    if channel:
        found = found.filter(Q(revision=None) | Q(revision__channel=channel))
    if before is not None:
        found = found.filter(Q(event_at=None) | Q(event_at__lt=before))
    with transaction.atomic():
        return [
            item.pk
            for item in found.order_by("id")
            if _leave(item, State.WITHDRAWN, among, reason, actor)
        ]


def about(client_id: int | None, appointment_id: int | None) -> Q:
    """Drafts about a client, or about an appointment (also as one of several they cover)."""
    if appointment_id is not None:
        mentioned = Q(appointment_id=appointment_id)
        if client_id is None:
            return mentioned
        return mentioned | Q(client_id=client_id, covers__contains=[[appointment_id]])
    if client_id is None:
        raise ValueError("a client or an appointment is needed")
    return Q(client_id=client_id)


def item_stale(
    *, actor: Actor, item: ApprovalItem, refusal: guards.Refusal, among: list[str] | None = None
) -> bool:
    """Bring a draft back with what changed; the person's edit stays as its revision."""
    wanted = among or [*reached_by(Happening.FACT_CHANGED)[State.STALE], State.STALE]
    gone = frozenset(
        kind
        for change in refusal.changes
        for kind in FACTS_OF_CHECK.get(change.get("check", ""), ())
    )
    known = [fact for fact in item.known_facts if fact["kind"] not in gone]
    fields = {
        "state_reason": refusal.why[:400],
        "changes": merged_changes(item.changes, refusal.changes),
        "known_facts": known,
        "facts_ok": item.facts_ok and not gone,
        "care": max_care(item.care),
        "snoozed_until": None,
    }
    if item.state == State.STALE:
        changed = ApprovalItem.objects.filter(pk=item.pk, state=State.STALE).update(**fields) == 1
    else:
        changed = item_step(item, State.STALE, among=wanted, **fields)
    if changed:
        effects_void(item.pk, refusal.why, outcome="stale")
        item_audit(
            item, "item.stale", actor, {"checks": [c.get("check", "") for c in refusal.changes]}
        )
    return changed


def max_care(care: str) -> str:
    return ApprovalItem.Care.OPEN_CARD if care == ApprovalItem.Care.ONE_KEY else care


def merged_changes(
    before: list[dict[str, str]], new: Iterable[dict[str, str]]
) -> list[dict[str, str]]:
    """One line per label: the first known value, and the newest."""
    lines = {change["label"]: dict(change) for change in before}
    for change in new:
        first = lines.get(change["label"], change)
        lines[change["label"]] = {**change, "before": first["before"]}
    return list(lines.values())


def items_stale(
    *,
    actor: Actor,
    reason: str,
    label: str,
    now: str,
    appointment_id: int,
    client_id: int | None = None,
    before: datetime | None = None,
) -> list[int]:
    """Mark every draft of an appointment as resting on something that changed."""
    among = reached_by(Happening.FACT_CHANGED)[State.STALE]
    found = ApprovalItem.objects.filter(about(client_id, appointment_id), state__in=among)
    if before is not None:
        found = found.filter(Q(event_at=None) | Q(event_at__lt=before))
    change = {
        "label": label,
        "before": "",
        "now": now,
        "what": reason,
        "check": "appointment_as_was",
    }
    refusal = guards.Refusal(State.STALE, reason, (change,))
    with transaction.atomic():
        return [
            item.pk
            for item in found.order_by("id")
            if item_stale(actor=actor, item=item, refusal=refusal)
        ]


def items_recheck(
    *,
    actor: Actor,
    client_id: int | None = None,
    appointment_id: int | None = None,
    before: datetime | None = None,
) -> list[int]:
    """Read the evidence of a client's drafts again from the working copy; returns those moved.

    So an open card shows at once what the effect worker would find later.
    """
    among = [*reached_by(Happening.FACT_CHANGED)[State.STALE], State.STALE]
    found = ApprovalItem.objects.filter(about(client_id, appointment_id), state__in=among)
    if before is not None:
        found = found.filter(Q(event_at=None) | Q(event_at__lt=before))
    moved: list[int] = []
    if not found.exists():
        # Nearly every event: five tables' columns and a savepoint for nothing.
        return moved
    with transaction.atomic():
        for item in found.select_related("location", "connection", "client", "revision").order_by(
            "id"
        ):
            if _recheck(item, actor):
                moved.append(item.pk)
    return moved


def _recheck(item: ApprovalItem, actor: Actor) -> bool:
    facts = Evidence.objects.filter(revision=item.revision)
    evidence = list(facts.exclude(check_kind__in=CALLS_OUT).order_by("position"))
    refusal = guards.evidence_holds(guards.Asking(item, None, clock.now(), evidence))
    if refusal is None:
        return False
    if refusal.after == State.WITHDRAWN:
        among = reached_by(Happening.STAFF_REPLY)[State.WITHDRAWN]
        return _leave(item, State.WITHDRAWN, among, f"Already handled. {refusal.why}", actor)
    return item_stale(actor=actor, item=item, refusal=refusal)


def person_answered(item: ApprovalItem) -> list[int]:
    """Somebody's own words went to the client from here: waiting drafts of the thread step back.

    What a person has approved meanwhile stays: that was decided with these words in sight.
    """
    if item.agent != WRITTEN or item.client_id is None:
        return []
    waiting = [State.PENDING, State.STALE, State.FAILED, State.MANUAL]
    return items_step_back(
        actor=Actor.system("conversation"),
        client_id=item.client_id,
        reason="Already handled. Somebody wrote to the client from here.",
        before=clock.now(),
        among=waiting,
        but=item.pk,
    )


def items_step_back(
    *,
    actor: Actor,
    client_id: int,
    reason: str,
    before: datetime,
    among: Sequence[str] | None = None,
    but: int | None = None,
) -> list[int]:
    """Withdraw the drafts of a client's thread: answers, and what rests on nobody having written.

    ``before`` spares those written because of what happened then or later.
    """
    states = among or reached_by(Happening.STAFF_REPLY)[State.WITHDRAWN]
    talk = Q(purpose=ANSWER) | Exists(
        Evidence.objects.filter(revision=OuterRef("revision"), check_kind="no_staff_reply")
    )
    found = ApprovalItem.objects.filter(
        talk, Q(event_at=None) | Q(event_at__lt=before), client_id=client_id, state__in=states
    ).exclude(Q(pk=but) | Q(agent=WRITTEN))
    with transaction.atomic():
        return [
            item.pk
            for item in found.order_by("id")
            if _leave(item, State.WITHDRAWN, states, reason, actor)
        ]


def items_expire(now: datetime) -> int:
    """Label drafts whose business moment has passed as missed; returns how many."""
    among = reached_by(Happening.MOMENT_PASSED)[State.MISSED]
    waiting = [state for state in among if state != State.APPROVED]
    due = ApprovalItem.objects.filter(state__in=waiting, due_at__lte=now).order_by("due_at")
    lost = ApprovalItem.objects.filter(
        state=State.DRAFTING, created_at__lt=now - DRAFTING_AT_MOST, due_at=None
    )
    actor = Actor.system("clock")
    missed = 0
    for item in [*due[:EXPIRE_BATCH], *lost[:EXPIRE_BATCH]]:
        with transaction.atomic():
            why = "Its moment passed before anybody decided."
            missed += _leave(item, State.MISSED, waiting, why, actor)
    return missed


def _leave(item: ApprovalItem, after: str, among: Sequence[str], reason: str, actor: Actor) -> bool:
    """Close a draft for good, with everything of it that has not left."""
    was = item.state
    why = reason
    if was == State.APPROVED:
        why = f"{reason} The approved text did not go out."
    if not item_step(item, after, among=among, state_reason=why[:400]):
        return False
    voided = effects_void(item.pk, why)
    facts = {"from": was, "voided": voided, "approver": approver_of(item) if voided else ""}
    item_audit(item, f"item.{after}", actor, facts, {"reason": why})
    return True


def approver_of(item: ApprovalItem) -> str:
    """Who approved it last, as text."""
    last = (
        Decision.objects.filter(item_id=item.pk, kind=Decision.Kind.APPROVE).order_by("-id").first()
    )
    return str(last.actor_id or last.actor_name) if last else ""
