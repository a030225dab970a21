"""What really happened, by the salon's own history, held against our tables."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from agents.models import AgentRun
from approvals.models import ApprovalItem, Decision, Effect, Offer
from core import clock
from core.work import WorkRow
from integrations.models import Appointment, InboundEvent
from integrations.platforms.mangomint.mapping import moment
from integrations.sandbox.remote import Remote

EVERYTHING = "1000000"
State = ApprovalItem.State
# An approved draft has come to an end in each of these: sent, refused by a fact, or with a person.
UNDER_WAY = (State.APPROVED, State.SENDING, State.DRAFTING)


@dataclass
class Verdict:
    """What was tried and what went wrong, each wrong one said in words."""

    deliveries: int = 0
    appointments: int = 0
    approved: int = 0
    sent: int = 0
    calls: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)
    injected: Counter[str] = field(default_factory=Counter)


def verdict(salon: Remote, touched: set[str]) -> Verdict:
    found = Verdict()
    _deliveries(salon, found)
    _appointments(salon, touched, found)
    _approvals(salon, found)
    _calls(salon, found)
    _messages(salon, found)
    return found


def _history(salon: Remote, kind: str) -> list[dict[str, Any]]:
    return list(salon.get("history", kind=kind, limit=EVERYTHING)["data"])


def _deliveries(salon: Remote, found: Verdict) -> None:
    """Every delivery that got its 202 is a row that was finished."""
    told = [row for row in _history(salon, "webhook") if row["action"] == "webhook.delivered"]
    once = {row["subject"] for row in told}
    kept = {row.delivery_id: row for row in InboundEvent.objects.filter(delivery_id__in=once)}
    found.deliveries = len(once)
    for one in once:
        row = kept.get(one)
        if row is None or not row.outcome:
            ours = "not kept" if row is None else f"{row.state}: {row.last_error}"
            found.lost.append(f"delivery {one} was acknowledged, ours {ours}")
    found.injected["repeated deliveries"] = len(told) - len(once)
    missed = [row for row in _history(salon, "webhook") if row["action"] != "webhook.delivered"]
    found.injected["deliveries that found nobody"] = len(missed)


def _appointments(salon: Remote, touched: set[str], found: Verdict) -> None:
    """Each is as the salon has it, and each that stands has its draft."""
    found.appointments = len(touched)
    ours = {row.external_id: row for row in Appointment.objects.filter(external_id__in=touched)}
    covers = ApprovalItem.objects.exclude(state=State.DRAFTING).values_list("covers", flat=True)
    spoken = {(int(pk), moment(start)) for many in covers for pk, start in many}
    for ident in sorted(touched):
        true, row = salon.get(f"record/{ident}"), ours.get(ident)
        start = moment(true["startTime"])
        if row is None or (row.status, row.starts_at) != (true["status"], start):
            found.lost.append(f"{ident} is {true['status']} at {true['startTime']}, ours: {row}")
        elif true["status"] == "booked" and (row.pk, start) not in spoken:
            why = _why_nothing(row)
            if not why:
                found.lost.append(f"{ident} stands and has no draft")
            found.injected[f"no draft: {why}"] += 1


def _why_nothing(row: Appointment) -> str:
    """What the last run about it said where it had nothing to say."""
    runs = AgentRun.objects.filter(
        agent="confirmation", event__appointment_id=row.pk, state=WorkRow.State.DONE
    )
    last = runs.order_by("-pk").first()
    # "A newer draft took its place" is no answer where there is no newer draft.
    said = last.why_nothing if last and last.outcome != "drafted" else ""
    return "" if said.startswith("A newer draft") else said


def _approvals(salon: Remote, found: Verdict) -> None:
    """Every approval has come to an end, and what we call sent is at the salon."""
    approved = Decision.objects.filter(kind=Decision.Kind.APPROVE)
    found.approved = approved.values("item_id").distinct().count()
    hanging = ApprovalItem.objects.filter(decisions__in=approved, state__in=UNDER_WAY).distinct()
    for item in hanging:
        if _awaits_an_answer(item):
            found.injected["ladders waiting for a client"] += 1
            continue
        waits = item.effects.filter(outcome="").order_by("not_before").first()
        why = f"until {waits.not_before}: {waits.last_error}" if waits else "for nothing"
        found.lost.append(f"draft {item.pk} is {item.state} and waits {why}")
    known = {one["reference"] for one in salon.get("messages")["data"]}
    sent = Effect.objects.filter(type="send_message", outcome=Effect.Outcome.SENT)
    for key in sent.values_list("key", flat=True):
        found.sent += 1
        if key not in known:
            found.lost.append(f"effect {key} counts as sent and never arrived")


def _awaits_an_answer(item: ApprovalItem) -> bool:
    """An offer was sent and its client still has time: the rungs below are meant to wait."""
    asked = Offer.objects.filter(item=item, state=Offer.State.SENT, answer_until__gt=clock.now())
    return asked.exists()


def _calls(salon: Remote, found: Verdict) -> None:
    """No key was ever applied twice, whatever it did."""
    calls = [row["data"] for row in _history(salon, "call")]
    applied = Counter(
        call["key"]
        for call in calls
        if call["key"] and call["status"] < 300 and not call["repeated"]
    )
    found.calls = sum(applied.values())
    found.doubled += [f"key {key} was applied {n} times" for key, n in applied.items() if n > 1]
    found.injected["lost replies"] = sum(bool(call.get("lost")) for call in calls)


def _messages(salon: Remote, found: Verdict) -> None:
    """No text reached anybody twice, and each is what somebody approved, byte for byte."""
    ours = [one for one in salon.get("messages")["data"] if one["source"] == "api"]
    texts = Counter((one["clientId"], one["channel"], one["body"]) for one in ours)
    found.doubled += [f"{who[0]} got one text {n} times" for who, n in texts.items() if n > 1]
    effects = {
        effect.key: effect
        for effect in Effect.objects.select_related("decision", "action", "revision")
    }
    for one in ours:
        effect = effects.get(one["reference"])
        if effect is None or not _approved(effect, one):
            found.undecided.append(f"{one['id']} with reference {one['reference']}")


def _approved(effect: Effect, message: dict[str, Any]) -> bool:
    """A person said yes to this revision, and its action's bytes are what arrived."""
    decision = effect.decision
    wanted = json.loads(bytes(effect.action.payload or b"{}"))
    return (
        decision.kind == Decision.Kind.APPROVE
        and decision.actor_id is not None
        and decision.item_id == effect.item_id
        and decision.revision_id == effect.action.revision_id == effect.revision_id
        and wanted.get("body") == message["body"]
        # A ladder's decision covers every rung; the draft's own text is the first one's.
        and (decision.scope == Decision.Scope.LADDER or message["body"] == effect.revision.body)
        and wanted.get("client") == message["clientId"]
        and wanted.get("address") == message["to"]
    )
