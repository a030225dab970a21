"""Approved beforehand: what goes without a press, who said so, and one click to end it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from approvals.answers.beforehand import TEMPLATES, Template, template_of
from approvals.errors import DecisionError, NoRight
from approvals.forms.standing import StandingForm
from approvals.models import StandingGrant
from approvals.permissions import requires
from approvals.selectors.standing import grants_at
from approvals.services.standing import standing_give, standing_revoke
from core import clock
from integrations.models import Location

RIGHT = "tune_agents"


@require_http_methods(["GET", "POST"])
@requires(RIGHT)
def standing(request: HttpRequest) -> HttpResponse:
    """Every decision of the person's locations, and the form of another one."""
    places = _places(request)
    if request.method != "POST":
        return _shown(request, StandingForm(places), places)
    form = StandingForm(places, request.POST)
    if not form.is_valid():
        return _shown(request, form, places, status=422)
    user: Any = request.user
    try:
        standing_give(
            user=user,
            location=form.place,
            agent=form.chosen.agent,
            action_types=form.chosen.actions,
            template_version=form.chosen.version,
            daily_limit=form.cleaned_data["daily_limit"],
            expires_at=form.expires_at,
        )
    except DecisionError as refused:
        form.add_error(None, refused.plain)
        return _shown(request, form, places, status=422)
    messages.success(request, f"From now on at {form.place.name}: {form.chosen.what}")
    return redirect("standing")


@require_POST
@requires(RIGHT)
def revoke(request: HttpRequest, grant_id: int) -> HttpResponse:
    """One click; a decision of a location that is not theirs is not there."""
    here = [place.pk for place in _places(request)]
    if not StandingGrant.objects.filter(pk=grant_id, location_id__in=here).exists():
        raise Http404("There is no such decision.")
    user: Any = request.user
    try:
        standing_revoke(user=user, grant_id=grant_id)
    except NoRight as refused:
        raise Http404(refused.plain) from refused
    messages.success(request, "Ended. From now on a person decides.")
    return redirect("standing")


def _shown(
    request: HttpRequest, form: StandingForm, places: list[Location], status: int = 200
) -> HttpResponse:
    rows = [
        {"grant": grant, "what": _what(grant)}
        for grant in grants_at([place.pk for place in places])[:200]
    ]
    now = clock.now()
    live = [one for one in rows if _applies(one["grant"], now) and one["what"]]
    context = {
        "form": form,
        "live": live,
        "over": [one for one in rows if one not in live],
        "templates": TEMPLATES,
    }
    return render(request, "standing/page.html", context, status=status)


def _what(grant: StandingGrant) -> Template | None:
    """What the decision lets go. One that an agent earned is about its text as it was then."""
    if not grant.earned:
        return template_of(grant.agent, grant.template_version)
    label = grant.agent.replace("_", " ").capitalize()
    what = _("Its standard text goes by itself as long as its wording stays the same.")
    return Template(
        grant.template_version, gettext(label), what, tuple(grant.action_types), grant.agent
    )


def _applies(grant: Any, now: Any) -> bool:
    return grant.revoked_at is None and grant.expires_at > now


def _places(request: HttpRequest) -> list[Location]:
    rights = request.rights  # type: ignore[attr-defined]
    found = Location.objects.filter(pk__in=rights.locations_with(RIGHT), deleted_at=None)
    return list(found.order_by("name"))
