"""How to leave: everything as one file, then erased with proof."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from approvals.errors import NoRight, NotPossible
from approvals.permissions import requires
from approvals.views.context import rights_in
from copilot.leaving import services
from copilot.leaving.models import Leaving
from core.htmx import is_fragment

RIGHT = services.RIGHT


@require_GET
@requires(RIGHT)
def page(request: HttpRequest) -> HttpResponse:
    """One's connections, what was asked for them, and how far it is."""
    template = "leaving/_jobs.html" if is_fragment(request) else "leaving/page.html"
    return render(request, template, _context(request))


def _context(request: HttpRequest) -> dict[str, Any]:
    mine = services.connections_of(rights_in(request))
    rows = Leaving.objects.filter(connection__in=mine).select_related("connection")
    jobs = list(rows.defer("tables", "proof").order_by("-asked_at", "-pk")[:20])
    busy = any(one.state in (Leaving.State.WAITING, Leaving.State.LEASED) for one in jobs)
    return {"connections": mine, "jobs": jobs, "busy": busy}


@require_POST
@requires(RIGHT)
def export(request: HttpRequest) -> HttpResponse:
    """Have everything packed."""
    try:
        services.export_ask(user=_user(request), connection_id=request.POST.get("connection", ""))
    except NoRight as error:
        raise Http404(error.plain) from error
    messages.success(request, _("It is being packed. You can leave this page meanwhile."))
    return redirect("leaving")


@require_POST
@requires(RIGHT)
def erase(request: HttpRequest) -> HttpResponse:
    """Have everything erased, after the name was typed."""
    try:
        services.erase_ask(
            user=_user(request),
            connection_id=request.POST.get("connection", ""),
            name=str(request.POST.get("name", ""))[:200],
        )
    except NoRight as error:
        raise Http404(error.plain) from error
    except NotPossible as error:
        context = _context(request) | {"wrong": error.plain,
                                       "wrong_at": request.POST.get("connection", "")}  # fmt: skip
        return render(request, "leaving/page.html", context, status=422)
    messages.warning(request, _("It is switched off, and will be erased in five minutes."))
    return redirect("leaving")


@require_POST
@requires(RIGHT)
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        services.erase_stop(user=_user(request), leaving_id=pk)
    except NoRight as error:
        raise Http404(error.plain) from error
    except NotPossible as error:
        messages.error(request, error.plain)
    else:
        messages.success(request, _("Stopped. Nothing was erased. The connection is still off."))
    return redirect("leaving")


@require_POST
@requires(RIGHT)
def take(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file, once."""
    try:
        row = services.export_take(user=_user(request), leaving_id=pk)
    except NoRight as error:
        raise Http404(error.plain) from error
    except NotPossible as error:
        messages.error(request, error.plain)
        return redirect("leaving")
    response = StreamingHttpResponse(services.pieces_of(row), content_type="application/zip")
    name = slugify(row.connection.name) or "connection"
    response["Content-Length"] = str(row.size)
    response["Content-Disposition"] = f'attachment; filename="{name}-{row.asked_at:%Y-%m-%d}.zip"'
    return response


@require_GET
@requires(RIGHT)
def proof(request: HttpRequest, pk: int) -> HttpResponse:
    """What was erased, table by table, and the audit's state: a page to print and keep."""
    mine = services.connections_of(rights_in(request))
    row = get_object_or_404(
        Leaving.objects.select_related("connection"),
        pk=pk, connection__in=mine, outcome=Leaving.Outcome.ERASED,
    )  # fmt: skip
    gone = [one for one in row.tables if one["before"] and not one["after"]]
    stays = [one for one in row.tables if one["after"]]
    context = {"row": row, "gone": gone, "stays": stays,
               "empty": len(row.tables) - len(gone) - len(stays),
               "rows": sum(one["before"] for one in row.tables)}  # fmt: skip
    return render(request, "leaving/proof.html", context)


def _user(request: HttpRequest) -> Any:
    return request.user
