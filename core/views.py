"""Three pages for machines. Public, because a load balancer and a monitor have no sign-in.

They hold no client data: states, ages and numbers. Each looks at most once a second, however
often it is asked.
"""

from django.http import HttpRequest, HttpResponse, JsonResponse

from core.health import readiness, remembered
from core.metrics import metrics_text


def healthz(request: HttpRequest) -> HttpResponse:
    """This process answers. Touches neither database nor Redis: their failure is no reason to
    restart it."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


def readyz(request: HttpRequest) -> JsonResponse:
    """200 when everything works, else 503 with the reasons in plain words."""
    found = remembered.get("readyz", readiness)
    said = {
        "ready": found.ready,
        "reasons": found.reasons,
        "oldest_due_seconds": found.oldest_due_seconds,
        "workers_seen_seconds_ago": found.workers_seen_seconds_ago,
    }
    return JsonResponse(said, status=200 if found.ready else 503)


def metrics(request: HttpRequest) -> HttpResponse:
    text = remembered.get("metrics", metrics_text)
    return HttpResponse(text, content_type="text/plain; version=0.0.4; charset=utf-8")
