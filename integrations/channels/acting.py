"""The acting port over a salon's own number or mailbox, as effects call a platform's.

Only ``send_message`` goes this way; everything else stays with the platform. Which account a text
goes by is fixed at its approval and kept beside the Effect (``through``): a lost answer is looked
up there, also when the location has another account by then.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from core.errors import Permanent
from integrations.channels.accounts import (
    Outgoing,
    account_look_up,
    account_send,
)
from integrations.channels.base import Sent, channel_of
from integrations.channels.inbox import sent_record
from integrations.ingest import records_store
from integrations.models import ChannelAccount, Client, Connection, Location, Message
from integrations.platforms.base import ActionResult, Actions

SEND = "send_message"


def acting_through(
    connection: Connection, through: str, began_at: datetime | None
) -> "ChannelActions | None":
    """The account an effect goes by (its ``through``); None when it is gone.

    ``began_at``: when the call began whose outcome may have to be looked up.
    """
    account = ChannelAccount.objects.filter(pk=through, connection=connection).first()
    return ChannelActions(connection, account, began_at) if account else None


class ChannelActions(Actions):
    """Sends through one account and writes the message into the log."""

    def __init__(
        self, connection: Connection, account: ChannelAccount, began_at: datetime | None = None
    ) -> None:
        super().__init__(connection)
        self.account = account
        self.began_at = began_at

    @property
    def through(self) -> str:
        return str(self.account.pk)

    @property
    def key_window_hours(self) -> int:
        """For how long a repeat is recognised by the provider; the platform's does not count."""
        return channel_of(self.account).key_window_hours

    def perform(self, action: str, payload: Mapping[str, Any], key: str) -> ActionResult:
        if action != SEND:
            raise Permanent("A number or mailbox can only send messages.", code="not_possible")
        message = self._message(payload, key)
        return self._logged(account_send(account=self.account, message=message), message)

    def look_up(self, action: str, payload: Mapping[str, Any], key: str) -> ActionResult | None:
        logged = self._in_log(key)
        if logged is not None:
            return logged
        message = self._message(payload, key)
        found = account_look_up(account=self.account, message=message, began_at=self.began_at)
        return self._logged(found, message) if found else None

    def _in_log(self, key: str) -> ActionResult | None:
        """Written down by a worker that died right after, or proved by a report with our key."""
        row = Message.objects.filter(
            connection=self.connection,
            reference=key,
            source=self.account.channel,
            incoming=False,
        ).first()
        if row is None:
            return None
        return ActionResult(row.external_id.partition(":")[2], detail={"status": row.status})

    def _message(self, payload: Mapping[str, Any], key: str) -> Outgoing:
        location = Location.objects.get(connection=self.connection, external_id=payload["location"])
        client = Client.objects.filter(connection=self.connection, external_id=payload["client"])
        return Outgoing(
            to=str(payload["address"]),
            subject=str(payload.get("subject", "")),
            body=str(payload["body"]),
            key=key,
            purpose=str(payload.get("purpose", "transactional")),
            client=client.first(),
            location=location,
        )

    def _logged(self, sent: Sent, message: Outgoing) -> ActionResult:
        """Written down at once: answers and reports are about this row and may come any moment."""
        record = sent_record(
            self.account,
            sent,
            key=message.key,
            to=message.to,
            body=message.body,
            subject=message.subject,
            client=message.client,
            location_external_id=message.location.external_id,
        )
        with transaction.atomic():
            records_store(
                connection=self.connection, records=[record], source="effect", history=True
            )
        return ActionResult(sent.reference, record, {"status": sent.status})
