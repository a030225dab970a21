"""The manager's pages: making and ending stations, PINs, and letting somebody in again."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from approvals.permissions import Rights, rights_of
from copilot import throttle
from copilot.connect.access import locations_of, rights_in, tunes, user_of
from copilot.stations.middleware import station_of
from copilot.stations.views import keep_cookie
from core.audit import audit_record
from integrations.accounts import InvitationError, password_link_send
from integrations.models import Station, User
from integrations.pins import PinError, pin_remove, pin_reset
from integrations.stations import (
    StationError,
    people_at,
    station_counter,
    station_create,
    station_revoke,
)


@require_GET
@tunes
def stations(request: HttpRequest) -> HttpResponse:
    """The shared devices of one's own locations, and who can take them over."""
    places = locations_of(request)
    rows = Station.objects.filter(location__in=places, revoked_at=None)
    context = {
        "stations": rows.select_related("location", "last_person").order_by("location__name", "pk"),
        "this": station_of(request),
        "places": [(place, list(people_at(place))) for place in places],
    }
    return render(request, "stations/index.html", context)


@require_POST
@tunes
def add(request: HttpRequest) -> HttpResponse:
    """This browser becomes a station; whoever made it one is signed out of it."""
    wanted = request.POST.get("location", "")
    place = next((one for one in locations_of(request) if str(one.pk) == wanted), None)
    if place is None:
        raise Http404
    try:
        actor = user_of(request).as_actor()
        name = request.POST.get("name", "")
        _, secret = station_create(actor=actor, location=place, name=name)
    except StationError as wrong:
        messages.error(request, wrong.plain)
        return redirect("stations")
    logout(request)
    response = redirect("station")
    keep_cookie(response, secret)
    return response


def _own(request: HttpRequest, pk: int) -> Station:
    rows = Station.objects.filter(location__in=locations_of(request), revoked_at=None)
    found = rows.select_related("location").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@require_POST
@tunes
def end(request: HttpRequest, pk: int) -> HttpResponse:
    station = _own(request, pk)
    station_revoke(actor=user_of(request).as_actor(), station=station)
    messages.success(request, f"{station.name} is no station any more.")
    return redirect("stations")


@require_POST
@tunes
def counter(request: HttpRequest, pk: int) -> HttpResponse:
    """Whether this device covers details until somebody looks at them."""
    station, on = _own(request, pk), request.POST.get("on") == "yes"
    station_counter(actor=user_of(request).as_actor(), station=station, on=on)
    messages.success(request, f"Counter mode is {'on' if on else 'off'} on {station.name}.")
    return redirect("stations")


def _person(request: HttpRequest, pk: int) -> User:
    """Somebody with a role at one of one's own locations; anybody else is a 404."""
    for place in locations_of(request):
        found = people_at(place).filter(pk=pk).first()
        if found is not None:
            return found
    raise Http404


@require_POST
@tunes
def give_pin(request: HttpRequest, pk: int) -> HttpResponse:
    """A PIN for once: for somebody new, somebody who forgot it, somebody who is locked out."""
    person = _person(request, pk)
    try:
        pin = pin_reset(actor=user_of(request).as_actor(), user=person)
        messages.success(
            request,
            f"{person.name} can take over with {pin} once, and then chooses a PIN of their own. "
            "This is shown once.",
        )
    except PinError as wrong:
        messages.error(request, wrong.plain)
    return redirect("stations")


@require_POST
@tunes
def take_pin(request: HttpRequest, pk: int) -> HttpResponse:
    person = _person(request, pk)
    pin_remove(actor=user_of(request).as_actor(), user=person)
    messages.success(request, f"{person.name} can take over no station now.")
    return redirect("stations")


@require_POST
@tunes
def password_link(request: HttpRequest, pk: int) -> HttpResponse:
    """A link to choose a new password. For nobody who may do more than the one who sends it."""
    person, sender = _person(request, pk), user_of(request)
    if not sender.is_superuser and _may_more(person, rights_in(request)):
        messages.error(request, f"{person.name} may do more than you. Ask an admin for the link.")
        return redirect("people")
    try:
        link = password_link_send(actor=sender.as_actor(), user=person)
    except InvitationError as wrong:
        messages.error(request, wrong.plain)
        return redirect("people")
    words = f"A link to choose a new password is on its way to {person.email}."
    if settings.EMAIL_BACKEND.endswith("console.EmailBackend"):
        words = f"No mail server is set up. Give {person.name} this link yourself: {link}"
    messages.success(request, words)
    return redirect("people")


def _may_more(person: User, mine: Rights) -> bool:
    """Without a mail server the link is shown to its sender: it must not lead above them."""
    if person.is_staff or person.is_superuser:
        return True
    theirs = rights_of(person)
    return any(
        not mine.has(place, right) for place, held in theirs.by_location.items() for right in held
    )


@require_POST
@tunes
def unlock(request: HttpRequest, pk: int) -> HttpResponse:
    """Wrong passwords are forgiven: the right one works again at once."""
    person = _person(request, pk)
    throttle.sign_in_forgive(person.email)
    actor = user_of(request).as_actor()
    audit_record(action="account.unlocked", actor=actor, subject=f"user:{person.pk}")
    messages.success(request, f"{person.name} can try to sign in again.")
    return redirect("people")
