"""Standing decisions: approved beforehand, one fixed template within stated limits."""

from datetime import timedelta

from django.db import transaction

from approvals.errors import NotPossible
from approvals.models import ApprovalItem, Decision, Revision, StandingGrant
from core import clock
from core.audit import Actor


def grant_covers(grant: StandingGrant, item: ApprovalItem, revision: Revision) -> str:
    """Why a grant does not cover this draft, or '' when it does."""
    now = clock.now()
    types = set(revision.actions.values_list("type", flat=True))
    problems = (
        (grant.revoked_at is not None, "it was revoked"),
        (grant.expires_at <= now, "it has expired"),
        (grant.agent != item.agent, "it is for another agent"),
        (grant.location_id != item.location_id, "it is for another location"),
        (not types or not types <= set(grant.action_types), "it does not cover this action"),
        (revision.writer != Revision.Writer.TEMPLATE, "the text is not the fixed template"),
        (grant.template_version != revision.template_version, "the template has changed"),
        (not item.facts_ok, "a fact could not be verified"),
        (used_today(grant, item) >= grant.daily_limit, "its limit for today is used up"),
    )
    return next((why for applies, why in problems if applies), "")


def used_today(grant: StandingGrant, item: ApprovalItem) -> int:
    start = (
        clock.now()
        .astimezone(item.location.zone)
        .replace(hour=0, minute=0, second=0, microsecond=0)
    )
    return Decision.objects.filter(
        standing=grant, at__gte=start, at__lt=start + timedelta(days=1)
    ).count()


def item_approve_standing(*, actor: Actor, item_id: int, grant_id: int) -> Decision:
    """Approve one draft under a grant; the Decision names the person who granted it.

    Raises NotPossible where the grant does not cover it; the draft then waits for a person.
    """
    from approvals.services.approving import approve_locked

    with transaction.atomic():
        # The lock serialises the count against the daily limit.
        grant = StandingGrant.objects.select_for_update().get(pk=grant_id)
        item = (
            ApprovalItem.objects.select_related("location", "connection", "client", "revision")
            .filter(pk=item_id)
            .first()
        )
        if item is None or item.revision is None or grant.granted_by is None:
            raise NotPossible("There is nothing to approve.")
        why = grant_covers(grant, item, item.revision)
        if why:
            raise NotPossible(f"The standing decision does not apply: {why}.")
        return approve_locked(
            item=item,
            user=grant.granted_by,
            revision_id=item.revision.pk,
            grant=grant,
            actor=actor,
        )
