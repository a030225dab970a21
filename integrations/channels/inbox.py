"""From a stored delivery of a channel to records of the working copy.

Whose message it is, is never guessed: one client with that number or mailbox, or the one of
several with whom a conversation is open; else nobody, and the desk sees the number.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from core import clock
from core.errors import Temporary
from integrations.channels.base import (
    STATUS_ORDER,
    Heard,
    Incoming,
    Sent,
    StatusChange,
    channel_of,
    channels,
)
from integrations.channels.references import message_id, split_delivery
from integrations.models import ChannelAccount, Client, InboundEvent, Message
from integrations.platforms.base import Delivery, Record

# How long after our last message an answer belongs to it.
OPEN = timedelta(hours=72)
# A report may overtake the writing down of what it is about.
LOOKS = 3
CLOCKS_DIFFER = timedelta(minutes=5)


def is_channel_row(row: InboundEvent) -> bool:
    return row.kind.startswith("channel.")


def delivery_of(row: InboundEvent) -> Delivery:
    """What a stored delivery of a channel means, as complete records: nothing to read elsewhere.

    Raises Temporary for a report on a message that is not written down yet.
    """
    account_id, given = split_delivery(row.delivery_id)
    account = ChannelAccount.objects.filter(pk=account_id, connection=row.connection_id).first()
    if account is None or account.channel not in channels:
        return Delivery(row.kind, known=False)
    heard: Heard = channel_of(account).read(
        account=account, delivery_id=given, body=bytes(row.body)
    )
    if heard.odd:
        return Delivery(row.kind, odd=heard.odd)
    records = [_incoming(account, message, row) for message in heard.messages]
    for change in heard.statuses:
        records += _changed(account, change, row)
    return Delivery(row.kind, records=tuple(records), known=bool(records))


def sent_record(
    account: ChannelAccount,
    sent: Sent,
    *,
    key: str,
    to: str,
    body: str,
    subject: str = "",
    client: Client | None = None,
    location_external_id: str = "",
    code: str = "",
) -> Record:
    """The log's entry for what just went out: to be applied with the Effect's outcome."""
    at = sent.at or clock.now()
    return Record(
        "message",
        message_id(account.channel, sent.reference),
        {
            "client": client.external_id if client else "",
            "location": location_external_id or _location(account),
            "incoming": False,
            "channel": channel_of(account).kinds[0],
            "subject": subject,
            "body": body,
            "reference": key,
            "source": account.channel,
            "status": sent.status,
            "sent_at": at,
            "address": to.lower(),
            "details": _why(code, sent.reason),
        },
        updated_at=ranked(at, sent.status),
    )


def ranked(sent_at: datetime, status: str) -> datetime:
    """When a status counts as said. Reports carry no time, so their order is that of statuses:

    "sent" is older than "delivered" however the two arrive.
    """
    place = STATUS_ORDER.index(status) if status in STATUS_ORDER else 0
    return sent_at + timedelta(microseconds=place)


def _incoming(account: ChannelAccount, message: Incoming, row: InboundEvent) -> Record:
    at = _moment(message, row)
    answered = _answered(account, message, at)
    client = _client(account, message, answered, at)
    if answered is None or (client is not None and answered.client_id != client.pk):
        answered = _last_sent(account, message, at, client)
    details: dict[str, Any] = {
        "media": [dict(one) for one in message.media],
        "quoted": message.quoted,
        "opt_out": message.opt_out,
        "automatic": message.automatic,
    }
    return Record(
        "message",
        message_id(account.channel, message.reference),
        {
            "client": client.external_id if client else "",
            "location": _location(account) or _location_of(answered),
            "incoming": True,
            "channel": message.kind,
            "subject": message.subject,
            "body": message.body,
            "reference": "",
            "source": account.channel,
            "status": "received",
            "sent_at": at,
            "in_reply_to": answered.external_id if answered else "",
            "address": message.sender.lower(),
            "details": {name: value for name, value in details.items() if value},
        },
        updated_at=at,
    )


def _moment(message: Incoming, row: InboundEvent) -> datetime:
    """When it was written; a client's clock is not believed when it is far from ours."""
    at = message.at
    if at is None or not row.received_at - OPEN <= at <= row.received_at + CLOCKS_DIFFER:
        return row.received_at
    return at


def _answered(account: ChannelAccount, message: Incoming, at: datetime) -> Message | None:
    """The message of ours that it says it answers."""
    ids = [message_id(account.channel, reference) for reference in message.answers]
    rows = Message.objects.filter(
        connection=account.connection_id, external_id__in=ids, incoming=False
    )
    found = {row.external_id: row for row in rows.select_related("location")}
    return next((found[one] for one in ids if one in found), None)


def _client(
    account: ChannelAccount, message: Incoming, answered: Message | None, at: datetime
) -> Client | None:
    """Whose message it is, or None. Another sender than the one we wrote to proves nothing."""
    known = list(_with_address(account, message)[:20])
    if len(known) == 1:
        return known[0]
    if answered is not None and answered.address == message.sender.lower():
        return next((one for one in known if one.pk == answered.client_id), None)
    open_with = set(
        _sent_to(account, message, at).filter(client__in=known).values_list("client_id", flat=True)
    )
    if len(open_with) == 1:
        return next(one for one in known if one.pk in open_with)
    return None


def _with_address(account: ChannelAccount, message: Incoming) -> QuerySet[Client]:
    has = Q(email__iexact=message.sender) if message.kind == "email" else Q(phone=message.sender)
    return Client.objects.filter(
        has, connection=account.connection_id, deleted_at=None, merged_into=None
    ).order_by("pk")


def _sent_to(account: ChannelAccount, message: Incoming, at: datetime) -> QuerySet[Message]:
    """What we wrote to this number or mailbox lately: the open conversation."""
    return Message.objects.filter(
        connection=account.connection_id,
        address=message.sender.lower(),
        incoming=False,
        channel=message.kind,
        sent_at__gt=at - OPEN,
        sent_at__lte=at,
    ).order_by("-sent_at")


def _last_sent(
    account: ChannelAccount, message: Incoming, at: datetime, client: Client | None
) -> Message | None:
    """A text does not say what it answers: the last one we sent to this client, if it is recent."""
    if client is None:
        return None
    sent = _sent_to(account, message, at).filter(client=client)
    return sent.select_related("location").first()


def _changed(account: ChannelAccount, change: StatusChange, row: InboundEvent) -> list[Record]:
    external_id = message_id(account.channel, change.reference)
    held = Message.objects.filter(connection=account.connection_id, external_id=external_id)
    message = held.filter(incoming=False).first()
    if message is None:
        return _found_by_report(account, change, row)
    details = message.details | _why(change.code, change.reason)
    said = {"status": change.status, "details": details}
    if change.key and not message.reference:
        said["reference"] = change.key
    return [Record("message", external_id, said, updated_at=ranked(message.sent_at, change.status))]


def _found_by_report(
    account: ChannelAccount, change: StatusChange, row: InboundEvent
) -> list[Record]:
    """A report with our key on a message whose sending never came back: now it is proved."""
    if not change.key:
        return []
    if row.attempts < LOOKS:
        raise Temporary("The message this is about is not written down yet.", timedelta(seconds=3))
    sent = channel_of(account).look_up(account=account, reference=change.reference)
    if sent is None:
        return []
    newest = Sent(
        sent.reference, change.status, sent.at or row.received_at, sent.to, sent.body, change.reason
    )
    known = Client.objects.filter(
        Q(phone=sent.to) | Q(email__iexact=sent.to),
        connection=account.connection_id,
        deleted_at=None,
        merged_into=None,
    )[:2]
    client = known[0] if len(known) == 1 else None
    return [
        sent_record(
            account,
            newest,
            key=change.key,
            to=sent.to,
            body=sent.body,
            client=client,
            code=change.code,
        )
    ]


def _why(code: str, reason: str) -> dict[str, str]:
    """Why it failed: our code for it (see the channel's list) and plain words."""
    return {name: value for name, value in (("code", code), ("reason", reason)) if value}


def _location(account: ChannelAccount) -> str:
    return account.location.external_id if account.location else ""


def _location_of(message: Message | None) -> str:
    return message.location.external_id if message and message.location else ""
