"""Activity: what was decided and sent, by whom, and how it ended."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_GET

from approvals.counter_mode import covered_page
from approvals.models import ApprovalItem
from approvals.permissions import requires
from approvals.selectors import ActivityFilters, activity_page
from approvals.views.context import REVIEW, rights_in
from core.htmx import is_fragment

State = ApprovalItem.State
# What people look for, in the words of the page.
OUTCOMES = {
    State.SENT: "Sent",
    State.REJECTED: "Not sent, by choice",
    State.BY_HAND: "Done by hand",
    State.MISSED: "Missed",
    State.WITHDRAWN: "Withdrawn",
    State.SUPERSEDED: "Replaced",
}


@require_GET
@requires(*REVIEW)
@covered_page("Activity")
def activity(request: HttpRequest) -> HttpResponse:
    """Newest first; older ones below, page by page, each as fast as the first."""
    outcome, place = str(request.GET.get("outcome", "")), str(request.GET.get("location", ""))
    filters = ActivityFilters(
        text=str(request.GET.get("q", ""))[:80].strip(),
        outcome=outcome if outcome in OUTCOMES else "",
        location_id=int(place) if place.isdigit() and len(place) < 19 else None,
        before=_before(request.GET.get("before", "")),
    )
    page = activity_page(rights=rights_in(request), filters=filters)
    older = request.GET.copy()
    if page.next_before is not None:
        moment, pk = page.next_before
        older["before"] = f"{moment.isoformat()}_{pk}"
    context = {
        "page": page,
        "filters": filters,
        "outcomes": OUTCOMES.items(),
        "older": older.urlencode() if page.next_before is not None else "",
    }
    template = "pages/_activity_rows.html" if is_fragment(request) else "pages/activity.html"
    return render(request, template, context)


def _before(text: str) -> tuple[datetime, int] | None:
    moment, _, number = text.partition("_")
    try:
        found = parse_datetime(moment.replace(" ", "+"))
    except ValueError:
        return None
    if found is None or found.tzinfo is None:
        return None
    return found, int(number) if number.isdigit() and len(number) < 19 else 0
