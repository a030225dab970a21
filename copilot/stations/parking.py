"""Step away and come back: the screen covered, everything kept, the same key brings it back."""

import json
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render, resolve_url
from django.views.decorators.http import require_GET, require_POST

from approvals.forms.parking import Parked
from approvals.models import ParkedSpot
from approvals.permissions import requires
from approvals.services.parking import Spot, spot_park, spot_resume
from copilot.connect.access import user_of
from integrations.models.rights import RIGHTS


@require_POST
@requires(*RIGHTS)
def park(request: HttpRequest) -> HttpResponse:
    """Put everything aside. Where it was put aside on another device, go on from there instead."""
    user = user_of(request)
    by_itself = bool(request.POST.get("idle"))
    if not by_itself and ParkedSpot.objects.filter(user=user).exists():
        return _resumed(request)
    spot_park(user=user, spot=_spot(request))
    request.session["say"] = "Put aside. Everything is kept."
    return _go(request, resolve_url("parked"))


def _spot(request: HttpRequest) -> Spot:
    form = Parked(request.POST)
    said = form.cleaned_data if form.is_valid() else {}
    came_from = urlsplit(request.headers.get("Referer", ""))
    path = f"{came_from.path}{'?' + came_from.query if came_from.query else ''}"
    return Spot(
        path=str(said.get("path") or path or "/"),
        field=said.get("field") or "",
        text=said.get("text") or "",
        caret=said.get("caret") or 0,
        scroll=said.get("scroll") or 0,
        list_scroll=said.get("list_scroll") or 0,
    )


def _go(request: HttpRequest, url: str) -> HttpResponse:
    """A script is told where to go; a plain form is sent there."""
    if request.headers.get("HX-Request") == "true":
        return JsonResponse({"go": url})
    return redirect(url)


@require_GET
@requires(*RIGHTS)
def parked(request: HttpRequest) -> HttpResponse:
    """The cover: no client's name, no draft, only the way back."""
    return render(request, "stations/parked.html")


@require_POST
@requires(*RIGHTS)
def resume(request: HttpRequest) -> HttpResponse:
    """The exact spot again, on this device or another."""
    return _resumed(request)


def _resumed(request: HttpRequest) -> HttpResponse:
    spot = spot_resume(user=user_of(request))
    if spot is None:
        return _go(request, resolve_url("queue"))
    spot_keep(request, spot)
    request.session["say"] = "Here is where you left off."
    return _go(request, spot.path)


def spot_keep(request: HttpRequest, spot: ParkedSpot, *, whole: bool = True) -> None:
    """Tell the next page where on it to go on. ``whole``: with the field that was open, which is
    its owner's alone."""
    place: dict[str, int | str] = {"scroll": spot.scroll, "list": spot.list_scroll}
    if whole:
        place |= {"field": spot.field, "text": spot.text, "caret": spot.caret}
    request.session["spot"] = json.dumps(place)
