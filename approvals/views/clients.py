"""The phone rings: search, the client's page, To call, and the presses of a call."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from approvals.brakes import may_brake
from approvals.counter_mode import ASKED, covered, covered_page, covers
from approvals.errors import NotPossible
from approvals.models import ApprovalItem, CallOutcome
from approvals.permissions import Rights, requires
from approvals.selectors.calling import CallRow, call_rows
from approvals.selectors.client_page import client_page
from approvals.selectors.thread import client_seen
from approvals.selectors.threads import places_of
from approvals.selectors.visits import visit_seen, visits_together
from approvals.services.braking import SPANS
from approvals.services.calls import Call, call_settle, call_undo
from approvals.services.opening import client_opened
from approvals.templatetags.desk import first_name, when
from approvals.views.context import rights_in
from approvals.views.plainly import back_to, number_in, plain_press
from approvals.writing_rules import RIGHT
from core import clock
from core.htmx import is_fragment
from integrations.finding import Seen, clients_found, wanted
from integrations.free_times import FreeTime, free_times, length_of
from integrations.models import Appointment, Client, Location

Kind = CallOutcome.Kind
MINUTES = (5, 10, 15, 20, 30)
OWN_TIMES, OTHERS_TIMES = 8, 6
AHEAD = timedelta(days=7)


def seen_by(rights: Rights, places: Iterable[Location]) -> Seen:
    """Where this person may look somebody up."""
    full, own = places_of(rights)
    zones = {place.zone for place in places}
    return Seen(full, own if rights.staff_id else [], rights.staff_id or 0, zones)


@require_GET
@requires(RIGHT)
def find(request: HttpRequest) -> HttpResponse:
    """The search: a list below the field for a script, a page of its own without one."""
    rights = rights_in(request)
    text = str(request.GET.get("q", "")).replace("\x00", "")[:80].strip()
    places = {one.pk: one for one in Location.objects.filter(pk__in=rights.locations)}
    found = clients_found(seen_by(rights, places.values()), text)
    context = {
        "text": text,
        "too_short": bool(text) and wanted(text).nothing,
        "found": [(one, places.get(one.location_id or 0)) for one in found],
        "several": len(rights.locations) > 1,
        "cover": covers(request),
    }
    template = "clients/_found.html" if is_fragment(request) else "clients/find.html"
    return render(request, template, context)


@require_GET
@requires(RIGHT)
def client(request: HttpRequest, client_id: int) -> HttpResponse:
    """One client. With ``?move=`` also the free times an appointment could be moved to."""
    rights = rights_in(request)
    found = client_seen(rights, client_id)
    if found.merged_into_id:
        return redirect("client", found.merged_into_id)
    page = client_page(rights=rights, client=found)
    moving = _moving(request, rights, page.visits)
    if not covered(request):
        place = page.visits[0].visit.location_id if page.visits else None
        user: Any = request.user
        client_opened(user=user, client=found, location_id=place)
    context = {
        "page": page,
        "client": found,
        "key": uuid4().hex,
        "minutes": MINUTES,
        "spans": SPANS,
        "moving": moving,
        "own_times": _times(moving)[0] if moving else [],
        "others_times": _times(moving)[1] if moving else [],
        "zone": page.visits[0].visit.location.zone if page.visits else None,
        "may_forget": _may_forget(rights, found),
        "may_mishap": [one for one in page.visits if _may_mishap(rights, one.visit)],
        "cover": covered(request),
        "uncover": _uncover(request),
    }
    return render(request, "clients/page.html", context)


def _uncover(request: HttpRequest) -> str:
    query = request.GET.copy()
    query[ASKED] = "1"
    return f"{request.path}?{query.urlencode()}"


def _may_forget(rights: Rights, client: Client) -> bool:
    """Whose page it is belongs to the whole connection: it takes who tunes all of its places."""
    own = rights.locations_with("tune_agents")
    if not own:
        return False
    places = Location.objects.filter(connection_id=client.connection_id, deleted_at=None)
    return not places.exclude(pk__in=own).exists()


def _may_mishap(rights: Rights, visit: Appointment) -> bool:
    """What went wrong went wrong today, or on a visit that has begun."""
    day = visit.starts_at.astimezone(visit.location.zone).date()
    today = clock.now().astimezone(visit.location.zone).date()
    return day <= today and may_brake(rights, visit.location_id)


def _moving(request: HttpRequest, rights: Rights, lines: list[Any]) -> Appointment | None:
    asked = str(request.GET.get("move", ""))
    return next((one.visit for one in lines if str(one.visit.pk) == asked and one.upcoming), None)


def _times(visit: Appointment) -> tuple[list[FreeTime], list[FreeTime]]:
    """Free times with the same therapist, and with others who do it, for a week."""
    together = visits_together(visit)
    length = sum((length_of(one) for one in together), timedelta())
    found = free_times(
        location=visit.location,
        service=visit.service,
        length=length,
        after=clock.now(),
        until=max(clock.now(), visit.starts_at) + AHEAD,
        but=[one.pk for one in together],
    )
    half = [one for one in found if one.starts_at.minute in (0, 30)]
    half = [one for one in half if one.starts_at != visit.starts_at]
    own = [one for one in half if one.staff.pk == visit.staff_id]
    others = [one for one in half if one.staff.pk != visit.staff_id]
    return own[:OWN_TIMES], others[:OTHERS_TIMES]


@plain_press
def call(request: HttpRequest, client_id: int) -> HttpResponse:
    """One tap: what the call led to."""
    rights = rights_in(request)
    found = client_seen(rights, client_id)
    appointment_id = number_in(request, "appointment") or None
    moved_to, staff_id = _new_time(request, rights, client_id, appointment_id)
    user: Any = request.user
    made = call_settle(
        user=user,
        client_id=found.pk,
        call=Call(
            kind=str(request.POST.get("kind", "")),
            key=_key(request, appointment_id),
            appointment_id=appointment_id,
            moved_to=moved_to,
            staff_id=staff_id,
            minutes=min(number_in(request, "minutes"), 999),
            words=str(request.POST.get("words", "")),
        ),
    )
    messages.success(request, told(made))
    if "move=" in str(request.POST.get("back", "")):
        return redirect("client", found.pk)
    return back_to(request)


def _key(request: HttpRequest, appointment_id: int | None) -> str:
    """One press of one form: the page's own number, the outcome and the appointment."""
    page = str(request.POST.get("key", ""))[:40]
    return f"{page}:{str(request.POST.get('kind', ''))[:12]}:{appointment_id or ''}" if page else ""


def _new_time(
    request: HttpRequest, rights: Rights, client_id: int, appointment_id: int | None
) -> tuple[datetime | None, int | None]:
    """The time an appointment is moved to: one of those offered, or one typed by the person."""
    if request.POST.get("kind") != Kind.MOVED or appointment_id is None:
        return None, None
    said = str(request.POST.get("slot", ""))
    at, _, staff = said.partition("|")
    visit = visit_seen(rights, client_seen(rights, client_id), appointment_id)
    try:
        moment = datetime.fromisoformat(at or str(request.POST.get("moved_to", "")))
    except ValueError as error:
        raise NotPossible("Please choose the new day and time.") from error
    zone = visit.location.zone
    aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return aware, int(staff) if staff.isdigit() and len(staff) < 19 else None


def told(made: CallOutcome) -> str:
    """What the person reads after the press."""
    who, zone = first_name(made.client), made.location.zone
    if made.kind == Kind.STOPPED:
        return f"{who} gets no more texts."
    at = when(made.starts_at, zone) if made.starts_at else ""
    words = {
        Kind.CONFIRMED: f"{who} comes {at}.",
        Kind.CANCELLED: f"{who}'s appointment {at} is cancelled.",
        Kind.MOVED: f"{who} comes {when(made.moved_to, zone)} instead.",
        Kind.VOICEMAIL: "Noted: you left a voicemail.",
        Kind.LATE: f"Noted: {who} comes {made.minutes} minutes late. {_therapist(made)}",
    }[Kind(made.kind)]
    state = made.item.state if made.item else ""
    if state == ApprovalItem.State.MANUAL:
        return f"{words} The platform cannot be told from here: it waits as a step by hand."
    if state == ApprovalItem.State.PENDING:
        return f"{words} Somebody who may change the calendar has to agree: it waits in the queue."
    return words


def _therapist(made: CallOutcome) -> str:
    visit = made.appointment
    name = (visit.staff_name or (visit.staff.name if visit.staff else "")) if visit else ""
    if visit is not None and visit.staff is not None and visit.staff.user_id is not None:
        return f"{name} is told."
    return f"Please tell {name}." if name else ""


@plain_press
def undo(request: HttpRequest, outcome_id: int) -> HttpResponse:
    user: Any = request.user
    made = call_undo(user=user, outcome_id=outcome_id)
    who = first_name(made.client)
    messages.success(request, f"Taken back. Nothing about {who} was told to the platform.")
    return back_to(request)


@require_GET
@requires(RIGHT)
@covered_page("To call")
def to_call(request: HttpRequest) -> HttpResponse:
    """Whom to call, and why. Prints."""
    rights = rights_in(request)
    asked = str(request.GET.get("location", ""))
    place = int(asked) if asked.isdigit() and len(asked) < 10 else None
    rows = [_dressed(row) for row in call_rows(rights, place)]
    context = {
        "rows": rows,
        "chosen": asked,
        "minutes": MINUTES,
        "key": uuid4().hex,
        "printed_at": clock.now(),
        "zone": rows[0]["row"].location.zone if rows else None,
        "back": request.get_full_path() or reverse("to-call"),
    }
    return render(request, "clients/to_call.html", context)


def _dressed(row: CallRow) -> dict[str, Any]:
    tone = {"high": "urgent", "medium": "watch"}.get(row.risk, "plain")
    return {"row": row, "tone": tone, "key": f"{uuid4().hex}"}
