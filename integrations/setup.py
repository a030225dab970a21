"""Making and testing a connection: what the Connect page and ``manage.py connect`` share."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

from core import clock
from core.addresses import check_url
from core.audit import Actor, audit_record
from core.errors import NeedsAttention, OutsideError, Permanent
from core.secrets import store as secret_store
from integrations import hooks
from integrations.connections import connection_needs_attention, connection_ok
from integrations.idle import ready_to_call
from integrations.models import Connection, Location
from integrations.platforms.base import CAPABILITIES, platform_of, platforms

SECRET_FIELDS = ("token_ref", "webhook_secret_ref", "webhook_secret_previous_ref")
KEY_BYTES = 24


class SetupError(Exception):
    """Something typed in cannot be used; ``plain`` says what and how to mend it."""

    def __init__(self, plain: str) -> None:
        super().__init__(plain)
        self.plain = plain


@dataclass(frozen=True)
class Tested:
    """What a test found, in the words of CAPABILITIES. ``problem`` is empty when it went well."""

    can: list[str]
    cannot: list[str]
    problem: str = ""


@transaction.atomic
def connection_create(
    *,
    actor: Actor,
    platform: str,
    name: str,
    mode: str = "",
    base_url: str = "",
    secret_refs: Mapping[str, str] | None = None,
    typed_secrets: Mapping[str, str] | None = None,
) -> tuple[Connection, str]:
    """Make a connection. Secrets come as references (``env:NAME``) or typed in, then encrypted.

    Returns it and the key of the webhook's address where nothing is signed ('' elsewhere); the key
    is kept as a hash only, so this is the one moment to show it.
    """
    _check(platform, mode, name)
    adapter = platforms.get(platform)
    offered = "" if mode == "hooks_only" else getattr(adapter, "default_base_url", "")
    connection = Connection(
        name=name.strip()[:120],
        platform=platform,
        mode=mode,
        base_url=_base_url(base_url or offered),
        live_since=clock.now(),
    )
    for field in SECRET_FIELDS:
        setattr(connection, field, _reference(field, secret_refs or {}, typed_secrets or {}))
    connection.save()
    key = key_renew(connection) if mode else ""
    audit_record(
        action="connection.created",
        actor=actor,
        connection=connection.pk,
        subject=f"connection:{connection.pk}",
        facts={"platform": platform, "mode": mode},
    )
    return connection, key


def _check(platform: str, mode: str, name: str) -> None:
    if platform not in platforms:
        known = ", ".join(platforms.names())
        raise SetupError(f"We do not know the platform {platform!r}. There is: {known}.")
    modes = platforms.get(platform).modes
    if mode not in modes:
        raise SetupError(
            f"Mode {mode!r} is not offered. There is: {', '.join(filter(None, modes))}."
        )
    if not name.strip():
        raise SetupError("Give the connection a name, such as the salon's.")


def _base_url(base_url: str) -> str:
    if not base_url:
        return ""
    try:
        check_url(base_url)
    except Permanent as refused:
        raise SetupError(refused.plain) from None
    return base_url.strip().rstrip("/")


def _reference(field: str, refs: Mapping[str, str], typed: Mapping[str, str]) -> str:
    if typed.get(field, "").strip():
        return secret_store(f"{field.removesuffix('_ref')} of a connection", typed[field])
    return refs.get(field, "").strip()


def key_renew(connection: Connection) -> str:
    """A new secret part of the webhook's address; the old one ends at once."""
    key = secrets.token_urlsafe(KEY_BYTES)
    connection.hook_key_sha256 = hashlib.sha256(key.encode()).hexdigest()
    connection.save(update_fields=["hook_key_sha256"])
    hooks.forget_connections()
    return key


def hook_url(connection: Connection, key: str = "") -> str:
    """The address to give to the platform."""
    base = f"{settings.WEB_ORIGIN}/hooks/{connection.platform}/{connection.pk}/"
    return f"{base}{key}/" if key else base


def connection_test(connection: Connection) -> Tested:
    """Try the credentials, keep what was found, and say it in plain words."""
    try:
        ready_to_call(connection)
        found = platform_of(connection).reads(connection).test()
    except NeedsAttention as refused:
        connection_needs_attention(connection, refused.plain)
        return Tested([], list(CAPABILITIES.values()), refused.plain)
    except OutsideError as error:
        return Tested([], [], error.plain)
    connection.capabilities = found
    Connection.objects.filter(pk=connection.pk).update(capabilities=found)
    connection_ok(connection)
    able = platform_of(connection).capabilities(connection)
    can = [words for name, words in CAPABILITIES.items() if name in able]
    cannot = [words for name, words in CAPABILITIES.items() if name not in able]
    return Tested(can, cannot)


@transaction.atomic
def location_add(
    *,
    actor: Actor,
    connection: Connection,
    name: str,
    timezone: str,
    opening_hours: Mapping[str, list[list[str]]] | None = None,
) -> Location:
    """A location typed in by hand, where a platform tells us none."""
    name = " ".join(name.split())[:120]
    if not name:
        raise SetupError("Give the location a name.")
    location = Location(
        connection=connection,
        external_id=f"hand-{secrets.token_hex(4)}",
        name=name,
        timezone=timezone,
        opening_hours=dict(opening_hours or {}),
    )
    try:
        location.zone  # noqa: B018  (reading it is the check)
    except (KeyError, ValueError, OSError):
        raise SetupError(f"{timezone!r} is no time zone. Write it like America/New_York.") from None
    location.save()
    audit_record(
        action="location.added", actor=actor, connection=connection.pk, location=location.pk
    )
    return location
