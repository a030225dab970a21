"""Ask: what the salon's own material says, with where it stands, or that it says nothing."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from agents.knowledge.searching import LONGEST_QUESTION, Answer, knowledge_search
from approvals.permissions import requires
from copilot.shell import Shell
from core import clock
from core.audit import audit_record
from integrations.models import Location

RIGHT = "ask"


@require_http_methods(["GET", "POST"])
@requires(RIGHT)
def ask(request: HttpRequest) -> HttpResponse:
    """The page; a question comes by POST, because it is audited and may name a client."""
    shell = Shell(request)
    places = [place for place in shell.locations if shell.rights.has(place.pk, RIGHT)]
    place = place_chosen(places, str(request.POST.get("at") or request.GET.get("at", "")))
    question = str(request.POST.get("question", ""))[:LONGEST_QUESTION].strip()
    context: dict[str, Any] = {
        "shell": shell,
        "places": places,
        "place": place,
        "question": question,
        "longest": LONGEST_QUESTION,
        "tunes": shell.rights.has(place.pk, "tune_agents"),
    }
    if question:
        context["answer"] = _answer(request, place, question)
    return render(request, "ask/page.html", context)


def place_chosen(places: list[Location], said: str) -> Location:
    """The one that was named if it is one's own, else the first."""
    return next((place for place in places if str(place.pk) == said), places[0])


def _answer(request: HttpRequest, place: Location, question: str) -> Answer:
    today = clock.now().astimezone(place.zone).date()
    found = knowledge_search(location=place, question=question, today=today)
    user: Any = request.user
    audit_record(
        action="ask.asked",
        actor=user.as_actor(),
        connection=place.connection_id,
        location=place.pk,
        facts={"found": [piece.source_id for piece in found.pieces], "known": found.known},
        detail={"question": question},
    )
    return found
