"""The page about clients coming back, its file, and its two presses. Managers only."""

import csv
from collections.abc import Callable
from io import StringIO
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from agents.returning.outlook import SEGMENTS
from approvals.counter_mode import covered_page
from approvals.errors import DecisionError, NoRight
from approvals.permissions import MANAGER_RIGHT, requires
from approvals.views.plainly import number_in
from copilot.audit.views import harmless
from copilot.digest.reading import place_asked
from copilot.returning import services
from copilot.returning.reading import living, page_read
from integrations.models import Location

FIRST = "slipping"


@require_GET
@requires(MANAGER_RIGHT)
@covered_page("Clients coming back")
def page(request: HttpRequest) -> HttpResponse:
    """One location and one segment, worst first."""
    places, place = _chosen(request)
    segment = str(request.GET.get("segment", FIRST))
    if segment not in SEGMENTS:
        raise Http404("There is no such segment.")
    context = {
        "places": places,
        "place": place,
        "segment": segment,
        "segments": [(name, _name(name)) for name in SEGMENTS],
        "shown": page_read(place, segment) if place else None,
    }
    return render(request, "returning/page.html", context)


@require_GET
@requires(MANAGER_RIGHT)
def segments_csv(request: HttpRequest) -> HttpResponse:
    """Every client of a location with a segment, for a spreadsheet or another tool."""
    _places, place = _chosen(request)
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(["client", "name", "last_visit", "visits", "chance", "year_worth", *SEGMENTS])
    rows = living(place).exclude(segments=[]).order_by("-at_risk", "-worth", "pk") if place else ()
    for row in rows:
        told: list[Any] = [row.client.external_id, row.client.name, row.last_visit_on, row.visits]
        told += [round(row.chance, 3), row.worth]
        told += [int(name in row.segments) for name in SEGMENTS]
        writer.writerow([harmless(str(cell)) for cell in told])
    response = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="segments.csv"'
    return response


def _press(work: Callable[[HttpRequest, int], str]) -> Any:
    def pressed(request: HttpRequest) -> HttpResponse:
        pk = number_in(request, "location")
        try:
            messages.success(request, work(request, pk))
        except NoRight as error:
            raise Http404("There is no such location.") from error
        except DecisionError as error:
            messages.warning(request, error.plain)
        return redirect(f"{reverse('coming-back')}?location={pk}")

    return require_POST(requires(MANAGER_RIGHT)(pressed))


def _draft(request: HttpRequest, pk: int) -> str:
    user: Any = request.user
    services.winback_ask(user=user, location_id=pk, client_id=number_in(request, "client"))
    return _("It is being written and will be in the queue.")


def _tags(request: HttpRequest, pk: int) -> str:
    user: Any = request.user
    done = services.tags_write(user=user, location_id=pk)
    said = ngettext("%(n)d client's tags go out.", "%(n)d clients' tags go out.", done)
    return said % {"n": done} if done else _("All tags are up to date.")


draft, tags = _press(_draft), _press(_tags)


def _chosen(request: HttpRequest) -> tuple[list[Location], Location | None]:
    rights = request.rights  # type: ignore[attr-defined]
    return place_asked(rights, str(request.GET.get("location", "")))


def _name(segment: str) -> str:
    return {
        "slipping": _("Slipping away"),
        "retail": _("Retail-minded"),
        "colour": _("Due for colour"),
        "high_value": _("High-value"),
    }[segment]
