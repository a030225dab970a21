"""What a client said about being written to, recorded by the desk and acted on at once."""

from datetime import datetime

from django.db import transaction

from approvals.errors import NoRight, NotPossible
from approvals.models import ApprovalItem, Revision, ThreadMark
from approvals.permissions import Rights, rights_of
from approvals.policy import Happening
from approvals.selectors.thread import client_seen, stranger_thread
from approvals.selectors.threads import places_of
from approvals.services.closing import items_withdraw_for
from approvals.services.decisions import item_regenerate
from approvals.writing_rules import RIGHT, WRITTEN
from core import clock
from core.audit import Actor, audit_record
from core.hints import hint_on_commit
from integrations import consent
from integrations.models import Client, User

CHANNELS = ("sms", "email")


def _client(user: User, client_id: int) -> tuple[Client, Rights]:
    rights = rights_of(user)
    if not rights.any(RIGHT):
        raise NoRight
    return client_seen(rights, client_id), rights


def client_plain_texts(*, user: User, client_id: int, plain: bool) -> Client:
    """Plain, non-personalised texts from now on, or no longer; waiting drafts are rewritten."""
    with transaction.atomic():
        client, rights = _client(user, client_id)
        _client_set(user, client, "plain_texts", plain)
        if plain:
            _written_anew(user, rights, client)
        return client


def _written_anew(user: User, rights: Rights, client: Client) -> None:
    """What a model wrote for them already is replaced by the standard text."""
    waiting = ApprovalItem.objects.filter(
        rights.visible(),
        client=client,
        state__in=[ApprovalItem.State.PENDING, ApprovalItem.State.STALE],
        revision__writer=Revision.Writer.MODEL,
    ).exclude(agent=WRITTEN)
    for item_id in waiting.order_by("id").values_list("pk", flat=True):
        item_regenerate(user=user, item_id=item_id, instruction="")


def client_no_drafts(*, user: User, client_id: int, none: bool) -> Client:
    """The desk wants no drafts for this client; those that wait are withdrawn."""
    with transaction.atomic():
        client, _ = _client(user, client_id)
        _client_set(user, client, "no_drafts", none)
        if none:
            why = f"The desk wants no drafts for {client.short_name}."
            items_withdraw_for(actor=user.as_actor(), client_id=client.pk, reason=why)
        return client


def _client_set(user: User, client: Client, name: str, value: bool) -> None:
    Client.objects.filter(pk=client.pk).update(**{name: value})
    setattr(client, name, value)
    audit_record(
        action=f"client.{name}",
        actor=user.as_actor(),
        connection=client.connection_id,
        client=client.pk,
        subject=f"client:{client.pk}",
        facts={name: value},
    )
    _hint(user)


def client_opt_out(*, user: User, client_id: int, channel: str) -> Client:
    """The client said at the desk or on the phone: nothing more by this channel."""
    with transaction.atomic():
        client, _ = _client(user, client_id)
        rows = consent.opt_out_record(
            actor=user.as_actor(),
            client=client,
            channel=_channel(channel),
            wording=f"Said so to {user.name}",
        )
        for one in {client.pk, *(row.client_id for row in rows)}:
            items_withdraw_for(
                actor=user.as_actor(),
                client_id=one,
                channel=channel,
                reason=f"{client.short_name} asked for no more messages.",
                happening=Happening.STOP,
            )
        _hint(user)
        return client


def client_opt_in(*, user: User, client_id: int, channel: str) -> Client:
    """The client said so: messages about their visits are welcome again. Never advertising."""
    with transaction.atomic():
        client, _ = _client(user, client_id)
        consent.opt_in_record(
            actor=user.as_actor(),
            client=client,
            channel=_channel(channel),
            wording=f"Said so to {user.name}",
        )
        _hint(user)
        return client


def _channel(channel: str) -> str:
    if channel not in CHANNELS:
        raise NotPossible("Please choose texts or e-mails.")
    return channel


def _hint(user: User) -> None:
    """Every open page at the person's locations looks again."""
    full, own = places_of(rights_of(user))
    for place in (*full, *own):
        hint_on_commit(place, "message")


def thread_settle(*, user: User, client_id: int, settled: bool = True) -> ThreadMark:
    """Nothing needs to be answered in a client's thread up to now (or it does after all)."""
    with transaction.atomic():
        client, _ = _client(user, client_id)
        _hint(user)
        at = clock.now() if settled else None
        return thread_settled(actor=user.as_actor(), client=client, at=at)


def thread_settled(*, actor: Actor, client: Client, at: datetime | None) -> ThreadMark:
    """Mark a client's thread as needing no answer for what was said until ``at``.

    For people, and for code that acted on an answer it understood ("1", "confirmed").
    """
    mark, _ = ThreadMark.objects.get_or_create(
        client=client, defaults={"connection_id": client.connection_id}
    )
    return _settle(actor, mark, at)


def stranger_settle(*, user: User, message_id: int, settled: bool = True) -> None:
    """The same for a number nobody is known by."""
    with transaction.atomic():
        thread = stranger_thread(rights=rights_of(user), message_id=message_id)
        first = next(entry.message for entry in thread.entries if entry.message)
        mark, _ = ThreadMark.objects.get_or_create(
            connection_id=first.connection_id,
            client=None,
            sender=first.address or f"message {first.pk}",
        )
        _hint(user)
        _settle(user.as_actor(), mark, clock.now() if settled else None)


def _settle(actor: Actor, mark: ThreadMark, at: datetime | None) -> ThreadMark:
    mark.settled_at, mark.settled_by_name = at, actor.name[:200] if at else ""
    mark.save(update_fields=["settled_at", "settled_by_name"])
    audit_record(
        action="thread.settled" if at else "thread.reopened",
        actor=actor,
        connection=mark.connection_id,
        client=mark.client_id or "",
        subject=f"thread:{mark.pk}",
        facts={"until": at.isoformat() if at else ""},
    )
    return mark
