"""Today: the day as the platform has it, with what the copilot did for each appointment."""

from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from approvals.counter_mode import ASKED, covers, uncovered_part
from approvals.permissions import requires
from approvals.schedule.lateness import lates_shown
from approvals.schedule.showing import conflicts_shown
from approvals.views.counter import live_context
from approvals.views.whereabouts import places_said
from copilot.shell import Shell
from copilot.today import REVIEW, LocationDay, today_of
from copilot.visits.reading import before_visits
from core import clock
from integrations.models import Appointment

FAR = timedelta(days=3660)


@require_GET
@requires(*REVIEW)
def today(request: HttpRequest) -> HttpResponse:
    shell = Shell(request)
    chosen = str(request.GET.get("location", ""))
    places = [place for place in shell.locations if not chosen or str(place.pk) == chosen]
    places = places or shell.locations
    asked = _day(request.GET.get("day", ""))
    zone = places[0].zone if places else clock.now().tzinfo
    day = asked or clock.now().astimezone(zone).date()
    is_today = asked is None or asked == clock.now().astimezone(zone).date()
    only = places[0].pk if chosen and len(places) == 1 else None
    days = today_of(rights=shell.rights, locations=places, day=asked)
    context = live_context(shell.rights, only) | {
        "shell": shell,
        "days": days,
        "coming": before_visits(_seen(days), clock.now(), shell.rights.staff_id)
        if is_today
        else [],
        "lates": lates_shown(_seen(days), clock.now()),
        "day": day,
        "is_today": is_today,
        "conflicts": conflicts_shown(
            rights=shell.rights, locations=places, day=day, now=clock.now(), is_today=is_today
        ),
        "before": day - timedelta(days=1),
        "after": day + timedelta(days=1),
        "chosen": chosen,
        "said_of": places_said(places, clock.now()),
        "cover": covers(request),
        "uncovered": uncovered_part(request),
        "uncover": _uncover(request),
    }
    return render(request, "pages/today.html", context)


def _seen(days: list[LocationDay]) -> list[Appointment]:
    return [line.appointment for place in days for line in place.lines]


def _day(text: str) -> date | None:
    """The day asked for; None for what is no day near ours, so that a mangled link shows today."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if abs(day - clock.now().date()) < FAR else None


def _uncover(request: HttpRequest) -> str:
    """The page's own address, to which the part that is to be shown is added."""
    query = request.GET.copy()
    query.pop(ASKED, None)
    return f"?{query.urlencode()}{'&' if query else ''}{ASKED}="
