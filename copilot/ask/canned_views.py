"""The salon's own answers: written and changed by whoever leads the place."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from approvals.permissions import requires
from copilot.ask.asker import place_chosen
from copilot.ask.canned import canned_delete, canned_here, canned_save
from copilot.ask.models import CannedAnswer
from copilot.shell import Shell
from integrations.models import Location

RIGHT = "read_digest"


class CannedForm(forms.Form):
    """One answer in the salon's own words."""

    question = forms.CharField(max_length=160, help_text="As clients ask it: “Can I bring my dog?”")
    phrasings = forms.CharField(
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        label="Also asked as",
        help_text="A line for each other way to ask it, in any language.",
    )
    answer = forms.CharField(max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))


@require_http_methods(["GET", "POST"])
@requires(RIGHT)
def canned(request: HttpRequest) -> HttpResponse:
    """Every answer of a location; ``act`` is save or delete."""
    shell = Shell(request)
    places = [one for one in shell.locations if shell.rights.has(one.pk, RIGHT)]
    place = place_chosen(places, str(request.POST.get("at") or request.GET.get("at", "")))
    one = _chosen(request, place)
    form = CannedForm(initial=_values(one))
    if request.method == "POST":
        answer, form = _pressed(request, place, one)
        if answer is not None:
            return answer
    context = {
        "shell": shell,
        "place": place,
        "places": places,
        "rows": canned_here(place),
        "one": one,
        "form": form,
    }
    return render(request, "ask/canned.html", context, status=422 if form.errors else 200)


def _chosen(request: HttpRequest, place: Location) -> CannedAnswer | None:
    said = str(request.POST.get("one") or request.GET.get("one", ""))
    if not said.isdigit() or len(said) > 18:
        return None
    return get_object_or_404(canned_here(place), pk=int(said))


def _values(one: CannedAnswer | None) -> dict[str, Any]:
    names = ("question", "phrasings", "answer")
    return {name: getattr(one, name) for name in names} if one else {}


def _pressed(
    request: HttpRequest, place: Location, one: CannedAnswer | None
) -> tuple[HttpResponse | None, CannedForm]:
    user: Any = request.user
    if one is not None and one.location_id is None:
        raise PermissionDenied("This holds at locations that you do not look after.")
    back = redirect(f"{reverse('ask-canned')}?at={place.pk}")
    if one is not None and request.POST.get("act") == "delete":
        canned_delete(actor=user.as_actor(), canned=one)
        messages.success(request, _("Deleted."))
        return back, CannedForm()
    form = CannedForm(request.POST)
    if not form.is_valid():
        return None, form
    try:
        with transaction.atomic():
            canned_save(
                actor=user.as_actor(),
                connection=place.connection,
                location=place,
                pk=one.pk if one else None,
                **form.cleaned_data,
            )
    except IntegrityError:
        form.add_error("question", _("This question has an answer here already. Change that one."))
        return None, form
    messages.success(request, _("Saved. It is answered like this from now on."))
    return back, form
