"""The interface's language: what a person chose, else what their browser asks for.

Only pages staff read are in it. A client's own pages (an offer's link, the way out of e-mails)
have their own texts, and what is sent is in the client's language, whoever approves it.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils import translation
from django.utils.cache import patch_vary_headers

CLIENTS_OWN = ("approvals.views.claim", "integrations.channel_views")


class InTheirLanguage:
    """Speaks the reader's language while one request is answered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _is_clients_own(request.path_info):
            with translation.override("en"):
                return self.get_response(request)
        language = language_of(request)
        with translation.override(language):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ("Accept-Language",))
        return response


def language_of(request: HttpRequest) -> str:
    user = getattr(request, "user", None)
    chosen: str = getattr(user, "language", "") if user is not None else ""
    return chosen or translation.get_language_from_request(request)


def _is_clients_own(path: str) -> bool:
    try:
        view = resolve(path).func
    except Resolver404:
        return False
    return view.__module__.startswith(CLIENTS_OWN)
