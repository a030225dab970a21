"""Flagged drafts: what the desk wants looked at, with the run behind it, settled with a word."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from agents.models import AgentRun
from agents.registry import agents
from approvals.errors import NotPossible
from approvals.models import Flag
from approvals.permissions import rights_of
from approvals.services.flagging import flag_settle
from copilot.admin.base import tuned_locations

MOST = 50


@dataclass(frozen=True)
class Line:
    """One flag with the run that wrote its draft, None where no agent did."""

    flag: Flag
    run: AgentRun | None
    label: str
    sees_draft: bool


def seen_flags(request: HttpRequest) -> QuerySet[Flag]:
    """Flags on drafts of the locations this person tunes."""
    rows = Flag.objects.select_related("item__location", "item__client")
    own = tuned_locations(request)
    return rows if own is None else rows.filter(item__location__in=own)


def flags_open(request: HttpRequest) -> int:
    return seen_flags(request).filter(settled_at=None).count()


def flags(request: HttpRequest) -> HttpResponse:
    """The list; a post settles one of them."""
    if request.method != "POST":
        return _shown(request)
    user: Any = request.user
    said = str(request.POST.get("flag", ""))
    if not said.isdigit() or len(said) > 18:
        raise Http404("There is no such flag.")
    flag = get_object_or_404(seen_flags(request), pk=int(said))
    try:
        flag_settle(user=user, flag=flag, answer=str(request.POST.get("answer", "")))
    except NotPossible as error:
        return _shown(request, error.plain, flag.pk)
    messages.success(request, "Settled. Your answer is in the draft's history.")
    return redirect("admin:agents_flags")


def _shown(request: HttpRequest, wrong: str = "", about: int = 0) -> HttpResponse:
    rows = seen_flags(request)
    waiting = list(rows.filter(settled_at=None).order_by("id")[:MOST])
    settled = list(rows.exclude(settled_at=None).order_by("-settled_at")[:MOST])
    context = {
        "waiting": _lines(request, waiting),
        "settled": _lines(request, settled),
        "wrong": wrong,
        "about": about,
    }
    return render(request, "agents/flags.html", context, status=422 if wrong else 200)


def _lines(request: HttpRequest, found: list[Flag]) -> list[Line]:
    runs: dict[int, AgentRun] = {}
    for run in AgentRun.objects.filter(item_id__in={flag.item_id for flag in found}).order_by("pk"):
        runs[run.item_id or 0] = run
    rights = rights_of(request.user)
    return [
        Line(flag, runs.get(flag.item_id), _label(flag), rights.may_see(flag.item))
        for flag in found
    ]


def _label(flag: Flag) -> str:
    name = flag.item.agent
    return agents.get(name).label if name in agents else name.replace("_", " ").capitalize()
