"""A draft whose footer is not today's any more gets one that is, and has to be looked at again."""

from django.db import transaction

from approvals import policy
from approvals.ladders.slots import SUBJECT
from approvals.models import ApprovalItem
from approvals.services import filling
from approvals.services.steps import item_audit
from approvals.services.ways import needs_refit
from core.audit import Actor

State = ApprovalItem.State
ACTOR = Actor.system("channel")


def refit(item: ApprovalItem) -> bool:
    """True when a new revision was written: what was on the card is not what would go out.

    A transaction of its own: the approval that finds it changed writes nothing.
    """
    if item.revision is None or item.revision.channel != "email":
        return False
    with transaction.atomic():
        rows = ApprovalItem.objects.select_for_update(of=("self",)).select_related(
            "location", "connection", "client", "revision"
        )
        now = rows.filter(pk=item.pk, state__in=policy.may_become(State.APPROVED)).first()
        # A ladder is approved as it was ranked; the whole of it is asked for anew.
        if now is None or now.revision is None or now.subject.startswith(SUBJECT):
            return False
        if not needs_refit(now, now.revision, filling.actions_of(now.revision)):
            return False
        _rewrite(now)
        return True


def _rewrite(item: ApprovalItem) -> None:
    base = item.revision
    if base is None:
        return
    verdict = policy.CareVerdict(item.care, tuple(item.care_reasons))
    revision = filling.revision_write(
        item,
        writer=base.writer,
        actions=filling.actions_of(base),
        evidence=list(base.evidence.order_by("position")),
        read=filling.Read(base.facts, item.facts_ok, verdict, base.warnings),
        reasons=base.reasons,
        language=base.language,
        author_id=base.author_id,
        template_version=base.template_version,
    )
    ApprovalItem.objects.filter(pk=item.pk).update(
        revision=revision, preview=filling.preview_of(revision.body), version=item.version + 1
    )
    item_audit(item, "item.refitted", ACTOR, {"revision": revision.pk, "number": revision.number})
