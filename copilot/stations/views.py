"""Who is there: take over by name and PIN, choose one's own PIN, and leave."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from approvals.services.parking import spot_left_at, spot_resume
from copilot.access import public, signed_in
from copilot.demo_station import demo_pins, demo_secret
from copilot.stations.middleware import (
    COOKIE,
    COOKIE_SECONDS,
    enter_person,
    leave,
    station_of,
)
from copilot.stations.parking import spot_keep
from copilot.views.accounts import is_demo
from core.htmx import hx_redirect
from integrations.models import Station, User
from integrations.pins import PinError, pin_set, pin_try
from integrations.stations import people_at, station_by_secret, station_taken_over

OWN_COOKIE = "A station's browser proves itself by its cookie; any other is sent to sign in."
CHOOSING = "station_choosing"


def _people(station: Station) -> list[User]:
    """Whose name can be pressed: who works here and has a PIN; whoever was here last comes first.

    Somebody who is locked stays on the list, so that the page can say what to do.
    """
    people = [person for person in people_at(station.location) if hasattr(person, "pin")]
    return sorted(people, key=lambda one: one.pk != station.last_person_id)


@public(OWN_COOKIE)
@require_http_methods(["GET", "POST"])
def station(request: HttpRequest) -> HttpResponse:
    """Who is there? A name, a PIN, and one is back where the last press was made."""
    here = station_of(request)
    if here is None:
        return redirect("sign-in")
    people, wrong = _people(here), ""
    chosen = str(request.POST.get("person", "")) or str(here.last_person_id or "")
    if request.method == "POST":
        person = next((one for one in people if str(one.pk) == chosen), None)
        tried = pin_try(user=person, station=here, pin=_pin(request)) if person else None
        if person is not None and tried is not None and tried.ok:
            if tried.temporary:
                request.session[CHOOSING] = person.pk
                return redirect("station-pin")
            return taken_over(request, person, here)
        wrong = tried.why if tried else "Choose your name first."
    if not any(str(one.pk) == chosen for one in people):
        chosen = ""
    context = {
        "station": here,
        "people": people,
        "chosen": chosen,
        "wrong": wrong,
        "next": _next(request),
        "demo_pins": demo_pins(here) if is_demo(request) else [],
    }
    return render(request, "stations/who.html", context, status=422 if wrong else 200)


def _pin(request: HttpRequest) -> str:
    return str(request.POST.get("pin", ""))[:12]


def _next(request: HttpRequest) -> str:
    """The page that was open; '' for none, and for what is no page of ours."""
    wanted = str(request.POST.get("next") or request.GET.get("next", ""))
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()})
    return wanted[:500] if is_ours and wanted.startswith("/") else ""


def taken_over(request: HttpRequest, person: User, here: Station) -> HttpResponse:
    """From now on every press here is this person's. They land where the last press was made."""
    enter_person(request, person)
    rotate_token(request)
    station_taken_over(user=person, station=here)
    request.session["say"] = f"{person.get_short_name()}, you are here now."
    response = redirect(_landing(request, person, here))
    keep_cookie(response, request.COOKIES[COOKIE])
    return response


def _landing(request: HttpRequest, person: User, here: Station) -> str:
    """Where this person left off; else where the device was left; else the page they asked for."""
    own = spot_resume(user=person)
    left = own or spot_left_at(station=here, user=person)
    if left is None:
        return _next(request) or resolve_url("queue")
    if own is None:
        request.session["say"] += f" {left.user.get_short_name()} left off here."
    spot_keep(request, left, whole=own is not None)
    return left.path


def keep_cookie(response: HttpResponse, secret: str) -> None:
    response.set_cookie(
        COOKIE,
        secret,
        max_age=COOKIE_SECONDS,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


@public(OWN_COOKIE)
@require_http_methods(["GET", "POST"])
def own_pin(request: HttpRequest) -> HttpResponse:
    """After a PIN that a manager gave: choose one that nobody else knows."""
    here = station_of(request)
    if here is None:
        return redirect("sign-in")
    wanted = request.session.get(CHOOSING)
    person = next((one for one in _people(here) if one.pk == wanted), None)
    if person is None or not person.pin.temporary:
        return redirect("station")
    wrong = ""
    if request.method == "POST":
        try:
            if _pin(request) != request.POST.get("again"):
                raise PinError("The two are not the same.")
            person.at_station = here
            person.pin = pin_set(actor=person.as_actor(), user=person, pin=_pin(request))
            del request.session[CHOOSING]
            return taken_over(request, person, here)
        except PinError as error:
            wrong = error.plain
    context = {"station": here, "person": person, "wrong": wrong}
    return render(request, "stations/own_pin.html", context, status=422 if wrong else 200)


@public("Exists in the demo only, and answers this machine alone.")
@require_POST
def demo_tablet(request: HttpRequest) -> HttpResponse:
    """Make this browser the demo's tablet, or an ordinary one again."""
    if not is_demo(request):
        raise Http404
    logout(request)
    if request.POST.get("end"):
        response = redirect("sign-in")
        response.delete_cookie(COOKIE)
        return response
    if station_by_secret(demo_secret()) is None:
        raise Http404
    response = redirect("station")
    keep_cookie(response, demo_secret())
    return response


@signed_in
@require_POST
def my_pin(request: HttpRequest) -> HttpResponse:
    """Choose one's own PIN, behind one's password: never at a station, by somebody else's PIN."""
    user = request.user
    if not isinstance(user, User) or user.at_station is not None:
        raise PermissionDenied("Choose your PIN on a device of your own.")
    try:
        if _pin(request) != request.POST.get("again"):
            raise PinError("The two are not the same.")
        pin_set(actor=user.as_actor(), user=user, pin=_pin(request))
        messages.success(request, "Your PIN is kept.")
    except PinError as error:
        messages.error(request, error.plain)
    return redirect("preferences")


@public("Leaving twice is no error; without a station's cookie nothing happens.")
@require_POST
def station_leave(request: HttpRequest) -> HttpResponse:
    """Nobody is there: the next press asks who it is."""
    here = station_of(request)
    if here is None:
        return redirect("sign-in")
    if request.user.is_authenticated and getattr(request.user, "at_station", None) is None:
        logout(request)
    leave(request)
    target = resolve_url("station")
    return hx_redirect(target) if request.headers.get("HX-Request") else redirect(target)


@public("Says only whether somebody is still there.")
@require_POST
def station_here(request: HttpRequest) -> HttpResponse:
    """A hand is on the device: the two minutes begin anew. 401 when they were over."""
    return HttpResponse(status=204 if request.user.is_authenticated else 401)
