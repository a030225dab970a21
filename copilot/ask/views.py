"""Ask: the page, one answer as it grows, the panel of a draft, and where an answer is from."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from agents.models import KnowledgeSource
from approvals.counter_mode import ASKED, covers
from approvals.models import ApprovalItem
from approvals.permissions import requires
from copilot.ask.answering import ABOUT_ITEM, LONGEST, NEXT_HOUR, question_ask
from copilot.ask.asker import RIGHT, MayNot, place_chosen
from copilot.ask.bycode import ASKED as LOOKS
from copilot.ask.canned import MOST_SHOWN, canned_here
from copilot.ask.drawing import Drawn, turns_drawn
from copilot.ask.models import AskTalk, AskTurn
from copilot.shell import Shell
from core import clock
from core.htmx import is_fragment
from integrations.models import Location

SHOWN = 20
LABELS = {
    "": "Everything",
    "free": "Free times",
    "client": "Clients",
    "day": "Appointments",
    "working": "Who works",
    "waitlist": "Waitlist",
    "prices": "Prices",
    "stock": "Stock",
    "material": "Our material",
}


@require_http_methods(["GET", "POST"])
@requires(RIGHT)
def ask(request: HttpRequest) -> HttpResponse:
    """The page; a question comes by POST, because it is audited and may name a client."""
    shell, places, place = _where(request)
    if request.method == "POST":
        return _asked(request, place)
    talk = _talk(request, request.GET.get("talk", ""))
    if talk is not None:
        place = next((one for one in places if one.pk == talk.location_id), place)
    turns = _turns(request, talk, place) if talk else []
    return render(
        request,
        "ask/page.html",
        {
            "shell": shell,
            "places": places,
            "place": place,
            "talk": talk,
            "turns": turns,
            "waits": any(not one.turn.is_over for one in turns),
            "canned": list(canned_here(place)[:MOST_SHOWN]),
            "looks": LABELS.items(),
            "longest": LONGEST,
            "tunes": shell.rights.has(place.pk, "tune_agents"),
            "writes": shell.rights.has(place.pk, "read_digest"),
            "next_hour": NEXT_HOUR,
        },
    )


def _where(request: HttpRequest) -> tuple[Shell, list[Location], Location]:
    shell = Shell(request)
    places = [place for place in shell.locations if shell.rights.has(place.pk, RIGHT)]
    said = str(request.POST.get("at") or request.GET.get("at", ""))
    return shell, places, place_chosen(places, said)


def _talk(request: HttpRequest, said: Any) -> AskTalk | None:
    """A conversation of this person; nobody reads another's."""
    if not str(said).isdigit() or len(str(said)) > 18:
        return None
    rows = AskTalk.objects.select_related("location", "item")
    return rows.filter(pk=int(said), user=request.user.pk or 0).first()


def _turns(request: HttpRequest, talk: AskTalk, place: Location) -> list[Drawn]:
    rights = request.rights.at(place.pk)  # type: ignore[attr-defined]
    rows = list(AskTurn.objects.filter(talk=talk).order_by("-pk")[:SHOWN])[::-1]
    for one in rows:
        one.talk = talk
    return turns_drawn(rows, rights, place, cover=_covered(request))


def _covered(request: HttpRequest) -> bool:
    """Details come by a hand's press: the question itself is one, an old page opened again none."""
    return covers(request) and request.method == "GET" and ASKED not in request.GET and (
        not is_fragment(request)
    )  # fmt: skip


def _asked(request: HttpRequest, place: Location, item: ApprovalItem | None = None) -> HttpResponse:
    look = str(request.POST.get("look", ""))
    look = look if look in LOOKS or look in (NEXT_HOUR, ABOUT_ITEM) else ""
    question = str(request.POST.get("question", ""))[:LONGEST].strip()
    if look == NEXT_HOUR:
        question = "Free in the next hour"
    elif look == ABOUT_ITEM and item is not None and item.client is not None:
        question = f"About {item.client.short_name}"
    if not question:
        return redirect(f"{reverse('ask')}?at={place.pk}") if item is None else HttpResponse()
    said = str(request.POST.get("talk", ""))
    user: Any = request.user
    try:
        turn = question_ask(
            user=user,
            location=place,
            question=question,
            look=look,
            talk_id=int(said) if said.isdigit() and len(said) < 19 else None,
            item=item,
        )
    except MayNot as error:
        raise Http404(error.plain) from None
    if is_fragment(request):
        return _fragment(request, turn, place)
    query = f"?talk={turn.talk_id}&at={place.pk}&{ASKED}=1#turn-{turn.pk}"
    return redirect(f"{reverse('ask')}{query}")


def _fragment(request: HttpRequest, turn: AskTurn, place: Location) -> HttpResponse:
    rights = request.rights.at(place.pk)  # type: ignore[attr-defined]
    drawn = turns_drawn([turn], rights, place, cover=False)[0]
    return render(request, "ask/_turn.html", {"one": drawn, "place": place})


@require_GET
@requires(RIGHT)
def turn(request: HttpRequest, turn_id: int) -> HttpResponse:
    """One answer as it stands: for a page that missed a piece, or that waits for it."""
    found = get_object_or_404(
        AskTurn.objects.select_related("talk__location", "talk__item"),
        pk=turn_id,
        talk__user=request.user.pk or 0,
    )
    place = found.talk.location
    if not request.rights.has(place.pk, RIGHT):  # type: ignore[attr-defined]
        raise Http404("You may not ask here any more.")
    if not is_fragment(request):
        return redirect(f"{reverse('ask')}?talk={found.talk_id}#turn-{found.pk}")
    return _fragment(request, found, place)


@require_http_methods(["GET", "POST"])
@requires(RIGHT)
def panel(request: HttpRequest, item_id: int) -> HttpResponse:
    """Ask beside a draft: the same, with the draft's client at hand."""
    rights = request.rights  # type: ignore[attr-defined]
    item = get_object_or_404(ApprovalItem.objects.select_related("location", "client"), pk=item_id)
    if not rights.may_see(item) or not rights.has(item.location_id, RIGHT):
        raise Http404("There is no such draft.")
    if request.method == "POST":
        return _asked(request, item.location, item)
    talk = AskTalk.objects.filter(user=request.user.pk or 0, item=item).order_by("-pk").first()
    context = {
        "item": item,
        "talk": talk,
        "place": item.location,
        "turns": _turns(request, talk, item.location) if talk else [],
        "longest": LONGEST,
        "next_hour": NEXT_HOUR,
        "about_item": ABOUT_ITEM,
        "shell": Shell(request),
    }
    return render(request, "ask/_panel.html" if is_fragment(request) else "ask/panel.html", context)


@require_GET
@requires(RIGHT)
def source(request: HttpRequest, source_id: int) -> HttpResponse:
    """The salon's text that an answer is from, for everybody who may ask there."""
    shell, places, place = _where(request)
    ids = [one.pk for one in places]
    accounts = {one.connection_id for one in places}
    rows = KnowledgeSource.objects.filter(connection__in=accounts, retired_at=None)
    mine = rows.filter(location__in=ids) | rows.filter(location=None)
    found = get_object_or_404(mine, pk=source_id)
    context = {
        "shell": shell,
        "source": found,
        "place": place,
        "current": found.versions.filter(current=True).first(),
        "holds": found.holds_on(clock.now().astimezone(place.zone).date()),
    }
    return render(request, "ask/text.html", context)
