"""At a shared device the signed-in person is whoever took it over last, for two idle minutes.

The browser proves by its cookie that it is a station; the session says who took it over and when
somebody last pressed something. Nobody there means nobody signed in: every guard of every page
holds without knowing of stations.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse

from core import clock
from integrations.models import Station, User
from integrations.models.stations import SESSION_PERSON
from integrations.stations import people_at, station_by_secret

COOKIE = "__Host-station" if settings.HTTPS else "station"
COOKIE_SECONDS = 395 * 24 * 3600
IDLE_SECONDS = 120
# A press is written to the session at most this often.
NOTED_EVERY = 5
PERSON, PIN_SET, PRESSED = SESSION_PERSON, "station_pin_set", "station_pressed"
# Asked by the page itself, whether or not anybody is there.
BY_ITSELF = (
    "/presence/",
    "/stream-token/",
    "/rows/",
    "/live/",
    "/messages/",
    "/progress/",
    "/handover/card/",
)


class AtTheStation:
    """Puts the person who took over into ``request.user``, and the device into its ``station``."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        secret = request.COOKIES.get(COOKIE, "")
        station = station_by_secret(secret) if secret else None
        request.station = station  # type: ignore[attr-defined]
        if station is not None:
            _enter(request, station)
        return self.get_response(request)


def station_of(request: HttpRequest) -> Station | None:
    """The station this browser is, if it is one."""
    found: Station | None = getattr(request, "station", None)
    return found


def _enter(request: HttpRequest, station: Station) -> None:
    session, now = request.session, clock.now().timestamp()
    idle = now - float(session.get(PRESSED, now)) > IDLE_SECONDS
    if request.user.is_authenticated:
        # Somebody signed in here by password, to set something up: the same two minutes hold.
        if idle:
            logout(request)
            return
    else:
        person = None if idle else _person(session, station)
        if person is None:
            leave(request)
            return
        request.user = person
    if PRESSED not in session or (
        _is_press(request) and now - float(session[PRESSED]) >= NOTED_EVERY
    ):
        session[PRESSED] = now


def _person(session: Any, station: Station) -> User | None:
    """Who took over, if they still work here and their PIN is the one they used."""
    if PERSON not in session:
        return None
    person = people_at(station.location).filter(pk=session[PERSON]).first()
    pin = getattr(person, "pin", None)
    if person is None or pin is None or pin.set_at.isoformat() != session.get(PIN_SET):
        return None
    # A PIN opens the desk and nothing else; admin asks for a password.
    person.is_staff = person.is_superuser = False
    person.at_station = station
    return person


def _is_press(request: HttpRequest) -> bool:
    """Whether somebody's hand asked for this, and not the page by itself."""
    if request.path.endswith(BY_ITSELF):
        return False
    if request.method not in {"GET", "HEAD"}:
        return True
    by_script = request.headers.get("HX-Request") == "true"
    return not by_script and request.headers.get("Sec-Fetch-Dest", "document") == "document"


def enter_person(request: HttpRequest, person: User) -> None:
    """The PIN was right: from now on this person acts here. The session's key changes."""
    request.session.cycle_key()
    request.session[PERSON] = person.pk
    request.session[PIN_SET] = person.pin.set_at.isoformat()
    request.session[PRESSED] = clock.now().timestamp()


def leave(request: HttpRequest) -> None:
    """Nobody is there any more."""
    for key in (PERSON, PIN_SET, PRESSED):
        if key in request.session:
            del request.session[key]
    request.user = AnonymousUser()
