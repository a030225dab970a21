"""A free time made a draft of a booking: a form that is ready to confirm."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from approvals.errors import NotPossible
from approvals.permissions import requires
from approvals.selectors.thread import clients_seen
from approvals.views.clients import seen_by
from copilot.ask.asker import RIGHT, MayNot, place_chosen
from copilot.ask.booking import booking_draft
from copilot.shell import Shell
from integrations.checks.appointments import moment_in
from integrations.finding import clients_found
from integrations.free_times import can_do
from integrations.models import Client, Location, Service, StaffMember


@require_http_methods(["GET", "POST"])
@requires(RIGHT)
def book(request: HttpRequest) -> HttpResponse:
    """Who comes, for what, with whom and when: chosen here, decided in the queue."""
    shell = Shell(request)
    places = [one for one in shell.locations if shell.rights.has(one.pk, RIGHT)]
    said = request.POST if request.method == "POST" else request.GET
    place = place_chosen(places, str(said.get("at", "")))
    starts = moment_in(said.get("starts_at"))
    staff = StaffMember.objects.filter(
        pk=_number(said, "staff"), connection=place.connection_id, deleted_at=None
    ).first()
    if starts is None or staff is None:
        raise Http404("There is no such time.")
    context = _context(shell, place, said, staff) | {"shell": shell, "place": place, "staff": staff}
    context["starts_at"] = starts
    if request.method == "POST" and said.get("act") == "draft":
        return _drafted(request, place, staff, starts, context)
    return render(request, "ask/book.html", context)


def _number(said: Any, name: str) -> int:
    text = str(said.get(name, ""))
    return int(text) if text.isdigit() and len(text) < 19 else 0


def _context(shell: Shell, place: Location, said: Any, staff: StaffMember) -> dict[str, Any]:
    rights = shell.rights.at(place.pk)
    client = clients_seen(rights, [_number(said, "client")]).first()
    name = str(said.get("name", "")).replace("\x00", "")[:80].strip()
    found = clients_found(seen_by(rights, [place]), name) if name and client is None else []
    return {
        "client": client,
        "name": name,
        "found": found,
        "services": _services(place, staff, _number(said, "minutes")),
        "service_id": _number(said, "service"),
        "minutes": _number(said, "minutes"),
    }


def _services(place: Location, staff: StaffMember, minutes: int) -> list[Service]:
    """What this person does; what fits the stretch that was asked for comes first."""
    rows = Service.objects.filter(
        connection=place.connection_id, active=True, deleted_at=None
    ).order_by("name", "pk")
    able = [one for one in rows if can_do(staff, one)]
    return sorted(able, key=lambda one: one.minutes != minutes)


def _drafted(
    request: HttpRequest,
    place: Location,
    staff: StaffMember,
    starts: datetime,
    context: dict[str, Any],
) -> HttpResponse:
    client: Client | None = context["client"]
    if client is None:
        context["problem"] = _("Please say who comes.")
        return render(request, "ask/book.html", context, status=422)
    user: Any = request.user
    try:
        item = booking_draft(
            user=user,
            location=place,
            client_id=client.pk,
            service_id=_number(request.POST, "service"),
            staff_id=staff.pk,
            starts_at=starts,
        )
    except NotPossible as error:
        context["problem"] = error.plain
        return render(request, "ask/book.html", context, status=422)
    except MayNot as error:
        raise Http404(error.plain) from None
    if Shell(request).rights.may_see(item):
        return redirect("item", item.pk)
    messages.success(request, _("The desk decides on it. It waits in the queue."))
    return redirect("ask")
