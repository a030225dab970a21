"""Conversations: one thread per client over all channels, and one per number nobody is known by.

Unanswered means: the client wrote, and since then nobody of the salon did, neither here nor at the
platform, and nobody said that it needs no answer. What the platform sends by itself, and what an
agent had to say about something else, answers nothing.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Case, Q, QuerySet, Value, When

from approvals.models import ApprovalItem, Effect, ThreadMark
from approvals.permissions import Rights
from approvals.writing_rules import ANSWER, RIGHT, WRITTEN
from core import clock
from integrations import consent, keywords
from integrations.models import Appointment, Client, Consent, Location, Message
from integrations.people import client_search, fold
from integrations.phrases.words import COURTESIES

# The list stays one short look; older threads are asked for, or found by name or number.
LISTED = timedelta(days=30)
OLDER = timedelta(days=400)
# Carriers take CANCEL and END for a stop where an appointment was meant: those want a call.
# What a courtesy closes is closed, also in what was read in from the time before us.
ASKS_NOTHING = sorted(keywords.STOP - {"cancel", "end"} | keywords.START | COURTESIES)
ANSWERED_BY = ("", Effect.Outcome.SENT, Effect.Outcome.UNKNOWN, Effect.Outcome.BY_HAND)


@dataclass(frozen=True)
class ThreadFilters:
    """What the person narrowed the list to. ``text``: part of a name or of a number."""

    text: str = ""
    location_id: int | None = None
    unanswered: bool = False
    older: bool = False

    @property
    def active(self) -> bool:
        return self != ThreadFilters()


@dataclass(frozen=True)
class ThreadRow:
    """One thread in the list. ``client`` is None for a number nobody is known by."""

    last: Message
    client: Client | None
    unanswered: bool
    asked_at: datetime | None
    drafts: list[ApprovalItem] = field(default_factory=list)
    opted_out: str = ""

    @property
    def key(self) -> str:
        """Stays the same while messages arrive, so that a row on the page is known again."""
        if self.client is not None:
            return f"c{self.client.pk}"
        sender = f"{self.last.connection_id}:{self.sender or self.last.pk}"
        return "n" + hashlib.sha256(sender.encode()).hexdigest()[:12]

    @property
    def sender(self) -> str:
        return self.last.address


@dataclass(frozen=True)
class Beside:
    """What is known of the listed clients beside their messages: open drafts, and consent."""

    drafts: list[ApprovalItem] = field(default_factory=list)
    consents: list[Consent] = field(default_factory=list)


@dataclass(frozen=True)
class ThreadList:
    """``total`` and ``unanswered`` of what was asked for; ``waiting`` everywhere, for the number
    beside Conversations."""

    rows: list[ThreadRow]
    total: int
    unanswered: int
    waiting: int
    more: bool
    strangers: list[Client] = field(default_factory=list)


def places_of(rights: Rights) -> tuple[list[int], list[int]]:
    """Locations whose threads this person sees whole, and those where only own clients count."""
    held = rights.locations_with(RIGHT)
    own = [place for place in held if rights.provider_only(place, RIGHT)]
    return [place for place in held if place not in own], own


def messages_seen(rights: Rights) -> Q:
    """The messages this person may read. One of no known location counts for its connection's.

    Providers read what concerns the clients of their own appointments.
    """
    full, own = places_of(rights)
    seen = _at(full)
    if own and rights.staff_id:
        mine = Appointment.objects.filter(staff_id=rights.staff_id, location_id__in=own)
        seen |= _at(own) & Q(client_id__in=mine.values("client_id"))
    return seen & Q(deleted_at=None)


def _at(places: Sequence[int]) -> Q:
    if not places:
        return Q(pk__in=[])
    theirs = Location.objects.filter(pk__in=places).values("connection_id")
    return Q(location_id__in=places) | Q(location_id=None, connection_id__in=theirs)


_THREADS = """
WITH recent AS MATERIALIZED ({recent}),
threads AS (
    SELECT client_id, connection_id,
        CASE WHEN client_id IS NULL THEN coalesce(nullif(address, ''), 'message ' || id) ELSE '' END
            AS sender,
        max(sent_at) AS last_at, bool_or(shown) AS shown,
        (array_agg(id ORDER BY sent_at DESC, id DESC))[1] AS last_id,
        max(sent_at) FILTER (WHERE incoming
            AND NOT (details ? 'automatic' OR details ? 'opt_out' OR details ? 'handled')
            AND NOT btrim(lower(regexp_replace(body, '[^[:alpha:] ]', '', 'g'))) = ANY(%s)
        ) AS asked_at,
        max(sent_at) FILTER (WHERE NOT incoming AND reference = '' AND NOT source = ANY(%s))
            AS spoke_at
    FROM recent GROUP BY 1, 2, 3
),
told AS (
    SELECT t.*, coalesce(
        t.asked_at > greatest(coalesce(t.spoke_at, '-infinity'), m.settled_at, n.settled_at, a.at),
        false
    ) AS unanswered
    FROM threads t
    LEFT JOIN {marks} m ON m.client_id = t.client_id
    LEFT JOIN {marks} n ON t.client_id IS NULL AND n.client_id IS NULL
        AND n.connection_id = t.connection_id AND n.sender = t.sender
    LEFT JOIN LATERAL (
        SELECT max(e.created_at) AS at FROM {items} i JOIN {effects} e ON e.item_id = i.id
        WHERE i.client_id = t.client_id AND (i.purpose = %s OR i.agent = %s)
            AND e.type = 'send_message' AND e.outcome = ANY(%s) AND e.created_at >= t.asked_at
    ) a ON t.asked_at IS NOT NULL
)
"""
# The counts come along also where nothing is listed.
_LIST = """
SELECT counted.*, listed.* FROM (
    SELECT count(*) FILTER (WHERE shown), count(*) FILTER (WHERE shown AND unanswered),
        count(*) FILTER (WHERE unanswered AND asked_at >= %s) FROM told
) counted LEFT JOIN LATERAL (
    SELECT last_id, asked_at, unanswered, last_at
    FROM told WHERE shown AND (unanswered OR NOT %s)
    ORDER BY unanswered DESC, last_at DESC, last_id DESC LIMIT %s OFFSET %s
) listed ON true ORDER BY listed.unanswered DESC, listed.last_at DESC, listed.last_id DESC
"""
_COUNT = "SELECT count(*) FROM told WHERE unanswered"
_COLUMNS = (
    "id", "client_id", "connection_id", "address", "incoming", "sent_at", "source", "reference",
    "details", "body", "shown",
)  # fmt: skip


def _ask(messages: QuerySet[Message], end: str, params: Iterable[Any] = ()) -> list[Any]:
    """Run the statement over these messages: one rule of who may read what, in one place."""
    recent, given = messages.order_by().values(*_COLUMNS).query.sql_with_params()
    tables = {"marks": ThreadMark, "items": ApprovalItem, "effects": Effect}
    named = {name: f'"{model._meta.db_table}"' for name, model in tables.items()}
    sql = _THREADS.format(recent=recent, **named) + end
    fixed = (ASKS_NOTHING, list(Message.AUTOMATIC), ANSWER, WRITTEN, list(ANSWERED_BY))
    with connection.cursor() as cursor:
        cursor.execute(sql, (*given, *fixed, *params))
        return cursor.fetchall()


def unanswered_count(rights: Rights) -> int:
    """How many threads wait for an answer: one query, bounded by time."""
    if not rights.any(RIGHT):
        return 0
    recent = Message.objects.filter(messages_seen(rights), sent_at__gte=clock.now() - LISTED)
    try:
        return int(_ask(recent.annotate(shown=Value(True)), _COUNT)[0][0])
    except EmptyResultSet:
        return 0


def thread_list(
    *,
    rights: Rights,
    filters: ThreadFilters | None = None,
    limit: int = 50,
    offset: int = 0,
    strangers: bool = True,
) -> ThreadList:
    """Unanswered first, newest first. Two queries, and one more in a search.

    ``strangers``: in a search, also clients with whom there is no thread yet.
    """
    filters = filters or ThreadFilters()
    since = clock.now() - LISTED
    asked = (since, filters.unanswered, limit + 1, offset)
    try:
        found = _ask(listed(rights, filters, since), _LIST, asked)
    except EmptyResultSet:
        found = []
    listing = [row for row in found if row[3] is not None]
    rows = rows_of(listing[:limit])
    met = set(clients_in(rows))
    here = rights.at(filters.location_id) if filters.location_id else rights
    others = clients_found(here, filters.text) if strangers else []
    total, unanswered, waiting = found[0][:3] if found else (0, 0, 0)
    return ThreadList(
        rows=rows,
        total=total,
        unanswered=unanswered,
        waiting=waiting,
        more=len(listing) > limit,
        strangers=[one for one in others if one.pk not in met],
    )


def listed(rights: Rights, filters: ThreadFilters, since: datetime) -> QuerySet[Message]:
    """The messages whose threads are looked at, each with whether it was asked for.

    What is not asked for still counts for the number beside Conversations.
    """
    seen = Message.objects.filter(messages_seen(rights))
    wanted = matching(filters.text) if filters.text else Q(sent_at__gte=since)
    if filters.older and not filters.text:
        wanted = Q(sent_at__gte=clock.now() - OLDER)
    if filters.location_id is not None:
        wanted &= messages_seen(rights.at(filters.location_id))
    shown = Case(When(wanted, then=Value(True)), default=Value(False))
    return seen.filter(Q(sent_at__gte=since) | wanted).annotate(shown=shown)


def matching(text: str) -> Q:
    """By words of the client's name, or by at least three digits of a number."""
    wanted = Q()
    for word in fold(text).split():
        wanted &= Q(client__search_key__contains=word)
    digits = re.sub(r"\D", "", text)
    if len(digits) >= 3:
        wanted |= Q(address__contains=digits) | Q(client__phone__contains=digits)
    if "@" in text:
        wanted |= Q(address__icontains=text.strip()) | Q(client__email__icontains=text.strip())
    return wanted


def clients_found(rights: Rights, text: str) -> list[Client]:
    """Clients who were looked for and with whom there is no thread yet: one can be begun."""
    full, _ = places_of(rights)
    return client_search(full, text, limit=8) if text and full else []


def rows_of(found: Sequence[Any]) -> list[ThreadRow]:
    """``found``: rows of the statement. A thread of nobody's is named by its newest message."""
    newest = Message.objects.select_related("client", "location").defer("client__notes")
    last = newest.in_bulk([row[3] for row in found])
    return [
        ThreadRow(last[last_id], last[last_id].client, unanswered, asked_at)
        for *_, last_id, asked_at, unanswered, _ in found
        if last_id in last
    ]


def clients_in(rows: Iterable[ThreadRow]) -> list[int]:
    return [row.client.pk for row in rows if row.client is not None]


def beside_of(rights: Rights, client_ids: Sequence[int]) -> Beside:
    """Open drafts and consent of these clients: two queries."""
    drafts = ApprovalItem.real.filter(
        rights.visible(), client_id__in=client_ids, state__in=ApprovalItem.OPEN
    ).defer("known_facts")
    consents = Consent.objects.filter(client_id__in=client_ids)
    return Beside(list(drafts.order_by("id")), list(consents))


def rows_dressed(rows: Iterable[ThreadRow], beside: Beside) -> list[ThreadRow]:
    """Each row with its client's open drafts, and what they want no more of."""
    drafts: dict[int, list[ApprovalItem]] = {}
    consents: dict[int, list[Consent]] = {}
    for item in beside.drafts:
        drafts.setdefault(item.client_id or 0, []).append(item)
    for one in beside.consents:
        consents.setdefault(one.client_id, []).append(one)
    return [
        replace(
            row,
            drafts=drafts.get(row.client.pk, []),
            opted_out=said_no(consents.get(row.client.pk, [])),
        )
        if row.client
        else row
        for row in rows
    ]


def said_no(rows: Iterable[Consent]) -> str:
    """Which channels a client wants nothing by, in words: ``no texts``."""
    by_channel: dict[str, list[consent.Said]] = {}
    for row in rows:
        by_channel.setdefault(row.channel, []).append(
            consent.Said(row.purpose, row.origin, row.granted, row.at)
        )
    closed = [
        consent.IN_WORDS.get(channel, channel)
        for channel, said in sorted(by_channel.items(), reverse=True)
        if consent.decide(said, channel, "transactional").denied
    ]
    return f"no {' or '.join(closed)}" if closed else ""
