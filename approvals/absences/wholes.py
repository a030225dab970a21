"""The one draft and its lines: what exactly is approved, and keeping the two the same."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from django.db.models import F

from approvals.actions_absences import RescheduleDay
from approvals.ladders.words import hour, moment
from approvals.models import Absence, AbsenceLine, ApprovalItem, Revision
from approvals.services import filling
from approvals.services.steps import item_audit
from core.audit import Actor, canonical
from integrations.models import StaffMember

Kind = AbsenceLine.Kind


def line_digest(line: AbsenceLine) -> str:
    """The hash of everything a line says and does."""
    said = [line.kind, line.choice, line.channel, line.body, line.done_body, line.parts]
    return hashlib.sha256(canonical(said).encode()).hexdigest()


def line_words(line: AbsenceLine) -> str:
    """One line in words: who, when, and what is proposed."""
    zone = line.absence.location.zone
    who = line.client.short_name if line.client else "Someone"
    at = hour(line.appointment.starts_at, zone)
    if line.kind == Kind.CALL:
        return f"{who}, {at}: please call"
    name = staff_name(line)
    if line.kind == Kind.SAME_TIME:
        return f"{who}, {at}: same time with {name}"
    new = datetime.fromisoformat(line.choice["parts"][0][1])
    return f"{who}, {at}: asked to come {moment(new, zone)} with {name}"


def staff_name(line: AbsenceLine) -> str:
    staff = StaffMember.objects.filter(pk=line.choice.get("staff", 0)).first()
    return staff.name if staff else "somebody"


def draft_rewrite(
    absence: Absence, item: ApprovalItem, lines: Sequence[AbsenceLine], actor: Actor
) -> Revision:
    """Another revision of the one draft, so that a press on an older one is refused."""
    action = RescheduleDay(
        absence=absence.pk,
        lines=tuple((line.pk, line_digest(line), line_words(line)) for line in lines),
    )
    before = item.revision
    if before is not None and filling.actions_of(before) == [action]:
        _care(item, lines)
        return before
    revision = filling.revision_write(
        item,
        writer=Revision.Writer.TEMPLATE,
        actions=[action],
        evidence=list(before.evidence.order_by("position")) if before else [],
        read=filling.text_read(item, "", [], writer="template", first=False, tainted=False),
        reasons=before.reasons if before else [],
        language="en",
    )
    item.revision, item.preview = revision, filling.preview_of(revision.body)
    name = absence.staff.name
    item.title = f"{name} is not in: {len(lines)} client{'s' if len(lines) > 1 else ''} to care for"
    ApprovalItem.objects.filter(pk=item.pk).update(
        revision=revision, preview=item.preview, title=item.title[:200], version=F("version") + 1
    )
    _care(item, lines)
    item_audit(item, "item.rewritten", actor, {"lines": len(lines)})
    return revision


def _care(item: ApprovalItem, lines: Sequence[AbsenceLine]) -> None:
    """Several people are written to by one press: it is read first, always."""
    reasons = [f"writes to {len(lines)} client{'s' if len(lines) > 1 else ''} by one press"]
    ApprovalItem.objects.filter(pk=item.pk).update(
        care=ApprovalItem.Care.OPEN_CARD, care_reasons=reasons, facts_ok=True
    )
    item.care, item.care_reasons = ApprovalItem.Care.OPEN_CARD, reasons
