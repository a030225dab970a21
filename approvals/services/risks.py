"""The loss risk that waiting drafts show, kept true when it is scored again."""

from collections.abc import Iterable

from approvals.models import ApprovalItem
from approvals.services.steps import item_audit
from core.audit import Actor

# What a draft's tag says of the loss risk; other tags (a day, "first visit") are left alone.
TAGS = {"high": "likely no-show", "medium": "may not come", "low": "low risk"}


def risks_shown(appointment_ids: Iterable[int]) -> dict[int, set[str]]:
    """What the waiting drafts about these appointments show; those never scored are left out."""
    rows = ApprovalItem.objects.filter(
        appointment_id__in=list(appointment_ids), state__in=ApprovalItem.OPEN
    ).exclude(loss_risk="")
    shown: dict[int, set[str]] = {}
    for appointment_id, level in rows.values_list("appointment_id", "loss_risk"):
        shown.setdefault(appointment_id or 0, set()).add(level)
    return shown


def items_risk(*, actor: Actor, appointment_id: int, level: str) -> int:
    """Give the waiting drafts about one appointment its present loss risk; returns how many.

    A draft about several visits shows the riskiest of them and is left as it is, and so is one
    that was never scored. Care does not change: a likely no-show alone never raises it.
    """
    open_ones = ApprovalItem.objects.filter(
        appointment_id=appointment_id, state__in=ApprovalItem.OPEN
    ).exclude(loss_risk__in=["", level])
    changed = 0
    for item in open_ones.order_by("pk"):
        if len(item.covers) > 1:
            continue
        before = item.loss_risk
        item.loss_risk = level
        item.tag = TAGS.get(level, "") if item.tag in TAGS.values() else item.tag
        item.save(update_fields=["loss_risk", "tag"])
        item_audit(item, "item.risk_changed", actor, {"from": before, "to": level})
        changed += 1
    return changed
