"""The impact page, what it assumes, and the thirty-day letter."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from approvals.counter_mode import covered_page
from approvals.permissions import MANAGER_RIGHT, requires
from approvals.views.context import rights_in
from copilot.impact.forms import AssumptionForm
from copilot.impact.letter import letter_of
from copilot.impact.page import assumptions_of, impact_page
from copilot.impact.periods import DAYS, USUAL
from copilot.impact.services import assumption_set
from copilot.views.quality import RIGHTS, chosen, places_of
from integrations.models import Location

ALL = "all"


@require_GET
@requires(*RIGHTS)
@covered_page("Impact")
def page(request: HttpRequest) -> HttpResponse:
    """One location, or all of the person's; 30, 90 or 365 days."""
    places = places_of(request)
    return shown(request, places, picked(str(request.GET.get("location", "")), places))


def picked(said: str, places: list[Location]) -> Location | None:
    """All of them unless one is asked for: side by side is what this page is for."""
    return chosen(said or ALL, places) if len(places) != 1 else chosen(said, places)


def shown(
    request: HttpRequest,
    places: list[Location],
    place: Location | None,
    form: AssumptionForm | None = None,
    status: int = 200,
) -> HttpResponse:
    said = str(request.GET.get("days", ""))
    days = int(said) if said.isascii() and said.isdigit() and int(said) in DAYS else USUAL
    manages = [one for one in places if rights_in(request).has(one.pk, MANAGER_RIGHT)]
    context = {
        "page": impact_page(places=places, place=place, days=days),
        "place": place,
        "places": places,
        "days": days,
        "periods": DAYS,
        "manages": place in manages if place else False,
        "several": len(manages) > 1,
        "form": form or (_form(place) if place else None),
    }
    return render(request, "impact/page.html", context, status=status)


def _form(place: Location) -> AssumptionForm:
    row = assumptions_of([place])[place.pk]
    return AssumptionForm(initial={"call_minutes": row.call_minutes, "hour_cost": row.hour_cost})


@require_POST
@requires(MANAGER_RIGHT)
def assume(request: HttpRequest) -> HttpResponse:
    """What a call takes and an hour costs, for one location or all that the person manages."""
    rights, places = rights_in(request), places_of(request)
    place = chosen(str(request.POST.get("location", "") or "0"), places)
    if place is None or not rights.has(place.pk, MANAGER_RIGHT):
        raise Http404("There is no such location.")
    form = AssumptionForm(request.POST)
    if not form.is_valid():
        return shown(request, places, place, form, status=422)
    said = form.cleaned_data
    mine = [one for one in places if rights.has(one.pk, MANAGER_RIGHT)]
    user: Any = request.user
    assumption_set(
        user=user,
        locations=mine if said["everywhere"] else [place],
        call_minutes=said["call_minutes"],
        hour_cost=said["hour_cost"],
    )
    messages.success(request, _("Saved. The hours are counted with it from now on."))
    return redirect(f"{reverse('impact')}?location={place.pk}")


@require_GET
@requires(*RIGHTS)
@covered_page("Letter")
def letter(request: HttpRequest) -> HttpResponse:
    """One page, for the drawer or the owner."""
    places = places_of(request)
    place = picked(str(request.GET.get("location", "")), places)
    user: Any = request.user
    made = letter_of(user=user, rights=rights_in(request), places=[place] if place else places)
    context = {"letter": made, "place": place, "places": places}
    return render(request, "impact/letter.html", context)
