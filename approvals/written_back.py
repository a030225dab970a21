"""An opt-out recorded here goes back to the platform: by one press where it takes it, else by hand.

The platform would go on writing by itself otherwise. Where the client said it to the platform (a
STOP to its own number), or the platform shows it meanwhile, there is nothing to do.
"""

from datetime import timedelta
from typing import Any

from approvals.actions import UpdateConsent
from approvals.models import ApprovalItem
from approvals.proposals import EvidenceItem, Proposal, Reason
from approvals.services.items import item_fill, item_open, item_withdraw
from approvals.services.steps import item_step
from core.announce import listen
from core.audit import Actor
from integrations import events
from integrations.channels.base import channels
from integrations.ingest.diff import home_location
from integrations.models import Client, Consent, Location, Message
from integrations.platforms.base import platform_of

State = ApprovalItem.State
AGENT = "consent"
ACTOR = Actor.agent(AGENT)
RIGHT, GROUP = "review_changes", "changes"
# By law within ten business days; what waits longer is overdue.
WITHIN = timedelta(days=10)
JUST_NOW = timedelta(minutes=5)
WORDS = {"sms": "texts", "email": "e-mails"}


@listen("approvals.written_back", events.ConsentChanged, events.ClientUpdated)
def written_back_hear(event: Any) -> None:
    if isinstance(event, events.ConsentChanged):
        consent_changed(event)
    elif isinstance(event, events.ClientUpdated) and "consent" in event.changed:
        platform_knows(event)


def consent_changed(event: events.ConsentChanged) -> None:
    """A no is to be noted at the platform; a yes makes a no that still waits needless."""
    client = Client.objects.select_related("connection").filter(pk=event.client_id or 0).first()
    if client is None or client.deleted_at is not None:
        return
    if event.granted:
        _needless(client, event.channel, "They want messages again.")
    elif not said_to_the_platform(client, event) and not known_there(client, event.channel, event):
        opt_out_write_back(client, event)


def said_to_the_platform(client: Client, event: events.ConsentChanged) -> bool:
    """Whether it came in by the platform's own number: then the platform has heard it as well."""
    last = (
        Message.objects.filter(
            client=client, incoming=True, channel=event.channel, sent_at__gt=event.at - JUST_NOW
        )
        .order_by("-sent_at")
        .first()
    )
    return last is not None and last.source not in channels.names()


def known_there(client: Client, channel: str, event: events.ConsentChanged) -> bool:
    """Whether the platform shows a no for everything that was meant, or knows of no yes."""
    theirs = [Consent.Origin.PLATFORM, Consent.Origin.FILE]
    rows = Consent.objects.filter(
        client=client, channel=channel, origin__in=theirs, purpose__in=event.purposes
    )
    return not rows.filter(granted=True).exists()


def opt_out_write_back(client: Client, event: events.ConsentChanged) -> ApprovalItem | None:
    """One card for the desk: a press where the platform takes it, else a step by hand."""
    location = home_location(client.connection, client.pk) or _any_location(client)
    if location is None:
        return None
    proposal = _proposal(client, event)
    item = item_open(
        actor=ACTOR,
        connection_id=client.connection_id,
        location_id=location.pk,
        agent=AGENT,
        subject=proposal.subject,
        occasion=proposal.occasion,
        stage=ApprovalItem.Stage.REVIEW,
        title=proposal.title,
        tag=proposal.tag,
        group=GROUP,
        right=RIGHT,
        due_at=proposal.due_at,
        client_id=client.pk,
        event_at=event.at,
    )
    filled = item_fill(actor=ACTOR, item_id=item.pk, proposal=proposal)
    able = platform_of(client.connection).capabilities(client.connection)
    if filled is not None and UpdateConsent.capability not in able:
        why = "The platform takes this from nobody but you."
        item_step(filled, State.MANUAL, among=[State.PENDING], state_reason=why)
    return filled


def _any_location(client: Client) -> Location | None:
    rows = Location.objects.filter(connection=client.connection_id, deleted_at=None)
    return rows.order_by("pk").first()


def _proposal(client: Client, event: events.ConsentChanged) -> Proposal:
    words = WORDS.get(event.channel, event.channel)
    action = UpdateConsent(
        client=client.external_id,
        channel=event.channel,
        granted=False,
        purposes=tuple(event.purposes),
        at=event.at.isoformat(),
        wording=event.wording,
    )
    said = f"{event.said_by}: {event.wording}" if event.wording else event.said_by
    return Proposal(
        subject=f"client:{client.pk}",
        occasion=f"opted_out:{event.channel}",
        title=f"{client.short_name} wants no more {words}",
        origin="Opt-out",
        tag="by law",
        group=GROUP,
        right=RIGHT,
        actions=(action,),
        evidence=(
            EvidenceItem("Said", said[:200], "client", str(client.pk), "recorded here", event.at),
        ),
        reasons=(
            Reason(f"We send no more {words} since then. The platform does not know it yet.", ""),
        ),
        known_facts=(),
        writer="template",
        due_at=event.at + WITHIN,
        moment="ten days are over",
        client_id=client.pk,
    )


def platform_knows(event: events.ClientUpdated) -> None:
    """The platform shows a change of consent: what it says no to needs no writing back."""
    client = Client.objects.filter(pk=event.client_id or 0).first()
    if client is None:
        return
    for channel in WORDS:
        theirs = Consent.objects.filter(
            client=client, channel=channel, origin=Consent.Origin.PLATFORM
        )
        if theirs.exists() and not theirs.filter(granted=True).exists():
            _needless(client, channel, "The platform knows it now.")


def _needless(client: Client, channel: str, why: str) -> None:
    waiting = ApprovalItem.objects.filter(
        client=client, agent=AGENT, occasion=f"opted_out:{channel}", state__in=ApprovalItem.LIVE
    )
    for item_id in waiting.values_list("pk", flat=True):
        item_withdraw(actor=ACTOR, item_id=item_id, reason=why)
