"""What a page gets after a decision: the next draft, a toast with undo, or who was faster."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from approvals.attention.answering import ASIDE, CHANGE, REFUSE, SEND, seeded_answer
from approvals.errors import AlreadyDecided, Changed, IsATest, NoRight, NotPossible
from approvals.models import ApprovalItem
from approvals.permissions import requires
from approvals.selectors import QueueFilters, item_for, queue_page
from approvals.templatetags.desk import ago
from approvals.views.context import (
    REVIEW,
    card_context,
    filters_of,
    list_context,
    query_of,
    rights_in,
)
from approvals.views.kept import kept_check
from approvals.views.reading import card_page
from core.htmx import hx_trigger, is_fragment

Decide = Callable[..., HttpResponse]
# What a press on a test means, by the name of its view; anything else puts it aside.
PRESSES = {"approve": SEND, "edit": CHANGE, "reject": REFUSE, "regenerate": REFUSE}


def decision(view: Decide) -> Decide:
    """A POST by which somebody decides. What goes wrong is answered with the card as it is."""

    @wraps(view)
    def deciding(request: HttpRequest, item_id: int, **more: int) -> HttpResponse:
        try:
            kept_check(request, item_id)
            return met_by(request, item_id, view, **more)
        except NoRight as error:
            raise Http404(error.plain) from error
        except AlreadyDecided as error:
            said = {"who": error.who, "ago": ago(error.when), "what": error.what}
            return card_page(request, item_id, status=409, conflict=said)
        except Changed as error:
            return card_page(request, item_id, status=409, wrong=error.plain)
        except NotPossible as error:
            return card_page(request, item_id, status=422, wrong=error.plain)

    guarded: Decide = require_POST(requires(*REVIEW)(deciding))  # type: ignore[assignment]
    guarded.required_rights = REVIEW  # type: ignore[attr-defined]
    return guarded


def met_by(request: HttpRequest, item_id: int, view: Decide, **more: int) -> HttpResponse:
    """The view's answer; a press on a planted draft is told there and then what it was."""
    try:
        return view(request, item_id, **more)
    except IsATest:
        return _was_test(request, item_id, view.__name__)


def _was_test(request: HttpRequest, item_id: int, name: str) -> HttpResponse:
    press, body = PRESSES.get(name, ASIDE), None
    if name == "edit":
        body = request.POST.get("body", "")
        press = SEND if request.POST.get("act") == "send" else CHANGE
    user: Any = request.user
    told = seeded_answer(user=user, item_id=item_id, press=press, body=body)
    context: dict[str, Any] = {"told": told, "next": following(request, item_id)}
    context["query"] = query_of(filters_of(request.GET))
    if not is_fragment(request):
        page = {**list_context(request), **context, "view": "item", "first": None}
        return render(request, "queue/page.html", page | {"was_test": True})
    response = render(request, "queue/_was_test.html", context)
    # As after several at once: the row leaves, and what is told stays in the pane.
    return hx_trigger(response, "desk:bulk", {"items": [item_id]})


def went(
    request: HttpRequest,
    item_id: int,
    words: str,
    *,
    undo_seconds: int = 0,
    stays: bool = False,
    kind: str = "good",
    after: ApprovalItem | None = None,
) -> HttpResponse:
    """It worked. ``stays``: the same draft is shown again, else the one that follows it.

    ``after``: the draft as it was decided on, where the caller has it at hand.
    """
    undo = reverse("item-undo", args=[item_id]) if undo_seconds else ""
    if not is_fragment(request):
        return _plainly(request, item_id, words, bool(undo), stays)
    shown = _shown(request, item_id) if stays else following(request, item_id, after)
    response = card_or_nothing(request, shown)
    hx_trigger(response, "desk:decided", {"item": item_id, "gone": not stays})
    said = {"text": words, "kind": kind, "undo": undo, "item": item_id, "seconds": undo_seconds}
    return hx_trigger(response, "toast", said)


def _plainly(
    request: HttpRequest, item_id: int, words: str, undo: bool, stays: bool
) -> HttpResponse:
    """Without a script: a sentence on the next page; what can be taken back stays in sight."""
    messages.success(request, words)
    if stays or undo:
        return redirect(reverse("item", args=[item_id]) + query_of(filters_of(request.GET)))
    shown = following(request, item_id)
    if shown is None:
        return redirect("queue")
    return redirect(reverse("item", args=[shown.pk]) + query_of(filters_of(request.GET)))


def _shown(
    request: HttpRequest, item_id: int, after: ApprovalItem | None = None
) -> ApprovalItem | None:
    user: Any = request.user
    try:
        return item_for(user=user, rights=rights_in(request), item_id=item_id, after=after)
    except Http404:
        return None


def following(
    request: HttpRequest, item_id: int, after: ApprovalItem | None = None
) -> ApprovalItem | None:
    """The draft the person sees next in their list, as their page says; else the queue's first."""
    wanted = str(request.POST.get("next", ""))
    if wanted.isdigit() and len(wanted) < 19:
        found = _shown(request, int(wanted), after)
        if found is not None and found.is_open and found.pk != item_id:
            return found
    page = queue_page(
        user=request.user,  # type: ignore[arg-type]
        rights=rights_in(request),
        filters=filters_of(request.GET) or QueueFilters(),
        limit=3,
    )
    others = [row.item.pk for row in page.rows if row.item.pk != item_id and row.item.revision_id]
    return _shown(request, others[0]) if others else None


def card_or_nothing(request: HttpRequest, shown: ApprovalItem | None) -> HttpResponse:
    if shown is None:
        return render(request, "queue/_clear.html")
    context: dict[str, Any] = card_context(request, shown) | {"fragment": True}
    return render(request, "queue/_card.html", context)
