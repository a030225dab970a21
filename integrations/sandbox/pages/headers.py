"""What every page carries: safe headers, the frame around it, notices of its own."""

from collections.abc import Callable

from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from integrations.sandbox import clock, knobs
from integrations.sandbox.config import config
from integrations.sandbox.store import Record, store

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class Notices(CookieStorage):
    """Cookies are shared between the ports of one host; the desk has its own."""

    cookie_name = "sandbox_notices"


class SafeHeaders:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", _POLICY)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        response.headers.setdefault("Cache-Control", "no-store")
        return response


_TROUBLE = (
    "platform_down",
    "token_expired",
    "webhooks_only",
    "pause_webhooks",
    "rate_429",
    "rate_500",
    "drop_reply",
)


def frame(request: HttpRequest) -> Record:
    """The context of the header: address of the desk, the salon's clock, knobs that are turned."""
    turned = [k.label for k in knobs.ALL if k.name in _TROUBLE and knobs.get(k.name)]
    return {
        "desk": config().web_origin,
        "salon_now": clock.now(),
        "clock_mode": clock.shown()["mode"],
        "here": request.path,
        "turned": turned,
        "places": store().select("location", order="id"),
    }
