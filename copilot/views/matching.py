"""How people are chosen for a free slot: seen, tried on past openings, and only then saved."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from approvals.permissions import requires
from copilot import matching
from integrations.models import Location

RIGHT = "tune_agents"


@require_http_methods(["GET", "POST"])
@requires(RIGHT)
def settings(request: HttpRequest) -> HttpResponse:
    """The form of one location; ``act`` is try or save."""
    places = _places(request)
    place = _chosen(request, places)
    context: dict[str, Any] = {"place": place, "places": places}
    if request.method != "POST":
        held = matching.settings_of(place).model_dump()
        return _shown(request, {**context, "form": matching.MatchForm(initial=held)})
    form = matching.MatchForm(request.POST)
    context["form"] = form
    if not form.is_valid():
        return _shown(request, context, status=422)
    wanted = form.settings()
    if request.POST.get("act") == "save":
        if matching.was_tried(str(request.POST.get("tried", "")), place, wanted):
            return _saved(request, place, wanted)
        context["wrong"] = "Try it first: these are not the settings that were tried last."
    return _tried(request, context, place, wanted)


def _saved(request: HttpRequest, place: Location, wanted: Any) -> HttpResponse:
    user: Any = request.user
    matching.settings_save(actor=user.as_actor(), location=place, settings=wanted)
    messages.success(request, f"Saved for {place.name}. The next free slot is offered this way.")
    return redirect(f"{reverse('matching')}?location={place.pk}")


def _tried(
    request: HttpRequest, context: dict[str, Any], place: Location, wanted: Any
) -> HttpResponse:
    tried = matching.try_it(place, wanted)
    context |= {
        "result": tried,
        "compared": matching.compared(tried),
        "differs": len(matching.changed_names(place, wanted)),
        "tried": matching.tried_token(place, wanted),
    }
    return _shown(request, context, status=422 if "wrong" in context else 200)


def _shown(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    form = context["form"]
    weights = [one for one in form if one.name.startswith("weight_")]
    # What stands beside the weights belongs to them: from where on more counts no more.
    beside = ("priority_tags", "full_days", "full_visits", "full_spend")
    answering = [one for one in form if one.name.startswith("answer_")]
    context |= {
        "weights": weights,
        "beside": [form[name] for name in beside],
        "answering": answering,
        "offering": [
            one for one in form if one not in [*weights, *answering] and one.name not in beside
        ],
    }
    return render(request, "waitlist/matching.html", context, status=status)


def _places(request: HttpRequest) -> list[Location]:
    rights = request.rights  # type: ignore[attr-defined]
    found = Location.objects.filter(pk__in=rights.locations_with(RIGHT), deleted_at=None)
    return list(found.select_related("connection").order_by("name"))


def _chosen(request: HttpRequest, places: list[Location]) -> Location:
    said = request.POST if request.method == "POST" else request.GET
    wanted = str(said.get("location", ""))
    found = next((place for place in places if str(place.pk) == wanted), None)
    if found is None and (wanted or not places):
        raise Http404("There is no such location.")
    return found or places[0]
