"""The calendar: a clash that is meant to be so, and a way out for somebody who comes late."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from approvals.errors import DecisionError, NoRight, NotPossible
from approvals.models import ApprovalItem
from approvals.permissions import requires
from approvals.schedule.looking import RIGHT, conflict_dismiss
from approvals.schedule.ways import way_take

DONE = "The calendar is being changed. Please tell the client."
BY_HAND = "The platform cannot be told from here: it waits as a step by hand."


@require_POST
@requires(RIGHT)
def dismiss(request: HttpRequest, conflict_id: int) -> HttpResponse:
    """Not shown again until it is gone; the reason is kept with who said it."""
    reason = str(request.POST.get("reason", "")).replace("\x00", "")
    try:
        conflict_dismiss(user=request.user, conflict_id=conflict_id, reason=reason)  # type: ignore[arg-type]
    except NoRight as error:
        raise Http404(error.plain) from error
    except NotPossible as error:
        messages.error(request, error.plain)
    else:
        messages.success(request, "It is not shown again while it lasts. Your reason is kept.")
    return redirect(back_of(request, reverse("today")))


@require_POST
@requires(RIGHT)
def take(request: HttpRequest, visit_id: int) -> HttpResponse:
    """One of the ways out: the calendar is changed as it says. The next page offers to undo it."""
    key = str(request.POST.get("way", ""))[:120]
    try:
        item = way_take(user=request.user, visit_id=visit_id, key=key)  # type: ignore[arg-type]
    except NoRight as error:
        raise Http404(error.plain) from error
    except DecisionError as error:
        messages.error(request, error.plain)
    else:
        words = {ApprovalItem.State.MANUAL: BY_HAND}.get(ApprovalItem.State(item.state), DONE)
        messages.success(request, words)
    return redirect(back_of(request, reverse("today")))


def back_of(request: HttpRequest, otherwise: str) -> str:
    """The page of ours the press came from."""
    back = str(request.POST.get("back", ""))
    safe = url_has_allowed_host_and_scheme(back, None) and back.startswith("/")
    return back if safe else otherwise
