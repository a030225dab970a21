"""Consent by channel and purpose: a pure rule, and the thin layer that reads and writes rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from core import clock
from core.audit import Actor, audit_record
from integrations.events import ConsentChanged
from integrations.inbox import events_announce
from integrations.models import Client, Consent
from integrations.people import household

PURPOSES = ("transactional", "care", "marketing")
IN_WORDS = {"sms": "texts", "email": "e-mails"}
ABOUT = {
    "transactional": " about appointments",
    "care": " about their care",
    "marketing": " with offers and news",
}
# Care has no consent of its own at any platform: who may be told about a visit may be cared for.
FALLS_BACK = {"care": "transactional"}


@dataclass(frozen=True)
class Allowed:
    """Whether a message may go, why in plain words, and where and when that was said."""

    ok: bool
    why: str
    origin: str = ""
    at: datetime | None = None
    denied: bool = False


@dataclass(frozen=True)
class Said:
    """One row of consent, as plain data. ``origin`` is ``platform``, ``here`` or ``file``."""

    purpose: str
    origin: str
    granted: bool
    at: datetime | None = None


def decide(rows: Iterable[Said], channel: str, purpose: str) -> Allowed:
    """What the rows of one channel say about a purpose.

    An opt-out recorded here stands until the platform shows a consent later than it. Otherwise the
    platform is believed, then a file. Nothing on record means no.
    """
    known = list(rows)
    here = _one(known, "here", purpose)
    theirs = _one(known, "platform", purpose) or _one(known, "file", purpose)
    said = _stronger(here, theirs)
    words = f"{IN_WORDS.get(channel, channel)}{ABOUT.get(purpose, '')}"
    if said is None:
        return Allowed(False, f"No consent for {words} is on record")
    if said.granted:
        return Allowed(True, f"Allows {words}{_since(said)}", said.origin, said.at)
    if said.origin == "here":
        why = f"Asked for no more {IN_WORDS.get(channel, channel)}{_since(said)}"
    else:
        why = f"Does not allow {words}{_since(said)}"
    return Allowed(False, why, said.origin, said.at, denied=True)


def _stronger(here: Said | None, theirs: Said | None) -> Said | None:
    if here is None or theirs is None:
        return here or theirs
    later = here.at is None or (theirs.at is not None and theirs.at > here.at)
    # A file is a snapshot: it never undoes what was recorded here.
    return theirs if later and theirs.origin == "platform" else here


def _one(rows: Sequence[Said], origin: str, purpose: str) -> Said | None:
    for wanted in (purpose, FALLS_BACK.get(purpose, "")):
        for row in rows:
            if row.origin == origin and row.purpose == wanted:
                return row
    return None


def _since(said: Said) -> str:
    return f" since {said.at:%B} {said.at.day}, {said.at.year}" if said.at else ""


def rows_of(client: Client, channel: str) -> list[Said]:
    rows = Consent.objects.filter(client=client, channel=channel)
    return [Said(row.purpose, row.origin, row.granted, row.at) for row in rows]


def allowed(client: Client, channel: str, purpose: str) -> Allowed:
    """May this client be written to by this channel for this purpose, as things stand now?"""
    return decide(rows_of(client, channel), channel, purpose)


def opted_out(client: Client, channel: str) -> bool:
    """Whether the client said no to this channel altogether (not merely never said yes)."""
    return decide(rows_of(client, channel), channel, "transactional").denied


def opt_out_record(
    *,
    actor: Actor,
    client: Client,
    channel: str,
    purposes: Sequence[str] | None = None,
    wording: str = "",
) -> list[Consent]:
    """Record a no, at once and for good until the client says otherwise. None means everything.

    Carriers block the number, not the person: a no by text counts for everybody on that phone.
    """
    return _record(actor, client, channel, purposes, wording, granted=False)


def opt_in_record(
    *,
    actor: Actor,
    client: Client,
    channel: str,
    purposes: Sequence[str] | None = None,
    wording: str = "",
) -> list[Consent]:
    """Record a yes (START, or said at the desk). None means everything but marketing."""
    wanted = purposes if purposes is not None else ("transactional", "care")
    return _record(actor, client, channel, wanted, wording, granted=True)


def _record(
    actor: Actor,
    client: Client,
    channel: str,
    purposes: Sequence[str] | None,
    wording: str,
    *,
    granted: bool,
) -> list[Consent]:
    meant = household(client) if channel == "sms" else [client]
    rows = [
        Consent.objects.update_or_create(
            client=one,
            channel=channel,
            purpose=purpose,
            origin=Consent.Origin.HERE,
            defaults={
                "granted": granted,
                "at": clock.now(),
                "wording": wording[:200],
                "recorded_at": clock.now(),
            },
        )[0]
        for one in meant
        for purpose in (purposes if purposes is not None else PURPOSES)
    ]
    for one in meant:
        audit_record(
            action="consent.given" if granted else "consent.withdrawn",
            actor=actor,
            connection=one.connection_id,
            client=one.pk,
            subject=f"client:{one.pk}",
            facts={"channel": channel, "purposes": list(purposes or PURPOSES)},
            detail={"wording": wording[:200]},
        )
        _announce(actor, one, channel, purposes or PURPOSES, wording, granted=granted)
    return rows


def _announce(
    actor: Actor,
    client: Client,
    channel: str,
    purposes: Sequence[str],
    wording: str,
    *,
    granted: bool,
) -> None:
    at = clock.now()
    events_announce(
        [
            ConsentChanged(
                key=f"consent:{client.external_id}:{channel}:{granted}:{at.isoformat()}",
                connection_id=str(client.connection_id),
                at=at,
                client_id=client.pk,
                channel=channel,
                granted=granted,
                purposes=list(purposes),
                wording=wording[:200],
                said_by=actor.name,
            )
        ]
    )
