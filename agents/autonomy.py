"""A manager lets an agent's fixed template go by itself, and ends it with one press; a regret of a
draft that went alone ends it without one."""

from django.db import transaction
from django.db.models import QuerySet

from agents.configuring import agent_configure, own_row
from agents.earning import Record, records_of, regret_of
from agents.models import AgentConfig
from approvals.actions import SendMessage
from approvals.autonomy.policy import LASTS
from approvals.errors import NoRight, NotPossible
from approvals.models import StandingGrant
from approvals.permissions import MANAGER_RIGHT, rights_of
from approvals.services.standing import (
    MOST_A_DAY,
    standing_give,
    standing_regretted,
    standing_revoke,
)
from core import clock
from core.audit import Actor
from integrations.models import Location, User

BY = Actor.system("autonomy")


@transaction.atomic
def autonomy_grant(*, user: User, location: Location, agent: str, version: str) -> StandingGrant:
    """A standing decision for 30 days, and the agent's stage at this location becomes *auto*.

    ``version`` is the template as the manager saw it. What was earned is read again here: what a
    page showed a moment ago is no ground for anything. Raises NoRight or NotPossible.
    """
    _manages(user, location.pk)
    row = own_row(connection=location.connection, location=location, agent=agent, lock=True)
    # Two managers who press at once: the second finds the first one's decision.
    Location.objects.select_for_update(of=("self",)).get(pk=location.pk)
    record = _record(location, agent)
    if record is None or record.version != version:
        raise NotPossible("The text has changed since. Please look at it again.")
    if record.grant is not None:
        raise NotPossible("It is approved beforehand already.")
    if not record.proposed:
        missing = record.standing.missing
        raise NotPossible(f"Not yet: {missing} more approvals without a change are needed.")
    grant = standing_give(
        user=user,
        location=location,
        agent=agent,
        action_types=[SendMessage.name],
        template_version=version,
        daily_limit=min(record.config.daily_limit, MOST_A_DAY),
        expires_at=clock.now() + LASTS,
        earned=True,
    )
    _stage(row, user.as_actor(), AgentConfig.Stage.AUTO)
    return grant


@transaction.atomic
def autonomy_end(*, user: User, location: Location, grant_id: int) -> StandingGrant:
    """From this moment a person decides again; what has not left yet goes back to the queue."""
    _manages(user, location.pk)
    held = StandingGrant.objects.filter(pk=grant_id, location=location, earned=True).first()
    if held is None:
        raise NoRight("There is no such decision.")
    grant = standing_revoke(user=user, grant_id=grant_id)
    row = own_row(connection=location.connection, location=location, agent=grant.agent, lock=True)
    if row.stage == AgentConfig.Stage.AUTO:
        _stage(row, user.as_actor(), AgentConfig.Stage.REVIEW)
    return grant


def regrets_look() -> int:
    """End every earned decision that a regret followed; returns how many. A draft that is about to
    go alone asks for itself (``regretted_end``): this is for those of which nothing new comes."""
    return sum(regretted_end(grant) for grant in in_force().order_by("pk"))


def in_force() -> QuerySet[StandingGrant]:
    return StandingGrant.objects.filter(
        earned=True, revoked_at=None, expires_at__gt=clock.now()
    ).select_related("location__connection")


def regretted_end(grant: StandingGrant) -> bool:
    """End this decision where a draft it let go was taken back, flagged, complained of, answered
    with an opt-out, or went with something wrong. From then on a person decides again."""
    why = regret_of(grant)
    if not why:
        return False
    with transaction.atomic():
        if not standing_regretted(actor=BY, grant_id=grant.pk, why=why):
            return False
        location = grant.location
        row = own_row(
            connection=location.connection, location=location, agent=grant.agent, lock=True
        )
        if row.stage == AgentConfig.Stage.AUTO:
            _stage(row, BY, AgentConfig.Stage.REVIEW)
    return True


def _stage(row: AgentConfig, actor: Actor, stage: str) -> None:
    row.stage = stage
    agent_configure(actor=actor, config=row, changed=["stage"])


def _manages(user: User, location_id: int) -> None:
    if not rights_of(user).has(location_id, MANAGER_RIGHT):
        raise NoRight("Only a manager of the location decides that.")


def _record(location: Location, agent: str) -> Record | None:
    return next((one for one in records_of(location) if one.agent.name == agent), None)
