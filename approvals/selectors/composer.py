"""What writing to a client would do: by which channel, when it leaves, or why it cannot."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from approvals import policy
from approvals.models import ApprovalItem, Revision
from approvals.selectors.thread import Thread
from approvals.services.editing import EDITABLE
from approvals.writing_rules import ANSWER_WITHIN, USEFUL_FOR, WRITTEN
from core import clock
from integrations import consent
from integrations.channels.base import channels
from integrations.hours import client_zone
from integrations.models import Client, Consent, Location, User
from integrations.platforms.base import platform_of
from integrations.quiet import sendable_at

FIELDS = {"sms": "phone", "email": "email"}


@dataclass(frozen=True)
class Way:
    """One channel: whether it may be used for this client, and why not in plain words.

    ``at`` is when a message of now would leave; ``answering`` that it goes at once because they
    wrote just now; ``by_hand`` that a person sends it with a phone or mail program of their own.
    """

    channel: str
    address: str
    ok: bool
    why: str
    at: datetime | None = None
    zone: ZoneInfo | None = None
    answering: bool = False
    too_late: bool = False
    by_hand: bool = False
    hold: int = 0


@dataclass(frozen=True)
class Composer:
    """``ways`` in the order in which they are offered; the first that is ok is chosen.

    ``item`` is what this person wrote and took back (or what came back to them).
    """

    ways: list[Way]
    chosen: str
    item: ApprovalItem | None = None
    body: str = ""
    subject: str = ""
    caret: int = 0
    restored: bool = False

    @property
    def way(self) -> Way | None:
        return next((way for way in self.ways if way.channel == self.chosen), None)

    @property
    def possible(self) -> bool:
        return any(way.ok for way in self.ways)


def composer_of(thread: Thread, user: User) -> Composer | None:
    """None where there is nobody to write to: an unknown number, or a client who is gone."""
    client, place = thread.client, thread.location
    if client is None or place is None or client.deleted_at or client.merged_into_id:
        return None
    ways = ways_to(thread, client, place)
    item = taken_back(thread.drafts, user)
    typed = getattr(client, "typed", None) or {}
    revision = item.revision if item else None
    usable = [way.channel for way in ways if way.ok]
    wanted = str(typed.get("channel") or (revision.channel if revision else ""))
    first = usable[0] if usable else (ways[0].channel if ways else "")
    return Composer(
        ways=ways,
        chosen=wanted if wanted in usable else first,
        item=item,
        body=str(typed.get("body") or (revision.body if revision else "")),
        subject=str(typed.get("subject") or (revision.subject if revision else "")),
        caret=int(typed.get("caret") or 0),
        restored=bool(typed),
    )


def taken_back(drafts: Iterable[ApprovalItem], user: User) -> ApprovalItem | None:
    """Words of this person that wait for them."""
    mine = [
        item
        for item in drafts
        if item.agent == WRITTEN
        and item.state in EDITABLE
        and item.revision is not None
        and item.revision.writer == Revision.Writer.PERSON
        and item.revision.author_id == user.pk
    ]
    return mine[-1] if mine else None


def ways_to(thread: Thread, client: Client, place: Location) -> list[Way]:
    """The client's channels: what they used last, else what we did, else their own wish."""
    theirs = [entry.channel for entry in reversed(thread.entries) if entry.incoming]
    ours = [entry.channel for entry in reversed(thread.entries) if not entry.incoming]
    wished = str((client.preferences or {}).get("channel") or "")
    order = dict.fromkeys([*theirs[:1], wished, *ours[:1], "sms", "email"])
    return [
        way_of(thread, client, place, name)
        for name in order
        if name in FIELDS and getattr(client, FIELDS[name])
    ]


def way_of(thread: Thread, client: Client, place: Location, channel: str) -> Way:
    """One channel as things stand now, for something about the client's visit."""
    address = str(getattr(client, FIELDS[channel]))
    allowed = consent.decide(said_by(thread.consents, channel), channel, "transactional")
    if not allowed.ok:
        return Way(channel, address, False, f"{allowed.why}.")
    now = clock.now()
    if by_hand(client, place, channel):
        return Way(channel, address, True, "", at=now, by_hand=True)
    theirs = [entry for entry in thread.entries if entry.incoming]
    wrote = [entry.at for entry in theirs if entry.channel == channel]
    live = any(now - entry.at <= policy.LIVE_EXCHANGE for entry in theirs)
    hold = policy.hold_seconds(channel, live)
    soonest = now + timedelta(seconds=hold)
    answering = live or any(now - at <= ANSWER_WITHIN for at in wrote)
    allowed_at = sendable_at(location=place, client=client, purpose="transactional", at=soonest)
    return Way(
        channel,
        address,
        True,
        "",
        at=soonest if answering else allowed_at,
        zone=client_zone(client, place)[0],
        answering=answering and allowed_at > soonest,
        too_late=not answering and allowed_at - now > USEFUL_FOR,
        hold=hold,
    )


def said_by(rows: Iterable[Consent], channel: str) -> list[consent.Said]:
    return [
        consent.Said(row.purpose, row.origin, row.granted, row.at)
        for row in rows
        if row.channel == channel
    ]


def by_hand(client: Client, place: Location, channel: str) -> bool:
    """Neither the platform nor a number or mailbox of the salon sends it for us."""
    if "send" in platform_of(client.connection).capabilities(client.connection):
        return False
    for own in getattr(client, "own_accounts", []):
        kinds = channels.get(own["channel"]).kinds if own["channel"] in channels else ()
        if channel in kinds and own["place"] in (None, place.pk):
            return False
    return True
