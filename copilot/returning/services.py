"""What a manager presses on the page: one win-back draft now, and segments as tags."""

from typing import Any

from django.db import transaction

from agents.config import config_for
from agents.models import AgentRun, ClientOutlook, Outreach
from agents.opening import run_open
from agents.returning.outlook import tags_of
from agents.returning.reaching import BOOKED_AHEAD, ClientDue, booked_ahead, outreach_draw
from approvals.actions import UpdateClient
from approvals.errors import NoRight, NotPossible
from approvals.models import ApprovalItem
from approvals.permissions import MANAGER_RIGHT, rights_of
from approvals.proposals import Proposal, Reason
from approvals.services.approving import approve_locked
from approvals.services.items import item_fill, item_open
from approvals.writing_rules import USEFUL_FOR
from copilot.returning.outcomes import FIELD, outcomes_due, words_of
from copilot.returning.reading import living
from core import clock
from core.audit import audit_record
from integrations.models import Location, User
from integrations.platforms.base import platform_of

AGENT = "winback"
# In place of an agent's name on what a press on this page writes.
BY_PRESS = "segments"
CHANGES = "review_changes"
TAGS_AT_ONCE = 50


def winback_ask(*, user: User, location_id: int, client_id: int) -> AgentRun:
    """Have one client's win-back drafted now. Raises NotPossible in plain words."""
    place = _place(user, location_id, MANAGER_RIGHT)
    config, at = config_for(AGENT, place), clock.now()
    if not config.enabled:
        raise NotPossible("Win back is switched off here. An admin can switch it on under Agents.")
    outlook = living(place).filter(client_id=client_id).first()
    if outlook is None:
        raise NotPossible("This client is not on the list any more.")
    if booked_ahead(client_id, at):
        raise NotPossible(BOOKED_AHEAD)
    with transaction.atomic():
        key = f"since:{outlook.last_visit_on}"
        row = outreach_draw(outlook=outlook, agent=AGENT, key=key, percent=0, at=at)
        if row.held_out:
            raise NotPossible("Drawn by chance to be left alone this time, to compare with.")
        event = ClientDue(
            key=f"{AGENT}:{client_id}:{key}:{at.isoformat()}",
            connection_id=str(place.connection_id),
            at=at,
            location_id=place.pk,
            client_id=client_id,
            kind=AGENT,
            occasion=key,
        )
        run = run_open(config=config, location=place, event=event)
        _audit(user, place, outlook, "returning.draft_asked", {})
    if run is None or run.state == AgentRun.State.DONE:
        raise NotPossible(run.why_nothing if run else "It is drafted already.")
    return run


def tags_write(*, user: User, location_id: int) -> int:
    """Bring the platform's tags of this location's clients up to date, and the line that says what
    came of writing to them, fifty clients at a time: each is a draft of its own, written and
    approved by this press. Returns how many."""
    place = _place(user, location_id, MANAGER_RIGHT)
    if not rights_of(user).has(place.pk, CHANGES):
        raise NotPossible("Changing records at the platform is not part of your role here.")
    if UpdateClient.capability not in platform_of(place.connection).capabilities(place.connection):
        raise NotPossible("The platform does not take tags from us. The list has them as a file.")
    outcomes, done = outcomes_due(place), 0
    for outlook in living(place).order_by("-worth", "pk").iterator():
        fields = _fields(outlook, outcomes.get(outlook.client_id))
        if not fields:
            continue
        _write(user, place, outlook, fields, outcomes.get(outlook.client_id))
        done += 1
        if done >= TAGS_AT_ONCE:
            break
    return done


def _fields(outlook: ClientOutlook, outcome: Outreach | None) -> dict[str, Any]:
    """What of the record is to be changed; tags that were written already wait for the platform to
    say so and are not written again."""
    fields: dict[str, Any] = {}
    wanted = tags_of(outlook.client.tags, outlook.segments)
    differs = sorted(wanted) != sorted(map(str, outlook.client.tags))
    if differs and outlook.tagged != outlook.segments:
        fields["tags"] = wanted
    if outcome is not None:
        fields["custom_fields"] = {FIELD: words_of(outcome)}
    return fields


def _write(
    user: User,
    place: Location,
    outlook: ClientOutlook,
    fields: dict[str, Any],
    outcome: Outreach | None,
) -> None:
    proposal = _proposal(user, outlook, fields)
    with transaction.atomic():
        item = item_open(
            actor=user.as_actor(), connection_id=place.connection_id, location_id=place.pk,
            agent=BY_PRESS, subject=proposal.subject, occasion=proposal.occasion,
            stage=ApprovalItem.Stage.REVIEW, title=proposal.title, tag=proposal.tag,
            group=proposal.group, right=CHANGES, due_at=proposal.due_at,
            client_id=outlook.client_id,
        )  # fmt: skip
        filled = item_fill(
            actor=user.as_actor(), item_id=item.pk, proposal=proposal, author_id=user.pk
        )
        if filled is None or filled.revision is None:
            raise NotPossible("It could not be written down.")
        approve_locked(item=filled, user=user, revision_id=filled.revision.pk)
        if "tags" in fields:
            outlook.tagged = list(outlook.segments)
            outlook.save(update_fields=["tagged"])
        if outcome is not None:
            outcome.told = words_of(outcome)
            outcome.save(update_fields=["told"])
        _audit(user, place, outlook, "returning.tags_written", fields)


def _proposal(user: User, outlook: ClientOutlook, fields: dict[str, Any]) -> Proposal:
    client = outlook.client
    return Proposal(
        subject=f"client:{client.pk}",
        occasion="segments",
        title=f"Tags of {client.short_name}",
        origin=f"Segments, by {user.name}",
        tag="tags",
        group="changes",
        right=CHANGES,
        actions=(UpdateClient(client=client.external_id, fields=fields),),
        evidence=(),
        reasons=(Reason("The segments and outcomes of last night.", "client's record"),),
        known_facts=(),
        writer="person",
        due_at=clock.now() + USEFUL_FOR,
        moment="the next night",
        client_id=client.pk,
    )


def _place(user: User, location_id: int, right: str) -> Location:
    if not rights_of(user).has(location_id, right):
        raise NoRight
    return Location.objects.select_related("connection").get(pk=location_id)


def _audit(
    user: User, place: Location, outlook: ClientOutlook, action: str, facts: dict[str, object]
) -> None:
    audit_record(
        action=action,
        actor=user.as_actor(),
        connection=place.connection_id,
        location=place.pk,
        client=outlook.client_id,
        subject=f"client:{outlook.client_id}",
        facts=facts,
    )
