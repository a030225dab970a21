"""*Out today*: who is out and from when, everybody affected, and what each is offered."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from approvals import policy
from approvals.absences import RIGHT
from approvals.absences.approving import lines_approve
from approvals.absences.calling import absences_seen, to_call
from approvals.absences.editing import line_choose, line_edit, line_settle
from approvals.absences.opening import absence_end, absence_look, absence_open
from approvals.absences.sheet import sheet_of
from approvals.counter_mode import ASKED, covered, covered_page, covers
from approvals.errors import DecisionError, NoRight, NotPossible
from approvals.models import AbsenceLine
from approvals.permissions import Rights, requires
from approvals.views.context import rights_in
from core import clock
from integrations.models import Appointment, Location, Shift, StaffMember

FAR = timedelta(days=60)


def _places(rights: Rights) -> list[Location]:
    """Where this person may change the calendar for everybody, not for themselves alone."""
    pks = [pk for pk in rights.locations_with(RIGHT) if not rights.provider_only(pk, RIGHT)]
    return list(Location.objects.filter(pk__in=pks, deleted_at=None).order_by("name", "pk"))


@require_http_methods(["GET", "POST"])
@requires(RIGHT)
def out_today(request: HttpRequest) -> HttpResponse:
    """Pick the person and the span: now until the end of the day unless said otherwise."""
    rights = rights_in(request)
    places = _places(rights)
    if not places:
        raise Http404("You decide for nobody else's calendar.")
    place = _place(request, places)
    if request.method == "POST":
        return _opened(request, place)
    return _form(request, places, place)


def _place(request: HttpRequest, places: list[Location]) -> Location:
    asked = str(request.POST.get("location") or request.GET.get("location") or "")
    return next((one for one in places if str(one.pk) == asked), places[0])


def _form(
    request: HttpRequest,
    places: list[Location],
    place: Location,
    wrong: str = "",
    status: int = 200,
) -> HttpResponse:
    now = clock.now()
    local = now.astimezone(place.zone)
    context = {
        "places": places,
        "place": place,
        "staff": _working(place, local.date()),
        "day": local.date(),
        "from_time": f"{local:%H:%M}",
        "said": request.POST if request.method == "POST" else {},
        "wrong": wrong,
        "cover": covered(request),
        "absences": absences_seen(rights_in(request), [place.pk], now),
        "to_call": [
            one for one in to_call(rights_in(request), now)
            if one.line.absence.location_id == place.pk
        ],
    }  # fmt: skip
    return render(request, "absences/page.html", context, status=status)


def _working(place: Location, day: date) -> list[tuple[StaffMember, int]]:
    """(who, how many appointments today), those who work today first."""
    start = datetime.combine(day, time(), place.zone)
    span = {"starts_at__gte": start, "starts_at__lt": start + timedelta(days=1)}
    shifts = Shift.objects.filter(location=place, deleted_at=None, **span)
    on = set(shifts.values_list("staff_id", flat=True))
    rows = Appointment.objects.filter(
        location=place, deleted_at=None, status__in=Appointment.UPCOMING, **span
    )
    counts: dict[int | None, int] = {}
    for staff_id in rows.values_list("staff_id", flat=True):
        counts[staff_id] = counts.get(staff_id, 0) + 1
    everyone = StaffMember.objects.filter(
        connection=place.connection_id, deleted_at=None, active=True
    ).order_by("name", "pk")
    here = [one for one in everyone if one.pk in on or one.pk in counts or _belongs(one, place)]
    ordered = sorted(here, key=lambda one: (one.pk not in on, -counts.get(one.pk, 0), one.name))
    return [(one, counts.get(one.pk, 0)) for one in ordered]


def _belongs(one: StaffMember, place: Location) -> bool:
    return any(role.get("location") == place.external_id for role in one.roles)


def _opened(request: HttpRequest, place: Location) -> HttpResponse:
    try:
        staff, starts, ends = _wanted(request, place)
        absence = absence_open(
            user=request.user,  # type: ignore[arg-type]
            location=place,
            staff=staff,
            starts_at=starts,
            ends_at=ends,
        )
    except NoRight as error:
        raise Http404(error.plain) from error
    except NotPossible as error:
        return _form(request, _places(rights_in(request)), place, error.plain, 422)
    return _to_sheet(request, absence.pk)


def _wanted(request: HttpRequest, place: Location) -> tuple[StaffMember, datetime, datetime]:
    said = request.POST
    pk = str(said.get("staff", ""))
    staff = StaffMember.objects.filter(
        pk=int(pk) if pk.isdigit() and len(pk) < 19 else 0, connection=place.connection_id
    ).first()
    if staff is None:
        raise NotPossible("Please choose who is not in.")
    now = clock.now().astimezone(place.zone)
    first = _day(str(said.get("day", "")), now.date())
    last = _day(str(said.get("until_day", "")), first)
    starts = _moment(place, first, str(said.get("from_time", "")), time())
    ends = _moment(place, last, str(said.get("until_time", "")), None)
    return staff, starts, ends


def _day(text: str, otherwise: date) -> date:
    if not text.strip():
        return otherwise
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        day = date.min
    if abs(day - otherwise) > FAR:
        raise NotPossible("Please give the day like 2026-06-19, within the next two months.")
    return day


def _moment(place: Location, day: date, text: str, otherwise: time | None) -> datetime:
    """A moment of that day; without an hour its beginning, or (None) its end."""
    if not text.strip():
        if otherwise is None:
            return datetime.combine(day + timedelta(days=1), time(), place.zone)
        return datetime.combine(day, otherwise, place.zone)
    try:
        return datetime.combine(day, time.fromisoformat(text.strip()), place.zone)
    except ValueError as error:
        raise NotPossible("Please give the hour like 14:30.") from error


def _to_sheet(request: HttpRequest, absence_id: int, part: str = "") -> HttpResponse:
    """The page of one absence after a press, which uncovers it in counter mode."""
    query = f"?{ASKED}=1" if covers(request) else ""
    return redirect(f"{reverse('absence', args=[absence_id])}{query}{part}")


@require_GET
@requires(RIGHT)
@covered_page("Somebody is not in")
def absence(request: HttpRequest, absence_id: int) -> HttpResponse:
    """Everybody affected with the proposal for each."""
    return _sheet(request, absence_id)


def _sheet(request: HttpRequest, absence_id: int, status: int = 200, **more: Any) -> HttpResponse:
    try:
        sheet = sheet_of(rights=rights_in(request), absence_id=absence_id, now=clock.now())
    except NoRight as error:
        raise Http404(error.plain) from error
    context = {"sheet": sheet, "reasons": policy.HOLD_REASONS.items(), **more}
    return render(request, "absences/sheet.html", context, status=status)


@require_POST
@requires(RIGHT)
def look(request: HttpRequest, absence_id: int) -> HttpResponse:
    """Look at the calendar again."""
    try:
        absence_look(user=request.user, absence_id=absence_id)  # type: ignore[arg-type]
    except NoRight as error:
        raise Http404(error.plain) from error
    messages.success(request, "Looked at the calendar again.")
    return _to_sheet(request, absence_id)


@require_POST
@requires(RIGHT)
def end(request: HttpRequest, absence_id: int) -> HttpResponse:
    """They are in after all, or back."""
    try:
        ended = absence_end(user=request.user, absence_id=absence_id)  # type: ignore[arg-type]
    except NoRight as error:
        raise Http404(error.plain) from error
    except NotPossible as error:
        messages.error(request, error.plain)
        return _to_sheet(request, absence_id)
    messages.success(request, f"{ended.staff.name} is in. What was approved stays as it is.")
    return redirect(f"{reverse('out-today')}?location={ended.location_id}")


@require_POST
@requires(RIGHT)
def approve(request: HttpRequest, absence_id: int) -> HttpResponse:
    """All that were on the page, or the one whose button was pressed, as they were seen."""
    only = str(request.POST.get("only", ""))
    seen = [pair.partition(":") for pair in request.POST.getlist("seen")]
    wanted = {
        int(pk): int(version)
        for pk, _, version in seen
        if pk.isdigit() and version.isdigit() and len(pk) < 19 and len(version) < 9
        if not only or pk == only
    }
    reason = str(request.POST.get("reason", ""))
    try:
        report = lines_approve(
            user=request.user,  # type: ignore[arg-type]
            absence_id=absence_id,
            wanted=wanted,
            reason=reason if reason in policy.HOLD_REASONS else "",
        )
    except NoRight as error:
        raise Http404(error.plain) from error
    level = messages.success if report.approved else messages.error
    level(request, report.words if wanted else "Nothing is left to approve.")
    for line, why in report.left_out[:12]:
        who = line.client.short_name if line.client else "Someone"
        messages.warning(request, f"{who}: {why}")
    return _to_sheet(request, absence_id)


@require_POST
@requires(RIGHT)
def line(request: HttpRequest, line_id: int) -> HttpResponse:
    """One line: other words, another proposal, or cared for. What was typed is never lost."""
    found = AbsenceLine.objects.filter(pk=line_id).first()
    if found is None:
        raise Http404
    try:
        words = _line_pressed(request, line_id)
    except NoRight as error:
        raise Http404(error.plain) from error
    except DecisionError as error:
        typed = {"line": line_id, "body": _text(request, "body"), "done": _text(request, "done")}
        return _sheet(request, found.absence_id, 422, wrong=error.plain, typed=typed)
    messages.success(request, words)
    return _to_sheet(request, found.absence_id, f"#line-{line_id}")


def _line_pressed(request: HttpRequest, line_id: int) -> str:
    user: Any = request.user
    version = str(request.POST.get("version", ""))
    seen = int(version) if version.isdigit() and len(version) < 9 else 0
    press, _, which = str(request.POST.get("press", "")).partition(":")
    if press == "edit":
        body, done = _text(request, "body"), _text(request, "done")
        line_edit(user=user, line_id=line_id, version=seen, body=body, done_body=done)
        return "Your words are saved. Nothing was sent yet."
    if press == "choose":
        line_choose(user=user, line_id=line_id, version=seen, which=which)
        return "The proposal is changed, and its text with it. Nothing was sent yet."
    if press == "settle":
        line_settle(user=user, line_id=line_id, words=_text(request, "words"))
        return "Noted as cared for."
    raise NotPossible("Please load the page again, and then press.")


def _text(request: HttpRequest, name: str) -> str:
    return str(request.POST.get(name, "")).replace("\x00", "")
