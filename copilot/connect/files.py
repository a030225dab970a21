"""Loading CSV files: upload, look at how the columns were understood, load."""

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from copilot.connect.access import own_connection_or_404, tunes_here, user_of
from core import clock
from integrations.imports import FIELDS, KINDS, FileProblem, file_keep, file_preview, import_ask
from integrations.imports.table import LARGEST
from integrations.models import Connection, InboundEvent

SHOWN = 3


@require_POST
@tunes_here
def upload(request: HttpRequest, pk: UUID) -> HttpResponse:
    connection = own_connection_or_404(request, pk)
    sent = request.FILES.get("file")
    try:
        if sent is None:
            raise FileProblem("Choose a file first.")
        kept = file_keep(
            actor=user_of(request).as_actor(),
            connection=connection,
            kind=request.POST.get("kind", ""),
            raw=sent.read(LARGEST + 1),
        )
    except FileProblem as wrong:
        messages.error(request, wrong.plain)
        return redirect(f"{reverse('connect-one', args=[connection.pk])}#files")
    return redirect("connect-file", connection.pk, kept.pk)


@require_http_methods(["GET", "POST"])
@tunes_here
def columns(request: HttpRequest, pk: UUID, file: int) -> HttpResponse:
    """How the columns were understood; "Look again" shows another choice, "Load" stores it."""
    connection = own_connection_or_404(request, pk)
    kept = _kept(connection, file)
    kind = kept.kind.removeprefix("file.")
    chosen = _chosen(request, kind) if request.method == "POST" else None
    as_of = _day(request.POST.get("as_of", ""))
    if request.method == "POST" and "load" in request.POST and chosen is not None:
        try:
            import_ask(actor=user_of(request).as_actor(), kept=kept, mapping=chosen, as_of=as_of)
            return redirect(f"{reverse('connect-one', args=[connection.pk])}#progress")
        except FileProblem as wrong:
            messages.error(request, wrong.plain)
    seen = file_preview(kept, chosen, as_of)
    context = {
        "connection": connection,
        "kept": kept,
        "kind": KINDS[kind],
        "seen": seen,
        "rows": len(seen.table.rows),
        "choices": _choices(kind, seen.mapping, seen.table.header),
        "sample": _sample(kind, seen.mapping, seen.sample[:SHOWN]),
        "problems": seen.problems[:20],
        "as_of": as_of.isoformat(),
    }
    return render(request, "connect/columns.html", context)


def _kept(connection: Connection, file: int) -> InboundEvent:
    found = InboundEvent.objects.filter(
        pk=file, connection=connection, kind__in=[f"file.{kind}" for kind in KINDS]
    ).first()
    if found is None:
        raise Http404
    return found


def _chosen(request: HttpRequest, kind: str) -> dict[str, int]:
    """{field: column} from the selects; the empty choice leaves a field out."""
    said = {name: request.POST.get(f"column-{name}", "") for name in FIELDS[kind]}
    return {name: int(place) for name, place in said.items() if place.isdigit()}


def _choices(kind: str, mapping: dict[str, int], header: list[str]) -> list[dict[str, Any]]:
    columns = [(place, cell or f"Column {place + 1}") for place, cell in enumerate(header)]
    return [
        {"name": name, "label": field.label, "chosen": mapping.get(name), "columns": columns}
        for name, field in FIELDS[kind].items()
    ]


def _sample(
    kind: str, mapping: dict[str, int], rows: list[list[str]]
) -> list[tuple[str, list[str]]]:
    """Fields downwards and rows across: it fits a narrow window."""
    labels = [FIELDS[kind][name].label for name in mapping]
    return [(label, [row[place] for row in rows]) for place, label in enumerate(labels)]


def _day(text: str) -> date:
    """The day the file speaks of: today where none was given; never in the future."""
    today = clock.now().date()
    try:
        return min(date.fromisoformat(text), today)
    except ValueError:
        return today
