"""Writing the audit: a plain insert in the business transaction."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.models import AuditDetail, AuditEvent


@dataclass(frozen=True)
class Actor:
    """Who acts: a person, an agent, or the system. Every service takes one.

    ``station`` is the shared device a person works at: its number and name, '' for their own.
    """

    kind: str
    id: str = ""
    name: str = ""
    platform_id: str = ""
    station: str = ""

    @classmethod
    def system(cls, name: str) -> "Actor":
        return cls("system", "", name)

    @classmethod
    def agent(cls, name: str) -> "Actor":
        return cls("agent", name, name)


def audit_record(
    *,
    action: str,
    actor: Actor,
    connection: object = "",
    location: object = "",
    client: object = "",
    subject: str = "",
    correlation: str = "",
    facts: dict[str, Any] | None = None,
    detail: dict[str, Any] | None = None,
) -> AuditEvent:
    """Append one row. ``facts`` stays for good (ids, hashes, states); ``detail`` can be erased."""
    salt = secrets.token_hex(8)
    kept = storable(detail) if detail else None
    event = AuditEvent.objects.create(
        action=action,
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_name=storable(actor.name)[:200],
        actor_platform_id=actor.platform_id,
        connection=str(connection),
        location=str(location),
        client=str(client),
        subject=subject,
        correlation=correlation,
        facts=storable({**(facts or {}), **({"station": actor.station} if actor.station else {})}),
        detail_sha256=detail_digest(salt, kept) if kept else "",
    )
    if kept:
        AuditDetail.objects.create(event_id=event.pk, client=str(client), salt=salt, data=kept)
    return event


def audit_erase(*, client: object) -> int:
    """Remove what the audit holds about a client that must go; the chain still verifies.

    Returns how many rows lost their detail. Ids, hashes and states stay.
    """
    if not str(client):
        return 0
    return AuditDetail.objects.filter(client=str(client)).delete()[0]


def detail_digest(salt: str, detail: dict[str, Any]) -> str:
    return hashlib.sha256((salt + canonical(detail)).encode()).hexdigest()


def canonical(value: Any) -> str:
    """One spelling of a JSON value, so that its hash can be computed again."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=str)


def storable(value: Any) -> Any:
    """The value as Postgres's jsonb gives it back, so that a digest taken now holds later.

    jsonb refuses NUL and lone surrogates (a client's text can hold both, and the business
    transaction must not fail on them), and it gives 1e16 back as a whole number.
    """
    if isinstance(value, str):
        return value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {storable(str(key)): storable(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [storable(inner) for inner in value]
    if isinstance(value, float):
        return _storable_number(value)
    if value is None or isinstance(value, (bool, int)):
        return value
    return storable(str(value))


def _storable_number(value: float) -> float | int | str:
    if value != value or value in {float("inf"), float("-inf")}:
        return str(value)
    if value == 0:
        return 0.0  # jsonb knows no minus zero
    return int(value) if abs(value) >= 1e15 else value
