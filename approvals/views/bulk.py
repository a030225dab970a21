"""Several at once: every text is shown in full before one press sends them."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from approvals.models import ApprovalItem
from approvals.permissions import requires
from approvals.services.approving import bulk_refusal
from approvals.services.decisions import items_approve_bulk
from approvals.views.context import REVIEW, filters_of, list_context, query_of, rights_in
from core.htmx import hx_trigger, is_fragment

MOST = 50
Wanted = tuple[int, int, str]


@dataclass(frozen=True)
class LeftOut:
    """A draft that does not go with the others, and why."""

    item: ApprovalItem | None
    why: str


@require_POST
@requires(*REVIEW)
def bulk_approve(request: HttpRequest) -> HttpResponse:
    """First the texts to read; with ``sure`` they are sent, and what was left out is told."""
    wanted = read_wanted(request.POST.getlist("wanted"))
    items = _items(request, [one[0] for one in wanted])
    if request.POST.get("sure") != "1":
        return _shown(request, wanted, items)
    report = items_approve_bulk(user=request.user, wanted=wanted)  # type: ignore[arg-type]
    left = [LeftOut(items.get(item_id), why) for item_id, why in report.left_out]
    sent = [items[item_id] for item_id in report.approved if item_id in items]
    words = f"{len(sent)} drafts are going out." if len(sent) != 1 else "1 draft is going out."
    response = _page(request, {"sent": sent, "left": left, "done": True, "words": words})
    hx_trigger(response, "desk:bulk", {"items": [item.pk for item in sent]})
    return hx_trigger(response, "toast", {"text": words, "kind": "good"})


def _shown(
    request: HttpRequest, wanted: list[Wanted], items: dict[int, ApprovalItem]
) -> HttpResponse:
    ready: list[tuple[ApprovalItem, str]] = []
    left: list[LeftOut] = []
    for item_id, revision_id, evidence in wanted:
        item = items.get(item_id)
        why = bulk_refusal(item_id, rights_in(request), request.user)  # type: ignore[arg-type]
        if item is not None and not why and item.revision_id != revision_id:
            why = "It has changed since you picked it."
        if item is None or why:
            left.append(LeftOut(item, why))
        else:
            ready.append((item, f"{item_id}:{revision_id}:{evidence}"))
    return _page(request, {"ready": ready, "left": left, "done": False})


def _page(request: HttpRequest, context: dict[str, object]) -> HttpResponse:
    context |= {"query": query_of(filters_of(request.GET))}
    if is_fragment(request):
        return render(request, "queue/_bulk.html", context)
    if not context["done"] and not context.get("ready") and not context.get("left"):
        messages.info(request, "Pick at least one draft first.")
    page = {**list_context(request), **context, "view": "item", "first": None, "bulk": True}
    return render(request, "queue/page.html", page)


def read_wanted(values: list[str]) -> list[Wanted]:
    """What was picked: item, revision and evidence as seen. Mangled values are left out."""
    wanted: list[Wanted] = []
    for value in values[:MOST]:
        item_id, _, rest = value.partition(":")
        revision_id, _, evidence = rest.partition(":")
        if item_id.isdigit() and revision_id.isdigit() and len(value) < 120:
            wanted.append((int(item_id), int(revision_id), evidence))
    return wanted


def _items(request: HttpRequest, ids: list[int]) -> dict[int, ApprovalItem]:
    found = ApprovalItem.objects.filter(rights_in(request).visible(), pk__in=ids)
    return {item.pk: item for item in found.select_related("client", "revision", "location")}
