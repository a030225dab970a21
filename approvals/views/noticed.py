"""Being noticed: the numbers for a tab's title, the browsers that may be told, their worker."""

import hashlib
import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET, require_POST

from approvals.brakes import pauses_of
from approvals.errors import NotPossible
from approvals.permissions import requires
from approvals.selectors.queue import counts
from approvals.services.devices import device_add, device_remove
from approvals.services.noticing import page_seen
from approvals.views.context import REVIEW, rights_in
from integrations.channels.push import Target, public_text
from integrations.models import Location

LONGEST = 4000


@require_POST
@requires(*REVIEW)
def noticed(request: HttpRequest) -> HttpResponse:
    """A page is open and looked at: what was to be told is seen. Answers with numbers alone."""
    user: Any = request.user
    rights = rights_in(request)
    page_seen(user=user)
    tally = counts(rights=rights)
    pauses = pauses_of(Location.objects.filter(pk__in=rights.locations), rights)
    shown = [(one.location.pk, one.paused_at.isoformat()) for one in pauses]
    said = {
        "waiting": tally.total,
        "short": tally.by_group.get("short", 0),
        "paused": hashlib.sha256(repr(sorted(shown)).encode()).hexdigest()[:8] if shown else "",
    }
    return JsonResponse(said)


@require_GET
@requires(*REVIEW)
def push_key(request: HttpRequest) -> HttpResponse:
    """What a browser needs before it can subscribe."""
    return JsonResponse({"key": public_text()})


@require_POST
@requires(*REVIEW)
def push_add(request: HttpRequest) -> HttpResponse:
    """What a browser gave when its person agreed to be told."""
    user: Any = request.user
    try:
        said = json.loads(request.body[:LONGEST])
        target = Target(str(said["endpoint"]), str(said["p256dh"]), str(said["auth"]))
        device_add(user=user, target=target, label=str(said.get("label", "")))
    except (ValueError, KeyError, TypeError, NotPossible):
        return JsonResponse({"said": "This browser cannot be told."}, status=422)
    return JsonResponse({"said": "This browser is told from now on."})


@require_POST
@requires(*REVIEW)
def push_remove(request: HttpRequest, device_id: int) -> HttpResponse:
    user: Any = request.user
    if device_remove(user=user, device_id=device_id):
        messages.success(request, "That browser is not told any more.")
    return redirect("preferences")


@require_GET
@requires(*REVIEW)
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker, at the root so that it speaks for every page. It keeps nothing."""
    response = HttpResponse(
        render_to_string("service-worker.js"), content_type="text/javascript; charset=utf-8"
    )
    response["Cache-Control"] = "no-cache"
    return response
