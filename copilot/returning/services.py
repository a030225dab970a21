"""What a manager presses on the page: one win-back draft now, and segments as tags."""

from django.db import transaction

from agents.config import config_for
from agents.models import AgentRun, ClientOutlook
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
    """Bring the platform's tags of this location's clients up to date, fifty at a time: each is a
    draft of its own, written and approved by this press. Returns how many."""
    place = _place(user, location_id, MANAGER_RIGHT)
    if not rights_of(user).has(place.pk, CHANGES):
        raise NotPossible("Changing records at the platform is not part of your role here.")
    if UpdateClient.capability not in platform_of(place.connection).capabilities(place.connection):
        raise NotPossible("The platform does not take tags from us. The list has them as a file.")
    done = 0
    for outlook in living(place).order_by("-worth", "pk").iterator():
        wanted = tags_of(outlook.client.tags, outlook.segments)
        if sorted(wanted) == sorted(map(str, outlook.client.tags)):
            continue
        if outlook.tagged == outlook.segments:
            # Written already; the platform has not told us yet.
            continue
        _tag(user, place, outlook, wanted)
        done += 1
        if done >= TAGS_AT_ONCE:
            break
    return done


def _tag(user: User, place: Location, outlook: ClientOutlook, tags: list[str]) -> None:
    proposal = _proposal(user, outlook, tags)
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
        outlook.tagged = list(outlook.segments)
        outlook.save(update_fields=["tagged"])
        _audit(user, place, outlook, "returning.tags_written", {"tags": tags})


def _proposal(user: User, outlook: ClientOutlook, tags: list[str]) -> Proposal:
    client = outlook.client
    return Proposal(
        subject=f"client:{client.pk}",
        occasion="segments",
        title=f"Tags of {client.short_name}",
        origin=f"Segments, by {user.name}",
        tag="tags",
        group="changes",
        right=CHANGES,
        actions=(UpdateClient(client=client.external_id, fields={"tags": tags}),),
        evidence=(),
        reasons=(Reason("The segments of last night.", "client's record"),),
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
