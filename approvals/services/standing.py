"""Standing decisions: approved beforehand, one fixed template within stated limits."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from approvals.autonomy.cases import case_of
from approvals.autonomy.policy import SAMPLE_PERCENT, why_a_person
from approvals.errors import DecisionError, NoRight, NotPossible
from approvals.models import ApprovalItem, Decision, LocationTrust, Revision, StandingGrant
from approvals.permissions import rights_of
from approvals.policy import right_for
from approvals.services.steps import effects_void, item_audit, item_step
from core import clock
from core.audit import Actor, audit_record
from integrations.models import Location, User

MOST_A_DAY = 500
LONGEST = timedelta(days=366)
# The audit's word for a decision that ended by itself; its facts name the regret.
REGRETTED = "standing.regretted"


def standing_give(
    *,
    user: User,
    location: Location,
    agent: str,
    action_types: Sequence[str],
    template_version: str,
    daily_limit: int,
    expires_at: datetime,
    earned: bool = False,
) -> StandingGrant:
    """Decide beforehand: drafts of exactly this template may go without a press, within limits.

    Needs the rights that deciding each of them by hand would need. ``earned``: of an agent's own
    drafts, under the rules of ``approvals/autonomy``. Raises NoRight or NotPossible.
    """
    rights = rights_of(user)
    if not all(rights.has(location.pk, right_for(action)) for action in action_types):
        raise NoRight("You cannot decide on these drafts there.")
    if not action_types or not 0 < daily_limit <= MOST_A_DAY:
        raise NotPossible(f"Please choose between 1 and {MOST_A_DAY} a day.")
    if not clock.now() < expires_at <= clock.now() + LONGEST:
        raise NotPossible("Please choose a day within a year.")
    with transaction.atomic():
        grant = StandingGrant.objects.create(
            location=location,
            agent=agent,
            action_types=sorted(action_types),
            template_version=template_version,
            daily_limit=daily_limit,
            expires_at=expires_at,
            granted_by=user,
            granted_by_name=user.name,
            earned=earned,
            sample_percent=SAMPLE_PERCENT if earned else 0,
            most_value=trust_of(location).most_value if earned else None,
        )
        _audit(grant, user.as_actor(), "standing.given")
        return grant


def trust_of(location: Location) -> LocationTrust:
    """What a manager set for the location, or what holds where nobody set anything (not saved)."""
    return LocationTrust.objects.filter(location=location).first() or LocationTrust(
        location=location
    )


def standing_revoke(*, user: User, grant_id: int) -> StandingGrant:
    """From now on a person decides again. Revoking twice changes nothing more."""
    with transaction.atomic():
        grant = StandingGrant.objects.select_for_update().filter(pk=grant_id).first()
        if grant is None or not all(
            rights_of(user).has(grant.location_id, right_for(one)) for one in grant.action_types
        ):
            raise NoRight("You cannot decide on these drafts there.")
        _end(
            grant,
            user.as_actor(),
            "standing.revoked",
            f"{user.name} ended what was approved beforehand",
        )
        return grant


def standing_regretted(*, actor: Actor, grant_id: int, why: str) -> bool:
    """End an earned decision because of what followed a draft that went alone. ``why`` names it.

    What it approved and has not left goes to a person, as when a manager ends it.
    """
    with transaction.atomic():
        grant = StandingGrant.objects.select_for_update().get(pk=grant_id)
        words = f"What was approved beforehand has ended: {why}"
        return grant.earned and _end(grant, actor, REGRETTED, words, regret=why)


def _end(grant: StandingGrant, actor: Actor, action: str, words: str, **facts: str) -> bool:
    """Once: of two that end it at the same moment the second finds nothing left to do."""
    if grant.revoked_at is not None:
        return False
    grant.revoked_at = clock.now()
    grant.save(update_fields=["revoked_at"])
    _audit(grant, actor, action, **facts)
    if grant.earned:
        _take_back(grant, actor, words)
    return True


def _take_back(grant: StandingGrant, actor: Actor, why: str) -> None:
    """What it approved and has not left yet (held, or waiting for the morning) goes to a person."""
    held = ApprovalItem.objects.filter(
        state=ApprovalItem.State.APPROVED, decisions__standing=grant
    ).distinct()
    for item in held.order_by("pk"):
        begun = item.effects.filter(outcome="").exclude(call_started_at=None).exists()
        step = not begun and item_step(
            item, ApprovalItem.State.PENDING, among=[ApprovalItem.State.APPROVED], state_reason=why
        )
        if step:
            effects_void(item.pk, why)
            item_audit(item, "item.left_to_person", actor, {"why": why})


def _audit(grant: StandingGrant, actor: Actor, action: str, **facts: str) -> None:
    audit_record(
        action=action,
        actor=actor,
        connection=grant.location.connection_id,
        location=grant.location_id,
        subject=f"standing:{grant.pk}",
        facts={
            "agent": grant.agent,
            "template": grant.template_version,
            "actions": grant.action_types,
            "daily_limit": grant.daily_limit,
            "expires_at": grant.expires_at.isoformat(),
            "earned": grant.earned,
            "sample_percent": grant.sample_percent,
            **facts,
        },
    )


def approve_if_granted(*, actor: Actor, item: ApprovalItem) -> Decision | None:
    """Approve a draft that a standing decision covers; None where a person has to.

    Call inside a transaction. What a rule forbids just now (hours, limits) waits for a person too;
    where the agent could have acted by itself, the audit says what kept it from that.
    """
    if item.revision is None or not item.revision.template_version:
        return None
    why = ""
    grants = StandingGrant.objects.filter(
        agent=item.agent,
        location_id=item.location_id,
        template_version=item.revision.template_version,
        revoked_at=None,
        expires_at__gt=clock.now(),
    )
    for grant_id in grants.order_by("id").values_list("pk", flat=True):
        try:
            return item_approve_standing(actor=actor, item_id=item.pk, grant_id=grant_id)
        except DecisionError as refused:
            why = refused.plain
    if why and item.stage == ApprovalItem.Stage.AUTO:
        item_audit(item, "item.left_to_person", actor, {"why": why})
    return None


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
        (item.seeded, "it is a test"),
        (used_today(grant, item) >= grant.daily_limit, "its limit for today is used up"),
    )
    why = next((why for applies, why in problems if applies), "")
    return why or (why_a_person(case_of(grant, item, revision)) if grant.earned else "")


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
