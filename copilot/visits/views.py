"""The therapist's page of one visit: the brief as approved, and a tick."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from approvals.counter_mode import covered_page
from approvals.errors import NotPossible
from approvals.permissions import requires
from approvals.writing_rules import RIGHT
from copilot.shell import Shell
from copilot.visits.reading import briefs_of, reads_of
from copilot.visits.services import brief_read, visit_for


@require_http_methods(["GET", "POST"])
@requires(RIGHT)
@covered_page("Brief")
def brief(request: HttpRequest, visit_id: int) -> HttpResponse:
    """A provider sees those of their own appointments; nobody sees one that was not approved."""
    user: Any = request.user
    visit = visit_for(user, visit_id)
    if visit is None:
        raise Http404("There is no such visit.")
    if request.method == "POST":
        try:
            brief_read(user=user, visit=visit)
        except NotPossible as error:
            raise Http404(error.plain) from None
        return redirect("visit-brief", visit_id)
    item = briefs_of([visit.pk]).get(visit.pk)
    context = {
        "shell": Shell(request),
        "visit": visit,
        "item": item,
        "read": reads_of([item]).get(item.pk) if item else None,
        "zone": visit.location.zone,
    }
    return render(request, "visits/brief.html", context)
