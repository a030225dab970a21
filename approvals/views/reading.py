"""Looking at the queue and at one draft."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from approvals.counter_mode import covered
from approvals.models import ApprovalItem
from approvals.permissions import requires
from approvals.views.context import (
    REVIEW,
    card_context,
    filters_of,
    item_of,
    list_context,
    query_of,
)
from approvals.views.rows import covered_name
from core.htmx import is_fragment


@require_GET
@requires(*REVIEW)
def queue(request: HttpRequest) -> HttpResponse:
    """The list; the script opens the first draft beside it where there is room."""
    context = list_context(request)
    first = next((row for row in context["page"].rows if row.item.revision_id), None)
    return render(request, "queue/page.html", {**context, "view": "list", "first": first})


@require_GET
@requires(*REVIEW)
def rows(request: HttpRequest) -> HttpResponse:
    """The list alone. 204 when nothing of what ``mark`` stands for has changed."""
    context = list_context(request)
    if request.GET.get("mark") == context["mark"]:
        return HttpResponse(status=204)
    return render(request, "queue/_rows.html", context)


@require_GET
@requires(*REVIEW)
def item(request: HttpRequest, item_id: int) -> HttpResponse:
    """One draft: the card alone for htmx, else the whole page with the list beside it."""
    return card_page(request, item_id, editing=bool(request.GET.get("edit")))


@require_GET
@requires(*REVIEW)
def background(request: HttpRequest, item_id: int) -> HttpResponse:
    """What a draft rests on and what happened to it: fetched when somebody opens that part."""
    context = card_context(request, item_of(request, item_id))
    return render(request, "queue/_background.html", context)


def card_page(
    request: HttpRequest, item_id: int, *, status: int = 200, **more: Any
) -> HttpResponse:
    found = item_of(request, item_id)
    if covered(request):
        return _covered(request, found)
    context = card_context(request, found, **more)
    if is_fragment(request):
        return render(request, "queue/_card.html", context | {"fragment": True}, status=status)
    page = {**list_context(request), **context, "view": "item", "first": None}
    return render(request, "queue/page.html", page, status=status)


def _covered(request: HttpRequest, found: ApprovalItem) -> HttpResponse:
    """A name and a place to press; nothing of what the draft says or rests on."""
    query = query_of(filters_of(request.GET))
    place = {"query": query, "home": reverse("queue") + query}
    context = {"item": found, "covered_name": covered_name(found), **place}
    if is_fragment(request):
        return render(request, "queue/_covered.html", context)
    page = {**list_context(request), **context, "covered": True, "view": "item", "first": None}
    return render(request, "queue/page.html", page)
