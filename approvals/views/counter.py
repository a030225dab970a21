"""At the counter: live openings on Today and Waitlist, and the two presses that end one."""

import hashlib
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from approvals.counter_mode import covers
from approvals.errors import AlreadyDecided, NoRight
from approvals.ladders import counter
from approvals.ladders.counter import RIGHT, openings_seen
from approvals.ladders.selectors import OpeningRow, openings_today
from approvals.models import Opening
from approvals.permissions import Rights, requires
from approvals.templatetags.desk import ago, when
from approvals.views.context import rights_in
from approvals.views.whereabouts import places_said
from core import clock
from core.htmx import hx_trigger, is_fragment
from integrations.models import Location
from integrations.platforms.base import platform_of


def live_context(rights: Rights, location_id: int | None = None) -> dict[str, Any]:
    """What ``waitlist/_live.html`` shows; three queries, none for who decides on no offers."""
    if not rights.any(RIGHT):
        return {"live": [], "live_mark": "", "live_query": ""}
    here = rights.at(location_id) if location_id else rights
    rows = openings_today(openings_seen(here), clock.now())
    return {
        "live": rows,
        "live_mark": mark_of(rows),
        "live_query": f"?location={location_id}" if location_id else "",
        # Asked only where something is drawn: most looks find nothing new and draw nothing.
        "live_said": SimpleLazyObject(lambda: _places_said(here)),
    }


def _places_said(rights: Rights) -> dict[int, str]:
    if len(rights.locations) < 2:
        return {}
    return places_said(Location.objects.filter(pk__in=rights.locations), clock.now())


def mark_of(rows: list[OpeningRow]) -> str:
    """Changes when anything that is drawn does: an unchanged look answers 204."""
    shown = [(row.opening.pk, row.opening.state, row.words, row.told) for row in rows]
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]


def place_of(request: HttpRequest) -> int | None:
    """The location the page is narrowed to; what is no number of one counts as none."""
    asked = str(request.GET.get("location", ""))
    return int(asked) if asked.isdigit() and len(asked) < 10 else None


@require_GET
@requires(RIGHT)
def live(request: HttpRequest) -> HttpResponse:
    """The live openings alone. 204 when nothing of what ``mark`` stands for has changed."""
    context = live_context(rights_in(request), place_of(request)) | {"cover": covers(request)}
    if request.GET.get("mark") == context["live_mark"]:
        return HttpResponse(status=204)
    return render(request, "waitlist/_live.html", context)


@require_POST
@requires(RIGHT)
def give(request: HttpRequest, opening_id: int) -> HttpResponse:
    """Somebody who is here gets it: the ladder stops, who holds an offer is told kindly."""
    return _press(request, opening_id, "given")


@require_POST
@requires(RIGHT)
def stop(request: HttpRequest, opening_id: int) -> HttpResponse:
    return _press(request, opening_id, "stopped")


def _press(request: HttpRequest, opening_id: int, what: str) -> HttpResponse:
    user: Any = request.user
    act = counter.give_to_someone_here if what == "given" else counter.stop_offering
    try:
        done = act(user=user, opening_id=opening_id)
    except NoRight as error:
        raise Http404(error.plain) from error
    except AlreadyDecided as error:
        who = f"{error.who} was faster, {ago(error.when)}. " if error.who and error.when else ""
        return _answer(request, f"{who}{error.what}", "bad", 409)
    return _answer(request, words_after(done, what), "good")


def words_after(opening: Opening, what: str) -> str:
    zone = opening.location.zone
    slot = when(opening.starts_at, zone)
    if what != "given":
        return f"Nobody is asked about {slot} any more."
    platform = platform_of(opening.connection).label
    return f"{slot.capitalize()} is yours to give. Book it in {platform} now."


def _answer(request: HttpRequest, words: str, kind: str, status: int = 200) -> HttpResponse:
    """The list as it is now with a line of words; without a script the page one came from."""
    if not is_fragment(request):
        level = messages.success if kind == "good" else messages.warning
        level(request, words)
        back = str(request.POST.get("back", ""))
        safe = url_has_allowed_host_and_scheme(back, None) and back.startswith("/")
        return redirect(back if safe else reverse("waitlist"))
    context = live_context(rights_in(request), place_of(request)) | {"cover": covers(request)}
    response = render(request, "waitlist/_live.html", context, status=status)
    return hx_trigger(response, "toast", {"text": words, "kind": kind})
