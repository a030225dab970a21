"""Middleware of our own: webhooks first and bare, pages private."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import resolve

GetResponse = Callable[[HttpRequest], HttpResponse]


BARE = ("/hooks/", "/healthz", "/readyz", "/metrics")


class HooksFirst:
    """Answer webhooks and monitors before sessions, CSRF, host check and sign-in: they need none.

    The full middleware costs a webhook about a fifth of its rate on the same server, and a probe
    calls us by an address that is no host name of ours.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(BARE):
            match = resolve(request.path_info)
            return match.func(request, *match.args, **match.kwargs)
        return self.get_response(request)


class PrivatePages:
    """Client data is never cached by a shared tablet's browser, and fragments never as pages."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if "Cache-Control" not in response:
            response["Cache-Control"] = "no-store, private"
        response["Vary"] = ", ".join(filter(None, [response.get("Vary", ""), "HX-Request"]))
        return response
