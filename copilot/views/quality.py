"""The quality page, and what a manager decides on it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from agents.autonomy import autonomy_end, autonomy_grant
from agents.budgets import budgets_nearly_used
from approvals.errors import DecisionError, NoRight
from approvals.models import StandingGrant
from approvals.permissions import MANAGER_RIGHT, requires
from approvals.services.trusting import trust_set
from copilot.quality.forms import TrustForm
from copilot.quality.page import PERIODS, USUAL, quality_page
from integrations.models import Location

# Managers by the digest, admins by the agents they tune.
RIGHTS = (MANAGER_RIGHT, "tune_agents")
ALL = "all"


@require_GET
@requires(*RIGHTS)
def quality(request: HttpRequest) -> HttpResponse:
    """One location, or all of the person's; a period of 7, 30 or 90 days."""
    places = places_of(request)
    return shown(request, places, chosen(str(request.GET.get("location", "")), places))


def shown(
    request: HttpRequest,
    places: list[Location],
    place: Location | None,
    form: TrustForm | None = None,
    status: int = 200,
) -> HttpResponse:
    user: Any = request.user
    days = days_of(str(request.GET.get("days", "")))
    page = quality_page(user=user, places=places, place=place, days=days)
    rights = request.rights  # type: ignore[attr-defined]
    context = {
        "page": page,
        "place": place,
        "places": places,
        "periods": PERIODS,
        "budgets": budgets_nearly_used([one.pk for one in ([place] if place else places)]),
        "manages": place is not None and rights.has(place.pk, MANAGER_RIGHT),
        "form": form or (TrustForm(initial=_held(page.trust)) if page.trust else None),
    }
    return render(request, "quality/page.html", context, status=status)


def _held(trust: Any) -> dict[str, Any]:
    return {name: getattr(trust, name) for name in TrustForm.base_fields}


def days_of(said: str) -> int:
    return int(said) if said.isdigit() and int(said) in PERIODS else USUAL


def places_of(request: HttpRequest) -> list[Location]:
    rights = request.rights  # type: ignore[attr-defined]
    mine = {pk for right in RIGHTS for pk in rights.locations_with(right)}
    found = Location.objects.filter(pk__in=mine, deleted_at=None)
    return list(found.select_related("connection").order_by("name", "pk"))


def chosen(said: str, places: list[Location]) -> Location | None:
    """The location asked for, the first one, or None for all; any other is not there."""
    if said == ALL or not places:
        return None
    found = next((place for place in places if str(place.pk) == said), None)
    if found is None and said:
        raise Http404("There is no such location.")
    return found or places[0]


def _managed(request: HttpRequest) -> Location:
    """The location of a form; only where the person is a manager."""
    rights = request.rights  # type: ignore[attr-defined]
    place = chosen(str(request.POST.get("location", "") or "0"), places_of(request))
    if place is None or not rights.has(place.pk, MANAGER_RIGHT):
        raise Http404("There is no such location.")
    return place


def _back(place: Location) -> HttpResponse:
    return redirect(f"{reverse('quality')}?location={place.pk}")


@require_POST
@requires(MANAGER_RIGHT)
def trust(request: HttpRequest) -> HttpResponse:
    """How often attention is tested, and what has to be earned."""
    place, form = _managed(request), TrustForm(request.POST)
    if not form.is_valid():
        return shown(request, places_of(request), place, form, status=422)
    user: Any = request.user
    trust_set(user=user, location=place, **form.cleaned_data)
    messages.success(request, _("Saved for %(name)s.") % {"name": place.name})
    return _back(place)


@require_POST
@requires(MANAGER_RIGHT)
def let_go(request: HttpRequest) -> HttpResponse:
    """A manager's yes to what was earned."""
    place, user = _managed(request), request.user
    try:
        autonomy_grant(
            user=user,  # type: ignore[arg-type]
            location=place,
            agent=str(request.POST.get("agent", "")),
            version=str(request.POST.get("version", "")),
        )
    except NoRight as refused:
        raise Http404(refused.plain) from refused
    except DecisionError as refused:
        messages.error(request, refused.plain)
        return _back(place)
    messages.success(
        request, _("From now on these go by themselves, for 30 days. You can end it at any time.")
    )
    return _back(place)


@require_POST
@requires(MANAGER_RIGHT)
def end(request: HttpRequest, grant_id: int) -> HttpResponse:
    """One press, and a person decides again."""
    rights = request.rights  # type: ignore[attr-defined]
    mine = rights.locations_with(MANAGER_RIGHT)
    found = StandingGrant.objects.filter(pk=grant_id, location__in=mine, earned=True)
    grant = found.select_related("location__connection").first()
    if grant is None:
        raise Http404("There is no such decision.")
    user: Any = request.user
    try:
        autonomy_end(user=user, location=grant.location, grant_id=grant.pk)
    except NoRight as refused:
        raise Http404(refused.plain) from refused
    messages.success(request, _("Ended. From now on a person decides."))
    return _back(grant.location)
