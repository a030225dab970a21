"""How well somebody fits a slot: parts between 0 and 1, each with its reason. Pure."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from statistics import median
from typing import NamedTuple

from agents.matching.facts import Ranked
from agents.matching.rules import ANSWERED, REACHED, Asking, later_one
from agents.matching.settings import OpenSlotSettings

# Somebody who was never asked is taken to answer one offer in three.
ASKED_BEFORE, YES_BEFORE = 3.0, 1.0
QUICK_MINUTES = 60.0


class Part(NamedTuple):
    """One part of the score: ``share`` of its weight, why, and what speaks against it."""

    share: float
    reasons: Sequence[str] = ()
    doubts: Sequence[str] = ()


def weights_of(settings: OpenSlotSettings) -> dict[str, float]:
    """What each part counts; the same for everybody on one list."""
    return {name: float(getattr(settings, f"weight_{name}")) for name in PARTS}


def ranked(asking: Asking, weights: Mapping[str, float] | None = None) -> Ranked:
    """The score of one client who may be asked."""
    weights = weights or weights_of(asking.settings)
    total = sum(weights.values()) or 1.0
    gained: dict[str, float] = {}
    reasons: list[str] = []
    doubts: list[str] = []
    for name, part in PARTS.items():
        share, why, against = part(asking)
        gained[name] = 100 * weights[name] * share / total
        doubts += against
        if weights[name] > 0:
            reasons += why
    later = later_one(asking)
    if later is not None:
        reasons.append(f"Has a later one, {asking.said(later.starts_at)}, and could come sooner.")
    return Ranked(
        entry_id=asking.waiting.entry_id,
        client_id=asking.waiting.client_id,
        score=round(sum(gained.values()), 2),
        reasons=reasons,
        doubts=doubts + _doubts(asking),
        instead_of=later.id if later else None,
        parts={name: round(value, 2) for name, value in gained.items()},
    )


def fit(asking: Asking) -> Part:
    """The very service half, the therapist and the hours a quarter each."""
    waiting, slot = asking.waiting, asking.slot
    reasons, doubts = [], []
    service, staff, time = 1.0, 1.0, 1.0
    if waiting.service_id is not None and waiting.service_id == slot.service_id:
        reasons.append(f"Waits for {waiting.service}.")
    elif waiting.service_id is None:
        service = 0.7
        reasons.append("Waits for any service.")
    else:
        service = 0.4
        reasons.append(f"Waits for {waiting.service}, which fits as well.")
    if slot.staff_external_id and slot.staff_external_id in waiting.staff_ids:
        reasons.append(f"Asked for {slot.staff.split(' ')[0]}.")
    else:
        staff = 0.6 + min(0.3, waiting.with_staff * 0.1)
        if waiting.staff_ids:
            doubts.append("Asked for a certain therapist.")
        elif waiting.with_staff:
            times = "once" if waiting.with_staff == 1 else f"{waiting.with_staff} times"
            reasons.append(f"Was with {slot.staff.split(' ')[0]} {times}.")
    if asking.in_time == "part":
        time = 0.4
        doubts.append("The visit ends a little after the hours they gave.")
    return Part(0.5 * service + 0.25 * staff + 0.25 * time, reasons, doubts)


def answers(asking: Asking) -> Part:
    """How often they answered, and how fast. A plain no is an answer too, but half of one."""
    if not asking.waiting.asked:
        return NEVER_ASKED
    reached = [one for one in asking.waiting.asked if one.state in REACHED and one.state != "sent"]
    answered = [one for one in reached if one.state in ANSWERED and one.answered_at and one.sent_at]
    yes = sum(1.0 if one.state != "declined" else 0.5 for one in answered)
    rate = (yes + YES_BEFORE) / (len(reached) + ASKED_BEFORE)
    minutes = [
        (one.answered_at - one.sent_at).total_seconds() / 60
        for one in answered
        if one.answered_at and one.sent_at
    ]
    quick = max(0.0, 1 - median(minutes) / QUICK_MINUTES) if minutes else 0.5
    reasons, doubts = [], []
    if answered:
        asked = "the one offer" if len(reached) == 1 else f"{len(answered)} of {len(reached)}"
        usual = max(1, round(median(minutes)))
        reasons.append(f"Answered {asked} at short notice, mostly within {usual} minutes.")
    elif reached:
        count = "the last offer" if len(reached) == 1 else f"the last {len(reached)} offers"
        doubts.append(f"Did not answer {count}.")
    return Part(0.7 * rate + 0.3 * quick, reasons, doubts)


def waiting(asking: Asking) -> Part:
    since = asking.waiting.waiting_since
    if since is None:
        return Part(0.0)
    days = max(0, (asking.as_of - since).days)
    said = {0: "On the list since today.", 1: "Has waited a day."}.get(days)
    share = min(1.0, days / asking.settings.full_days)
    return Part(share, [said or f"Has waited {days} days."])


def loyalty(asking: Asking) -> Part:
    who, settings = asking.waiting, asking.settings
    visits = min(1.0, who.visits / settings.full_visits)
    spend = min(1.0, float(who.spend) / settings.full_spend)
    said = [f"{who.visits} visits so far."] if who.visits > 1 else []
    return Part((visits + spend) / 2, said)


def near(asking: Asking) -> Part:
    ours, theirs = _code(asking.slot.postal_code), _code(asking.waiting.postal_code)
    if not ours or not theirs:
        return Part(0.0)
    if ours == theirs:
        return Part(1.0, ["Lives in the salon's postal code."])
    if len(theirs) >= 3 and ours[:3] == theirs[:3]:
        return Part(0.5, ["Lives near the salon."])
    return Part(0.0)


def priority(asking: Asking) -> Part:
    marked = asking.waiting.priority.strip().casefold() not in {"", "normal", "low", "none", "0"}
    tags = asking.terms.tags
    tag = next((one for one in asking.waiting.tags if one.casefold() in tags), "")
    if marked:
        return Part(1.0, [f"Priority on the waitlist: {asking.waiting.priority}."])
    return Part(1.0, [f"Tagged {tag}."]) if tag else Part(0.0)


@lru_cache(maxsize=1024)
def _code(text: str) -> str:
    return "".join(text.split()).upper().split("-")[0]


def _doubts(asking: Asking) -> list[str]:
    waiting, slot = asking.waiting, asking.slot
    found = []
    if waiting.missed >= 2:
        found.append(f"Missed or cancelled late {waiting.missed} times.")
    in_line = any(
        one.state == "waiting" and one.starts_at < slot.ends_at and one.ends_at > slot.starts_at
        for one in asking.waiting.asked
        if one.opening_id != slot.opening_id
    )
    if in_line:
        found.append("Is in line for another slot at that hour.")
    if waiting.note:
        found.append(f"Their note: {waiting.note[:120]}")
    return found


NEVER_ASKED = Part(0.7 * (YES_BEFORE / ASKED_BEFORE) + 0.3 * 0.5)
PARTS: dict[str, Callable[[Asking], Part]] = {
    "fit": fit,
    "answers": answers,
    "waiting": waiting,
    "loyalty": loyalty,
    "near": near,
    "priority": priority,
}
