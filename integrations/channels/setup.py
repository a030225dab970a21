"""Adding a number or mailbox, testing it, switching it on, and choosing it for a location.

Secrets are stored encrypted the moment they are typed and never shown again. The address stays as
it was entered: what was sent from it is looked up and answered under it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from core import clock
from core.audit import Actor, audit_record
from core.errors import NeedsAttention, OutsideError
from core.secrets import forget, store
from integrations.channels.accounts import (
    account_needs_attention,
    account_ok,
    accounts_usable,
    ready_to_call,
)
from integrations.channels.base import channel_of, channels, setup_problems
from integrations.models import ChannelAccount, ChannelChoice, Connection, Location

KINDS = {"sms": "texts", "email": "e-mails"}
AUTOMATIC, PLATFORM = "", "platform"
MAILBOX = ("imap_host", "imap_user", "smtp_user", "imap_folder")


class SetupRefused(Exception):
    """Something typed in cannot be used: ``problems`` by field, in plain words."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(problems.values()))
        self.problems = dict(problems)


@dataclass(frozen=True)
class Tried:
    """How a test went, in one plain sentence."""

    ok: bool
    said: str


def account_create(
    *,
    actor: Actor,
    connection: Connection,
    location: Location | None,
    channel: str,
    address: str,
    typed: Mapping[str, str],
) -> ChannelAccount:
    """Add an account, switched off until somebody switches it on. Raises SetupRefused."""
    if channel not in channels:
        raise SetupRefused({"channel": "Choose a number or a mailbox."})
    account = ChannelAccount(
        connection=connection, location=location, channel=channel, address=_address(address)
    )
    with transaction.atomic():
        _fill(account, typed)
        account.save(force_insert=True)
        _audit(actor, account, "channel.added")
    return account


def account_change(*, actor: Actor, account: ChannelAccount, typed: Mapping[str, str]) -> None:
    """Other settings or secrets; an empty secret field keeps the one in use. Raises SetupRefused.

    The auth token that is replaced stays valid beside the new one, for deliveries on their way.
    """
    read_from = [account.setting(name) for name in MAILBOX]
    with transaction.atomic():
        _fill(account, typed)
        if [account.setting(name) for name in MAILBOX] != read_from:
            # Another mailbox numbers its mail by itself: it is read from now on, like a new one.
            account.state = {}
        account.status, account.status_reason = ChannelAccount.Status.SETUP, ""
        account.status_at, account.poll_due_at = clock.now(), clock.now()
        account.save()
        _audit(actor, account, "channel.changed")


def _address(text: str) -> str:
    text = text.strip()
    return text.lower() if "@" in text else "".join(char for char in text if char not in " ()-.")


def _fill(account: ChannelAccount, typed: Mapping[str, str]) -> None:
    """Check first, then store: what cannot be used leaves no secret behind."""
    channel = channel_of(account)
    given = {entry.name: typed.get(entry.name, "").strip() for entry in channel.setup}
    settings = {entry.name: given[entry.name] for entry in channel.setup if not entry.secret}
    secrets = {entry.name: given[entry.name] for entry in channel.setup if entry.secret}
    known = secrets | {name: ref for name, ref in account.secrets.items() if not secrets.get(name)}
    problems = setup_problems(account.channel, account.address, settings, known)
    problems |= _would_leak(account, settings, secrets)
    if problems:
        raise SetupRefused(problems)
    kept = {name: value for name, value in account.settings.items() if name not in settings}
    account.settings = kept | {name: value for name, value in settings.items() if value}
    for name, value in secrets.items():
        if value:
            _secret_replace(account, name, value)


def _would_leak(
    account: ChannelAccount, settings: Mapping[str, str], secrets: Mapping[str, str]
) -> dict[str, str]:
    """A stored secret must not be sent to an address that somebody else typed in."""
    channel, problems = channel_of(account), {}
    labels = {entry.name: entry.label for entry in channel.setup}
    for name, sent in channel.secrets_go_to.items():
        if settings.get(name, "") == str(account.settings.get(name, "")):
            continue
        for secret in sent:
            if account.has_secret(secret) and not secrets.get(secret):
                problems[secret] = f"{labels[secret]}: type it again, it would go elsewhere now."
    return problems


def _secret_replace(account: ChannelAccount, name: str, value: str) -> None:
    former, previous = account.secrets.get(name, ""), f"{name}_previous"
    refs = dict(account.secrets)
    if former and any(entry.name == previous for entry in channel_of(account).setup):
        forget(refs.get(previous, ""))
        refs[previous] = former
    elif former:
        forget(former)
    refs[name] = store(f"{account.channel} {account.address} {name}"[:120], value)
    account.secrets = refs
    account.__dict__.pop("_held_secrets", None)


def account_test(account: ChannelAccount) -> Tried:
    """Try it without sending anything, keep what was found, say it in plain words."""
    try:
        ready_to_call(account)
        said = channel_of(account).test(account)
    except NeedsAttention as error:
        account_needs_attention(account, error.plain)
        return Tried(False, error.plain)
    except OutsideError as error:
        return Tried(False, error.plain)
    account_ok(account)
    return Tried(True, said)


def account_switch(*, actor: Actor, account: ChannelAccount, on: bool) -> None:
    """On: what is approved from now on may go by it. Off: what was approved for it comes back.

    Raises SetupRefused where another one is switched on for the same place.
    """
    try:
        with transaction.atomic():
            ChannelAccount.objects.filter(pk=account.pk).update(enabled=on)
            _audit(actor, account, "channel.on" if on else "channel.off")
    except IntegrityError:
        said = "Another one of the same kind is on for this place. Switch that one off first."
        raise SetupRefused({"": said}) from None
    account.enabled = on


def choice_of(location: Location, kind: str) -> str:
    """What was chosen: an account's id, ``platform``, or '' where nobody chose."""
    chosen = ChannelChoice.objects.filter(location=location, kind=kind).first()
    if chosen is None:
        return AUTOMATIC
    return str(chosen.account_id) if chosen.account_id else PLATFORM


def choice_set(*, actor: Actor, location: Location, kind: str, chosen: str) -> None:
    """Which way a location's texts or e-mails go from now on. Raises SetupRefused."""
    usable = {str(one.pk): one for one in accounts_usable(location, kind)}
    if kind not in KINDS or chosen not in {AUTOMATIC, PLATFORM, *usable}:
        raise SetupRefused({"": "That one is not switched on for this location."})
    with transaction.atomic():
        if chosen == AUTOMATIC:
            ChannelChoice.objects.filter(location=location, kind=kind).delete()
        else:
            ChannelChoice.objects.update_or_create(
                location=location, kind=kind, defaults={"account": usable.get(chosen)}
            )
        audit_record(
            action="channel.chosen",
            actor=actor,
            connection=location.connection_id,
            location=location.pk,
            facts={"kind": kind, "chosen": chosen or "automatic"},
        )


def _audit(actor: Actor, account: ChannelAccount, action: str) -> None:
    audit_record(
        action=action,
        actor=actor,
        connection=account.connection_id,
        location=account.location_id or "",
        subject=f"channel:{account.pk}",
        facts={"channel": account.channel, "address": account.address},
    )
