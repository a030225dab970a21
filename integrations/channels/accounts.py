"""Which number or mailbox a location sends from, and sending through it.

What callers outside this folder use: ``channel_for``, ``final_text``, ``account_send`` and
``account_look_up``. An account that cannot work is marked with the reason, once, for an admin.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from core import clock
from core.audit import Actor, audit_record
from core.errors import NeedsAttention, Permanent
from core.hints import hint_on_commit
from integrations.channels.base import Kind, Sent, channel_of, channels
from integrations.idle import give_back_connection
from integrations.models import ChannelAccount, ChannelChoice, Client, Location

SYSTEM = Actor.system("channel")


@dataclass(frozen=True)
class Outgoing:
    """One approved message on its way: exact bytes, recipient as approved, the Effect's key."""

    to: str
    body: str
    key: str
    location: Location
    client: Client | None = None
    subject: str = ""
    purpose: str = "transactional"


def channel_for(location: Location, kind: str) -> ChannelAccount | None:
    """The account a location sends this kind from; None: the platform's own communications.

    What somebody chose counts; else a location's own account goes before the connection's. One
    that needs attention is still the answer: its messages wait for an admin instead of leaving
    from another number.
    """
    usable = accounts_usable(location, kind)
    if not usable:
        return None
    chosen = ChannelChoice.objects.filter(location=location, kind=kind).first()
    if chosen is not None:
        if chosen.account_id is None:
            return None
        own = [one for one in usable if one.pk == chosen.account_id]
        usable = own or usable
    return min(usable, key=lambda one: (one.location_id is None, one.created_at))


def accounts_usable(location: Location, kind: str) -> list[ChannelAccount]:
    """The accounts that are switched on and may send this kind for a location."""
    names = [channel.name for channel in channels if kind in channel.kinds]
    # Asked at every approval and every card, mostly for nothing: no table is joined to it.
    accounts = ChannelAccount.objects.filter(
        connection=location.connection_id, enabled=True, channel__in=names
    )
    return [one for one in accounts if one.location_id in (None, location.pk)]


def final_text(
    body: str, location: Location, purpose: str, client: Client | None, *, kind: Kind = "email"
) -> str:
    """The text as it will go out, footer included: to be hashed, shown and approved.

    Unchanged (but for line ends) where the platform itself sends, or where the footer is already
    there. Raises NeedsAttention where the law wants a postal address and none is known.
    """
    account = channel_for(location, kind)
    return text_through(account, body, location, purpose, client) if account else body


def text_through(
    account: ChannelAccount, body: str, location: Location, purpose: str, client: Client | None
) -> str:
    """The same for an account that is known already."""
    return channel_of(account).final_text(
        account=account, body=body, location=location, purpose=purpose, client=client
    )


def account_send(*, account: ChannelAccount, message: Outgoing) -> Sent:
    """Send through an account and keep its state; raises the families of core.errors."""
    if not account.enabled:
        raise Permanent("This number or mailbox was switched off.", code="channel_off")
    try:
        ready_to_call(account)
        sent = channel_of(account).send(
            account=account,
            to=message.to,
            subject=message.subject,
            body=message.body,
            key=message.key,
            purpose=message.purpose,
            client=message.client,
            location=message.location,
        )
    except NeedsAttention as error:
        account_needs_attention(account, error.plain)
        raise
    account_ok(account)
    return sent


def account_look_up(
    *, account: ChannelAccount, message: Outgoing, began_at: datetime | None
) -> Sent | None:
    """Find out what became of a message whose answer was lost (see Channel.look_up).

    A message that the working copy knows under another key is never taken for this one.
    """
    try:
        ready_to_call(account)
        return channel_of(account).look_up(
            account=account, to=message.to, body=message.body, began_at=began_at
        )
    except NeedsAttention as error:
        account_needs_attention(account, error.plain)
        raise


def ready_to_call(account: ChannelAccount) -> None:
    """Resolve the secrets first (they may be rows), then give the database connection back."""
    for name in filter(account.has_secret, account.secrets):
        # One that is missing is only in the way when a call asks for it.
        with suppress(NeedsAttention):
            account.secret(name)
    give_back_connection()


def account_needs_attention(account: ChannelAccount, reason: str) -> bool:
    """Mark it for an admin; False when it was marked with this reason already. Work waits."""
    return _status_set(account, ChannelAccount.Status.NEEDS_ATTENTION, reason)


def account_ok(account: ChannelAccount) -> bool:
    """A call went through. Costs nothing where the account is known to work."""
    if account.status == ChannelAccount.Status.OK:
        return False
    return _status_set(account, ChannelAccount.Status.OK, "")


def _status_set(account: ChannelAccount, status: str, reason: str) -> bool:
    reason = reason[:300]
    rows = ChannelAccount.objects.filter(pk=account.pk)
    with transaction.atomic():
        changed = (
            rows.exclude(status=status, status_reason=reason).update(
                status=status, status_reason=reason, status_at=clock.now()
            )
            == 1
        )
        if changed:
            _status_tell(account, status, reason)
    account.status, account.status_reason = status, reason
    return changed


def _status_tell(account: ChannelAccount, status: str, reason: str) -> None:
    audit_record(
        action=f"channel.{status}",
        actor=SYSTEM,
        connection=account.connection_id,
        location=account.location_id or "",
        subject=f"channel:{account.pk}",
        facts={"channel": account.channel, "reason": reason},
    )
    locations = Location.objects.filter(connection=account.connection_id)
    if account.location_id:
        locations = locations.filter(pk=account.location_id)
    for pk in locations.values_list("pk", flat=True):
        hint_on_commit(pk, "connection")
