"""Counter mode: the screen faces clients, so what only the desk should read is not on it.

Covered means not sent: the page holds a name and a place to press, and the words come by a request
that a hand made (``?uncover=…``, or a decision). The page covers again by itself after 20 s idle.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from core.htmx import is_fragment

ASKED = "uncover"


def covers(request: HttpRequest) -> bool:
    """Whether this screen is in counter mode: the device's own setting, elsewhere the person's."""
    station = getattr(request, "station", None)
    if station is not None:
        return bool(station.counter)
    preferences = getattr(request.user, "preferences", {})
    return bool(preferences.get("counter") == "on")


def covered(request: HttpRequest) -> bool:
    """Whether the details asked for stay covered: a press or a decision uncovers them."""
    return request.method == "GET" and ASKED not in request.GET and covers(request)


def uncovered_part(request: HttpRequest) -> str:
    """Which part of a page was asked for, where a page covers each of its parts."""
    return str(request.GET.get(ASKED, ""))[:40]


def covered_page(title: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A page that is details from top to bottom: in counter mode a cover with a button first."""

    def mark(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not covered(request) or is_fragment(request):
                found: HttpResponse = view(request, *args, **kwargs)
                return found
            query = request.GET.copy()
            query[ASKED] = "1"
            context = {"title": title, "uncover": f"{request.path}?{query.urlencode()}"}
            return render(request, "pages/covered.html", context)

        return shown

    return mark
