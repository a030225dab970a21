"""What htmx pages need: a fragment or the whole page, events, toasts, and an ended sign-in."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import trigger_client_event

Response = TypeVar("Response", bound=HttpResponse)


def is_fragment(request: HttpRequest) -> bool:
    """True when htmx asked for a part of the page that is open.

    A boosted link and a restored history entry want the whole page.
    """
    headers = request.headers
    return (
        headers.get("HX-Request") == "true"
        and headers.get("HX-Boosted") != "true"
        and headers.get("HX-History-Restore-Request") != "true"
    )


def render_part(
    request: HttpRequest,
    page_template: str,
    part: str,
    context: Mapping[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The whole page, or only ``part`` of it when htmx asks.

    ``part`` is the name of a ``{% partialdef %}`` in the page's template, or the path of a
    template whose name starts with an underscore (``approvals/_card.html``).
    """
    template = page_template
    if is_fragment(request):
        template = part if part.endswith(".html") else f"{page_template}#{part}"
    return render(request, template, dict(context or {}), status=status)


def hx_trigger(
    response: Response, event: str, payload: Mapping[str, Any] | None = None
) -> Response:
    """Make the browser fire ``event`` when the answer has been swapped in."""
    return trigger_client_event(response, event, dict(payload or {}), after="settle")


def toast(response: Response, text: str, kind: str = "info", **more: Any) -> Response:
    """Show a line of plain words for a moment. ``kind`` is ``info``, ``good`` or ``bad``."""
    return hx_trigger(response, "toast", {"text": text, "kind": kind, **more})


def hx_redirect(url: str, status: int = 200) -> HttpResponse:
    """Send the whole page elsewhere; htmx would swap a plain redirect's page into a fragment."""
    response = HttpResponse(status=status)
    response["HX-Redirect"] = url
    return response


class SignInAgain:
    """An ended sign-in answers htmx with 401 and the sign-in page's address, not with its HTML.

    Without this the sign-in form would appear inside a card. Afterwards the person is back on the
    page that was open, not on the fragment that was asked for.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.headers.get("HX-Request") != "true" or response.status_code != 302:
            return response
        sign_in = resolve_url(settings.LOGIN_URL)
        if urlsplit(response["Location"]).path != sign_in:
            return response
        back = urlencode({"next": _open_page(request)})
        return hx_redirect(f"{sign_in}?{back}", status=401)


def _open_page(request: HttpRequest) -> str:
    """The path of the page in the browser, as htmx tells it; '/' when it is not one of ours."""
    current = request.headers.get("HX-Current-URL", "")
    if not url_has_allowed_host_and_scheme(current, {request.get_host()}):
        return "/"
    parts = urlsplit(current)
    return f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
