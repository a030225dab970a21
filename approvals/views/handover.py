"""The hand-over: a page that prints, and a card in the queue that one key accepts."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from approvals.counter_mode import covered_page
from approvals.errors import AlreadyDecided, NoRight, NotPossible
from approvals.handover import handover_of
from approvals.permissions import requires
from approvals.selectors.handovers import handovers_open, time_to_hand_over
from approvals.services.handovers import handover_accept, handover_offer
from approvals.templatetags.shapes import spoken
from approvals.views.context import REVIEW, rights_in
from core import clock
from core.htmx import is_fragment, toast
from integrations.models import Location


def _places(request: HttpRequest) -> list[Location]:
    rows = Location.objects.filter(pk__in=rights_in(request).locations, deleted_at=None)
    return list(rows.order_by("name"))


@require_GET
@requires(*REVIEW)
@covered_page("Hand-over")
def handover(request: HttpRequest) -> HttpResponse:
    """What is open at each of one's locations, as it is now."""
    rights = rights_in(request)
    waiting = {row.location_id: row for row in handovers_open(rights)}
    parts = [
        (place, handover_of(location=place, rights=rights), waiting.get(place.pk))
        for place in _places(request)
    ]
    return render(request, "handover/page.html", {"parts": parts, "now": clock.now()})


@require_GET
@requires(*REVIEW)
def card(request: HttpRequest) -> HttpResponse:
    """For the queue: a hand-over to accept, or that it is time for one's own. 204 for neither."""
    rights = rights_in(request)
    mine = rights.user_id
    for row in handovers_open(rights):
        if row.given_by_id != mine:
            parts = handover_of(location=row.location, rights=rights)
            return render(request, "handover/_card.html", {"row": row, "parts": parts})
    place = time_to_hand_over(rights, _places(request), clock.now())
    if place is None:
        return HttpResponse(status=204)
    return render(request, "handover/_card.html", {"place": place})


@require_POST
@requires(*REVIEW)
def offer(request: HttpRequest) -> HttpResponse:
    asked = str(request.POST.get("location", ""))
    user: Any = request.user
    try:
        handover_offer(user=user, location_id=int(asked) if asked.isdigit() else 0)
    except NoRight as error:
        raise Http404(error.plain) from error
    except NotPossible as error:
        return _said(request, error.plain, "bad", 409)
    return _said(request, "Handed over. The next person finds it in the queue.", "good")


@require_POST
@requires(*REVIEW)
def accept(request: HttpRequest, handover_id: int) -> HttpResponse:
    user: Any = request.user
    try:
        row = handover_accept(user=user, handover_id=handover_id)
    except NoRight as error:
        raise Http404(error.plain) from error
    except AlreadyDecided as error:
        return _said(request, f"{error.who} accepted it already.", "info", 409)
    except NotPossible as error:
        return _said(request, error.plain, "bad", 409)
    return _said(request, f"Taken over from {row.given_by_name}.", "good")


def _said(request: HttpRequest, words: str, kind: str, status: int = 200) -> HttpResponse:
    if is_fragment(request):
        return toast(HttpResponse(status=status), spoken(words), kind)
    (messages.error if kind == "bad" else messages.success)(request, words)
    return redirect("handover")
