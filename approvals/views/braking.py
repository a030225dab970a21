"""The presses of the brakes, and the banner that everybody at a paused location sees."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from approvals.brakes import pauses_of
from approvals.permissions import requires
from approvals.services import braking
from approvals.views.context import REVIEW, rights_in
from approvals.views.plainly import back_to, number_in, plain_press
from integrations.models import Location


@require_GET
@requires(*REVIEW)
def banner(request: HttpRequest) -> HttpResponse:
    """The banner alone, for pages that were open when somebody pressed."""
    rights = rights_in(request)
    pauses = pauses_of(Location.objects.filter(pk__in=rights.locations).order_by("name"), rights)
    back = str(request.GET.get("back", "/"))[:300]
    return render(request, "brakes/_banner.html", {"pauses": pauses, "back": back})


@plain_press
def pause(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    place = number_in(request, "location")
    made = braking.sending_pause(
        user=user, location_id=place, reason=str(request.POST.get("reason", ""))
    )
    messages.success(request, f"Sending is paused at {made.location.name}. Nothing leaves.")
    return back_to(request)


@plain_press
def resume(request: HttpRequest, location_id: int) -> HttpResponse:
    user: Any = request.user
    made = braking.sending_resume(user=user, location_id=location_id)
    waited = f" {made.released} waited and are checked again." if made.released else ""
    messages.success(request, f"Sending is on again at {made.location.name}.{waited}")
    return back_to(request)


@plain_press
def mishap(request: HttpRequest, client_id: int) -> HttpResponse:
    user: Any = request.user
    made = braking.mishap_report(
        user=user,
        client_id=client_id,
        appointment_id=number_in(request, "appointment"),
        days=number_in(request, "days"),
        words=str(request.POST.get("words", "")),
    )
    who, until = made.client.short_name, made.until.astimezone(made.location.zone)
    messages.success(
        request,
        f"Nothing but what is needed goes to {who} until {until:%B} {until.day}."
        " The manager is told.",
    )
    return back_to(request)


@plain_press
def mishap_end(request: HttpRequest, mishap_id: int) -> HttpResponse:
    user: Any = request.user
    made = braking.mishap_end(user=user, mishap_id=mishap_id)
    messages.success(request, f"{made.client.short_name} gets everything again.")
    return back_to(request)
