"""What the audit page reads: bounded statements, whatever was ever written.

Each location's rows are walked from the newest on along their own index and cut after a page; one
statement over all of them would sort everything. Tests of attention are left out: whoever met one
must not be told apart by the hours beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from agents.registry import agents
from approvals.models import ApprovalItem
from approvals.permissions import Rights
from copilot.audit.words import beginnings, said
from core.models import AuditDetail, AuditEvent, AuditProof, AuditSeal
from integrations.models import Client, Location
from integrations.people import client_search

# Where a page ended: the moment, and among those of one moment the row.
Place = tuple[datetime, int]
PAGE = 50


@dataclass(frozen=True)
class AuditFilters:
    """``client`` is an id and wins over ``text``; ``person`` a user's id, ``agent`` a name."""

    client: int | None = None
    text: str = ""
    person: str = ""
    agent: str = ""
    kind: str = ""
    before: Place | None = None


@dataclass(frozen=True)
class AuditRow:
    """One row in words. ``item_id`` only where the reader may open that draft; ``reads`` is what an
    agent may see of a client when it drafts."""

    event: AuditEvent
    who: str
    what: str
    more: str
    client: Client | None
    location: Location | None
    item_id: int | None
    reads: str
    detail: str

    @property
    def local(self) -> datetime:
        """The location's own wall clock, without a zone, so that it is shown as it is."""
        at = self.event.at
        return (at.astimezone(self.location.zone) if self.location else at).replace(tzinfo=None)


@dataclass(frozen=True)
class AuditPage:
    """``next_before`` is where to go on, None at the end; ``found`` the clients of a search."""

    rows: list[AuditRow]
    next_before: Place | None
    found: Sequence[Client] = ()


@dataclass(frozen=True)
class Chain:
    """How far one connection's audit is sealed, and when that was last proved."""

    name: str
    sealed_until: datetime | None
    waiting: int
    proof: AuditProof | None


def audit_page(
    *,
    rights: Rights,
    places: Sequence[Location],
    filters: AuditFilters,
    limit: int = PAGE,
) -> AuditPage:
    """At most eight statements, whatever the length or the filters."""
    found = _clients(places, filters)
    if not places or (found is not None and not found):
        return AuditPage([], None)
    newest = _newest(places, _matching(filters, found), limit + 1)
    more, newest = len(newest) > limit, newest[:limit]
    last = newest[-1] if more and newest else None
    rows = _rows(rights, places, newest)
    return AuditPage(rows, (last.at, last.pk) if last else None, found or ())


def _clients(places: Sequence[Location], filters: AuditFilters) -> list[Client] | None:
    """The clients that are meant; None where any are. Also one who was erased has rows."""
    if filters.client is not None:
        connections = {place.connection_id for place in places}
        return list(Client.objects.filter(pk=filters.client, connection__in=connections))
    if filters.text:
        return client_search([place.pk for place in places], filters.text)
    return None


def _matching(filters: AuditFilters, found: Sequence[Client] | None) -> Q:
    match = Q()
    if found is not None:
        match &= Q(client__in=[str(one.pk) for one in found])
    if filters.person:
        match &= Q(actor_kind="person", actor_id=filters.person)
    if filters.agent:
        match &= Q(actor_kind="agent", actor_id=filters.agent)
    starts = Q()
    for beginning in beginnings(filters.kind):
        starts |= Q(action__startswith=beginning)
    match &= starts
    if filters.before:
        at, pk = filters.before
        # The first half is what the index understands; the second cuts the moment itself.
        match &= Q(at__lte=at) & (Q(at__lt=at) | Q(pk__lt=pk))
    return match


def _newest(places: Sequence[Location], match: Q, n: int) -> list[AuditEvent]:
    """The newest of every location, then the newest of those. What belongs to no location but to
    the connection is shown to who may read all of its locations."""
    wanted = [(str(place.connection_id), str(place.pk)) for place in places]
    wanted += [(str(pk), "") for pk in whole_connections(places)]
    parts = [
        AuditEvent.objects.filter(match, connection=connection, location=location)
        .order_by("-at", "-id")
        .values_list("at", "pk")[:n]
        for connection, location in wanted
    ]
    found: QuerySet[Any, Any] = parts[0].union(*parts[1:], all=True) if parts[1:] else parts[0]
    ids = [pk for _, pk in sorted(found, reverse=True)[:n]]
    return list(AuditEvent.objects.filter(pk__in=ids).order_by("-at", "-id"))


def whole_connections(places: Sequence[Location]) -> list[Any]:
    """Connections of which these are all the locations."""
    mine: dict[Any, int] = {}
    for place in places:
        mine[place.connection_id] = mine.get(place.connection_id, 0) + 1
    every = Location.objects.filter(connection__in=mine, deleted_at=None).order_by()
    counted = every.values_list("connection").annotate(n=Count("pk"))
    return [pk for pk, n in counted if n == mine[pk]]


def _rows(
    rights: Rights, places: Sequence[Location], events: Sequence[AuditEvent]
) -> list[AuditRow]:
    drafts = {pk for one in events if (pk := _number(one.subject, "item:"))}
    items = ApprovalItem.objects.filter(pk__in=drafts)
    planted = set(items.filter(seeded=True).values_list("pk", flat=True))
    seen = set(items.filter(rights.visible(), seeded=False).values_list("pk", flat=True))
    ids = {int(one.client) for one in events if one.client.isdigit()}
    clients = Client.objects.in_bulk(ids)
    details = AuditDetail.objects.filter(event_id__in=[one.pk for one in events])
    words = {one.event_id: _words(one.data) for one in details}
    by_id = {str(place.pk): place for place in places}
    made = []
    for event in events:
        item_id = _number(event.subject, "item:")
        if item_id in planted:
            continue
        spoken = said(event.action, event.facts)
        made.append(
            AuditRow(
                event=event,
                who=_who(event),
                what=spoken.what,
                more=spoken.more,
                client=clients.get(int(event.client)) if event.client.isdigit() else None,
                location=by_id.get(event.location),
                item_id=item_id if item_id in seen else None,
                reads=_reads(event),
                detail=words.get(event.pk, ""),
            )
        )
    return made


def _number(subject: str, head: str) -> int | None:
    number = subject.removeprefix(head)
    return int(number) if subject.startswith(head) and number.isdigit() else None


def _who(event: AuditEvent) -> str:
    if event.actor_kind == "agent" and event.actor_id in agents:
        return str(agents.get(event.actor_id).label)
    return event.actor_name or event.actor_id or event.actor_kind


def _reads(event: AuditEvent) -> str:
    """What an agent may see of a client, said where it wrote a draft."""
    if event.action != "item.drafted" or event.actor_id not in agents:
        return ""
    return ", ".join(str(one).replace("_", " ") for one in agents.get(event.actor_id).reads)


def _words(data: Any) -> str:
    values = data.values() if isinstance(data, dict) else [data]
    return " · ".join(str(one) for one in values if one not in ("", None, [], {}))[:600]


def chains_of(places: Sequence[Location]) -> list[Chain]:
    """The state of the chain of every connection of these locations: three statements, and one for
    each connection's rows since its last seal."""
    names = {str(place.connection_id): place.connection.name for place in places}
    heads = AuditSeal.objects.filter(connection__in=names).order_by("connection", "-sequence")
    last = {one.connection: one for one in heads.distinct("connection")}
    moments = AuditEvent.objects.in_bulk([one.event_id for one in last.values()])
    proofs = AuditProof.objects.filter(connection__in=names).order_by("connection", "-at")
    proved = {one.connection: one for one in proofs.distinct("connection")}
    made = []
    for key, name in sorted(names.items(), key=lambda pair: pair[1]):
        head = last.get(key)
        event = moments.get(head.event_id) if head else None
        newer = AuditEvent.objects.filter(connection=key, pk__gt=head.event_id if head else 0)
        waiting = newer[:1000].count()
        made.append(Chain(name, event.at if event else None, waiting, proved.get(key)))
    return made
