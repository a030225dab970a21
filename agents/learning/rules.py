"""House rules: proposed by a habit or written by an admin, accepted, edited, declined, ended."""

from typing import Any

from django.db import transaction
from django.db.models import Max

from agents.learning.policy import Wording, rules_cleaned, wording_problems
from agents.models import HouseRule
from approvals.services.strangers import strangers_in
from core import clock
from core.audit import Actor, audit_record
from integrations.models import Location, StaffMember

State = HouseRule.State
HABIT = Actor.system("corrections")


class NotARule(ValueError):
    """Why it cannot be kept, in words for whoever typed it."""


def rules_in_force(location_id: int, agent: str) -> tuple[Wording, ...]:
    """What texts of this agent keep to here, oldest first; one query."""
    rows = HouseRule.objects.filter(location_id=location_id, agent=agent, state=State.ACCEPTED)
    return tuple(wording_of(row) for row in rows.order_by("number"))


def rules_at(location_id: int) -> dict[str, tuple[Wording, ...]]:
    """The same for every agent of a place that has any, in one query."""
    found: dict[str, tuple[Wording, ...]] = {}
    for row in HouseRule.objects.filter(location_id=location_id, state=State.ACCEPTED).order_by(
        "number"
    ):
        found[row.agent] = (*found.get(row.agent, ()), wording_of(row))
    return found


def wording_of(row: HouseRule) -> Wording:
    return Wording(row.avoid, row.use, row.language, row.pk)


def rule_propose(
    *, location: Location, agent: str, language: str, avoid: str, use: str, drafts: int
) -> HouseRule | None:
    """What a habit asks for. None: it was proposed, decided or refused before, or is no wording."""
    avoid, use = rules_cleaned(avoid, use)
    before = HouseRule.objects.filter(
        location=location, agent=agent, language=language, avoid__iexact=avoid
    )
    if before.exists() or problems_of(location, avoid, use):
        return None
    with transaction.atomic():
        return _made(HABIT, location, agent, language=language, avoid=avoid, use=use, drafts=drafts)


@transaction.atomic
def rule_write(
    *, actor: Actor, location: Location, agent: str, language: str, avoid: str, use: str
) -> HouseRule:
    """An admin's own rule, in force at once. NotARule says what is wrong."""
    avoid, use = _checked(location, avoid, use)
    _none_stands(location, agent, language, avoid)
    row = _made(actor, location, agent, language=language, avoid=avoid, use=use)
    return _decided(actor, row, State.ACCEPTED)


@transaction.atomic
def rule_accept(*, actor: Actor, rule: HouseRule) -> HouseRule:
    """In force from the next draft on."""
    row = _locked(rule, State.PROPOSED)
    return _decided(actor, row, State.ACCEPTED)


@transaction.atomic
def rule_edit(*, actor: Actor, rule: HouseRule, avoid: str, use: str) -> HouseRule:
    """Other words for it: a new row in force, the older one is replaced."""
    row = _locked(rule, State.PROPOSED, State.ACCEPTED)
    avoid, use = _checked(row.location, avoid, use)
    if (avoid, use) == (row.avoid, row.use):
        return row if row.state == State.ACCEPTED else _decided(actor, row, State.ACCEPTED)
    _decided(actor, row, State.REPLACED)
    _none_stands(row.location, row.agent, row.language, avoid)
    made = _made(
        actor, row.location, row.agent, language=row.language, avoid=avoid, use=use,
        drafts=row.drafts, replaces=row,
    )  # fmt: skip
    return _decided(actor, made, State.ACCEPTED)


@transaction.atomic
def rule_decline(*, actor: Actor, rule: HouseRule) -> HouseRule:
    """Never proposed again for these words."""
    return _decided(actor, _locked(rule, State.PROPOSED), State.DECLINED)


@transaction.atomic
def rule_revoke(*, actor: Actor, rule: HouseRule) -> HouseRule:
    """The next draft no longer keeps to it."""
    return _decided(actor, _locked(rule, State.ACCEPTED), State.REVOKED)


def problems_of(location: Location, avoid: str, use: str) -> list[str]:
    """What is wrong with these words here, names of the salon's people and clients included."""
    found = wording_problems(avoid, use)
    named = {
        word.casefold()
        for name in StaffMember.objects.filter(
            connection_id=location.connection_id, deleted_at=None
        ).values_list("name", flat=True)
        for word in name.split()
    }
    words = [*avoid.split(), *use.split()]
    people = [word for word in words if word.strip(".,!?").casefold() in named]
    people += strangers_in(location.connection_id, f"{avoid} . {use}", ())
    return [*found, *(f"“{one}” is a name: a rule is about wording." for one in people[:3])]


def _checked(location: Location, avoid: str, use: str) -> tuple[str, str]:
    avoid, use = rules_cleaned(avoid, use)
    problems = problems_of(location, avoid, use)
    if problems:
        raise NotARule(" ".join(problems))
    return avoid, use


def _none_stands(location: Location, agent: str, language: str, avoid: str) -> None:
    """Two rules for the same words would leave it to chance which one is kept."""
    rows = HouseRule.objects.filter(
        location=location, agent=agent, language=language, avoid__iexact=avoid,
        state__in=HouseRule.OPEN,
    )  # fmt: skip
    if rows.exists():
        raise NotARule(f"There is a rule for “{avoid}” already. Please change that one.")


def _locked(rule: HouseRule, *states: str) -> HouseRule:
    rows = HouseRule.objects.select_related("location").select_for_update(of=("self",))
    row = rows.get(pk=rule.pk)
    if row.state not in states:
        raise NotARule(f"{row.decided_by or 'Somebody'} was faster: it is {_said(row)} now.")
    return row


def _said(row: HouseRule) -> str:
    return State(row.state).label


def _made(actor: Actor, location: Location, agent: str, **fields: Any) -> HouseRule:
    # Of two at once the second waits here and gets the number after.
    Location.objects.select_for_update(of=("self",)).get(pk=location.pk)
    rows = HouseRule.objects.filter(location=location, agent=agent)
    number = (rows.aggregate(most=Max("number"))["most"] or 0) + 1
    row = HouseRule.objects.create(
        location=location, agent=agent, number=number, proposed_by=actor.name[:160], **fields
    )
    _audit(actor, row)
    return row


def _decided(actor: Actor, row: HouseRule, state: str) -> HouseRule:
    row.state, row.decided_by, row.decided_at = state, actor.name[:160], clock.now()
    row.save(update_fields=["state", "decided_by", "decided_at"])
    _audit(actor, row)
    return row


def _audit(actor: Actor, row: HouseRule) -> None:
    audit_record(
        action=f"house_rule.{row.state}",
        actor=actor,
        connection=row.location.connection_id,
        location=row.location_id,
        subject=f"agent:{row.agent}",
        facts={
            "agent": row.agent,
            "rule": row.pk,
            "number": row.number,
            "said": wording_of(row).said,
        },
    )
