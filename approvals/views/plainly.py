"""Presses that are whole-page forms: answered by a sentence on the page they were made on."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from approvals.errors import AlreadyDecided, DecisionError, NoRight
from approvals.permissions import requires
from approvals.templatetags.desk import ago
from approvals.writing_rules import RIGHT

View = Callable[..., HttpResponse]


def back_to(request: HttpRequest, otherwise: str = "queue") -> HttpResponse:
    """Where the press was made, if that is a page of ours."""
    wanted = str(request.POST.get("back", ""))
    if url_has_allowed_host_and_scheme(wanted, None) and wanted.startswith("/"):
        return redirect(wanted)
    return redirect(otherwise)


def plain_press(view: View) -> View:
    """A POST that returns to its page. What goes wrong is said there, and changed nothing."""

    @wraps(view)
    def pressing(request: HttpRequest, *args: Any, **more: Any) -> HttpResponse:
        try:
            return view(request, *args, **more)
        except NoRight as error:
            raise Http404(error.plain) from error
        except AlreadyDecided as error:
            who = f"{error.who} was faster" if error.who else "It was done already"
            at = f", {ago(error.when)}" if error.when else ""
            messages.warning(request, f"{who}{at}. {error.what}")
        except DecisionError as error:
            messages.error(request, error.plain)
        return back_to(request)

    guarded: View = require_POST(requires(RIGHT)(pressing))  # type: ignore[assignment]
    guarded.required_rights = (RIGHT,)  # type: ignore[attr-defined]
    return guarded


def number_in(request: HttpRequest, name: str) -> int:
    """A posted number of ours; 0 for what is none."""
    said = str(request.POST.get(name, ""))
    return int(said) if said.isdigit() and len(said) < 19 else 0
