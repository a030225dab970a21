"""The audit page, its export, and proving the chain by a press."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from agents.registry import agents
from approvals.counter_mode import covered_page
from approvals.permissions import requires
from approvals.views.context import rights_in
from copilot.audit.reading import (
    AuditFilters,
    AuditRow,
    audit_page,
    chains_of,
)
from copilot.audit.words import ACTOR_KINDS, KINDS
from copilot.sheets import harmless
from core import clock
from core.audit import audit_record
from core.audit_verify import audit_prove
from core.models import AuditSeal
from integrations.models import Location, LocationRole, User

RIGHT = "read_audit"
# Above so many rows proving takes longer than a page may: it happens by night all the same.
MOST_SEALS = 100_000
MOST_EXPORTED = 20_000
EXPORT_PAGE = 500
COLUMNS = ("at", "location", "kind", "who", "action", "what", "reason", "client", "client_id",
           "subject", "detail", "row", "detail_sha256")  # fmt: skip


@require_GET
@requires(RIGHT)
@covered_page("Audit")
def page(request: HttpRequest) -> HttpResponse:
    """Newest first, older ones page by page, each as fast as the first."""
    every = _places(request)
    place, places = _chosen(request.GET.get("location", ""), every)
    filters = _filters(request.GET)
    found = audit_page(rights=rights_in(request), places=places, filters=filters)
    older = request.GET.copy()
    if found.next_before is not None:
        moment, pk = found.next_before
        older["before"] = f"{moment.isoformat()}_{pk}"
    context = {
        "page": found,
        "filters": filters,
        "place": place,
        "places": every,
        "people": _people(every),
        "agents": list(agents),
        "kinds": [(key, words) for key, (words, _starts) in KINDS.items()],
        "actor_kinds": ACTOR_KINDS,
        "chains": chains_of(every),
        "zone": every[0].zone if every else None,
        "older": older.urlencode() if found.next_before is not None else "",
        "query": request.GET.urlencode(),
        "most": MOST_EXPORTED,
    }
    return render(request, "audit/page.html", context)


def _places(request: HttpRequest) -> list[Location]:
    """The locations whose audit this person reads, by name."""
    ids = rights_in(request).locations_with(RIGHT)
    rows = Location.objects.filter(pk__in=ids, deleted_at=None).select_related("connection")
    return list(rows.order_by("name", "pk"))


def _chosen(said: Any, every: list[Location]) -> tuple[Location | None, list[Location]]:
    place = next((one for one in every if str(one.pk) == str(said)), None)
    return place, [place] if place else every


def _people(places: list[Location]) -> list[User]:
    """Whom one can choose: everybody with a role at one of these locations."""
    groups = LocationRole.objects.filter(location__in=places).values("group")
    return list(User.objects.filter(groups__in=groups).distinct().order_by("name", "pk"))


def _filters(said: Any) -> AuditFilters:
    def digits(name: str) -> str:
        text = str(said.get(name, ""))
        return text if text.isascii() and text.isdigit() and len(text) < 19 else ""

    agent, kind = str(said.get("agent", "")), str(said.get("kind", ""))
    return AuditFilters(
        client=int(digits("client")) if digits("client") else None,
        text=str(said.get("q", "")).replace("\x00", "")[:80].strip(),
        person=digits("person"),
        agent=agent if agent in agents else "",
        kind=kind if kind in KINDS else "",
        before=_before(str(said.get("before", ""))),
    )


def _before(text: str) -> tuple[datetime, int] | None:
    moment, _sep, number = text.partition("_")
    try:
        found = parse_datetime(moment.replace(" ", "+"))
    except ValueError:
        return None
    if found is None or found.tzinfo is None:
        return None
    return found, int(number) if number.isascii() and number.isdigit() and len(number) < 19 else 0


@require_POST
@requires(RIGHT)
def export(request: HttpRequest) -> StreamingHttpResponse:
    """What the page shows, without its pages, as CSV; that somebody took it along is a row too."""
    every = _places(request)
    place, places = _chosen(request.POST.get("location", ""), every)
    filters = replace(_filters(request.POST), before=None)
    user: Any = request.user
    for connection in sorted({str(one.connection_id) for one in places}):
        audit_record(
            action="audit.exported",
            actor=user.as_actor(),
            connection=connection,
            location=place.pk if place else "",
            client=filters.client or "",
            facts={"person": filters.person, "agent": filters.agent, "kind": filters.kind},
        )
    rows = _lines(rights_in(request), places, filters)
    response = StreamingHttpResponse(rows, content_type="text/csv; charset=utf-8")
    day = clock.now().date().isoformat()
    response["Content-Disposition"] = f'attachment; filename="audit-{day}.csv"'
    return response


class _Echo:
    """A file that gives back what it is told: the CSV writer's line."""

    def write(self, line: str) -> str:
        return line


def _lines(rights: Any, places: list[Location], filters: AuditFilters) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(COLUMNS)
    done = 0
    while done < MOST_EXPORTED:
        found = audit_page(rights=rights, places=places, filters=filters, limit=EXPORT_PAGE)
        for row in found.rows:
            yield writer.writerow([harmless(one) for one in _cells(row)])
        done += EXPORT_PAGE
        if found.next_before is None:
            return
        filters = replace(filters, before=found.next_before)


def _cells(row: AuditRow) -> list[str]:
    event = row.event
    return [
        event.at.isoformat(),
        row.location.name if row.location else "",
        event.actor_kind,
        row.who,
        event.action,
        row.what,
        row.more,
        row.client.name if row.client else "",
        event.client,
        event.subject,
        row.detail,
        str(event.pk),
        event.detail_sha256,
    ]


@require_POST
@requires(RIGHT)
def verify(request: HttpRequest) -> HttpResponse:
    """Prove the chains of one's own connections now."""
    for place in {one.connection_id: one for one in _places(request)}.values():
        key, name = str(place.connection_id), {"name": place.connection.name}
        if AuditSeal.objects.filter(connection=key)[: MOST_SEALS + 1].count() > MOST_SEALS:
            said = _("This audit is long: it is proved by night, or by manage.py audit verify.")
            messages.warning(request, said)
        elif audit_prove(key).whole:
            said = _("Proved: every sealed row of %(name)s fits together.")
            messages.success(request, said % name)
        else:
            said = _("The audit of %(name)s does not fit together any more. Please tell whoever "
                     "runs this server.")  # fmt: skip
            messages.error(request, said % name)
    return redirect("audit")
