"""Which way a draft's actions leave: by the platform, or by the salon's own number or mailbox.

What a channel adds below a text (who writes, how to get no more) is added here, before anybody
sees it, so that what is shown, hashed and approved is what goes out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from approvals.actions import Action, SendMessage
from approvals.models import ApprovalItem, Revision
from core.errors import OutsideError
from integrations.channels.accounts import channel_for, text_through
from integrations.channels.footer import without_footer
from integrations.models import ChannelAccount, Client, Location
from integrations.platforms.base import platform_of

KINDS = ("sms", "email")


@dataclass(frozen=True)
class Ways:
    """What the platform can do here, and the account by which each kind of message goes."""

    able: frozenset[str]
    accounts: Mapping[str, ChannelAccount]

    def through(self, action: Action) -> str:
        """The account's id for ``Effect.through``; '' for the platform."""
        account = self.accounts.get(action.channel) if isinstance(action, SendMessage) else None
        return str(account.pk) if account else ""

    def can(self, action: Action) -> bool:
        return bool(self.through(action)) or action.capability in self.able


def ways_of(item: ApprovalItem, actions: Iterable[Action]) -> Ways:
    """As things stand now; at approval it is written into each Effect and stays."""
    able = platform_of(item.connection).capabilities(item.connection)
    return Ways(able, accounts_for(item.location, actions))


def accounts_for(location: Location, actions: Iterable[Action]) -> dict[str, ChannelAccount]:
    """The location's own accounts for the kinds of message among the actions."""
    kinds = {one.channel for one in actions if isinstance(one, SendMessage)}
    found = {kind: channel_for(location, kind) for kind in sorted(kinds.intersection(KINDS))}
    return {kind: account for kind, account in found.items() if account is not None}


Accounts = Mapping[str, ChannelAccount]


def fitted(
    item: ApprovalItem, actions: Sequence[Action], accounts: Accounts | None = None
) -> tuple[list[Action], str]:
    """The actions with their texts as they will go out, and what is in the way of that, or ''.

    Doing it twice changes nothing. ``accounts``: as ``accounts_for`` said a moment ago.
    """
    if accounts is None:
        accounts = accounts_for(item.location, actions)
    if not accounts:
        return list(actions), ""
    texts = [one for one in actions if isinstance(one, SendMessage) and one.channel in accounts]
    clients = _clients(item, {text.client for text in texts})
    problem = ""
    done: dict[int, Action] = {}
    for text in texts:
        account, client = accounts[text.channel], clients.get(text.client)
        try:
            body = text_through(account, text.body, item.location, text.purpose, client)
        except OutsideError as error:
            problem = error.plain
            continue
        done[id(text)] = text.model_copy(update={"body": body})
    return [done.get(id(action), action) for action in actions], problem


def _clients(item: ApprovalItem, external_ids: set[str]) -> dict[str, Client]:
    client = item.client
    if client is not None and external_ids == {client.external_id}:
        return {client.external_id: client}
    rows = Client.objects.filter(connection=item.connection_id, external_id__in=external_ids)
    return {row.external_id: row for row in rows}


def written_part(item: ApprovalItem, body: str, channel: str) -> str:
    """What a person or a model wrote: the footer we add ourselves states no facts to check."""
    if channel != "email" or channel_for(item.location, channel) is None:
        return body
    return without_footer(body, item.location)


def fits(
    item: ApprovalItem, actions: Sequence[Action], accounts: Accounts | None = None
) -> tuple[bool, str]:
    """Whether the texts are what would go out now, and what is in the way of sending any."""
    now, problem = fitted(item, actions, accounts)
    return now == list(actions), problem


def needs_refit(item: ApprovalItem, revision: Revision | None, actions: Sequence[Action]) -> bool:
    """An e-mail whose footer is not the one of today: the mailbox or the address changed."""
    if revision is None or revision.channel != "email":
        return False
    same, problem = fits(item, actions)
    return not same and not problem
