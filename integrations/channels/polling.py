"""Looking into every mailbox that is due; called by the routine."""

import logging
from datetime import timedelta

from core import clock
from core.errors import NeedsAttention, OutsideError
from integrations.channels.accounts import account_needs_attention, account_ok, ready_to_call
from integrations.channels.base import channel_of, channels
from integrations.models import ChannelAccount

logger = logging.getLogger(__name__)
EVERY = timedelta(seconds=60)
AFTER_FAILURE = timedelta(minutes=5)


def channels_poll() -> int:
    """Poll the accounts that are due; returns how many messages were new.

    The next turn is written first: two routines at once, or one that dies, cost one turn.
    """
    now = clock.now()
    due = ChannelAccount.objects.filter(
        enabled=True, poll_due_at__lte=now, channel__in=channels.names()
    )
    new = 0
    for account in due.select_related("connection"):
        taken = ChannelAccount.objects.filter(pk=account.pk, poll_due_at=account.poll_due_at)
        if taken.update(poll_due_at=now + EVERY):
            new += account_poll(account)
    return new


def account_poll(account: ChannelAccount) -> int:
    """One account. A failure is noted where an admin sees it, and stops no other account."""
    try:
        ready_to_call(account)
        new = channel_of(account).poll(account)
    except OutsideError as error:
        if isinstance(error, NeedsAttention):
            account_needs_attention(account, error.plain)
        logger.warning("mailbox of channel account %s: %s", account.pk, error.plain)
        later = clock.now() + AFTER_FAILURE
        ChannelAccount.objects.filter(pk=account.pk).update(poll_due_at=later)
        return 0
    if account.setting("imap_host"):
        account_ok(account)
    return new
