"""The pages of an agent: what there is, one agent at one place, switching it on and off."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode

from agents.base import Agent
from agents.budgets import budgets_nearly_used
from agents.config import Effective, configs_for
from agents.configuring import agent_configure, own_row, prompts_seen
from agents.learning.reading import proposals_waiting
from agents.models import AgentConfig, PromptVersion, TryRun
from agents.prompting import shipped_prompt
from agents.registry import agents
from agents.services import agent_disable, agent_enable, agent_upcoming_count
from agents.trying import try_start
from copilot.admin.agent_form import OWN_PAGE, STAGES, AgentForm
from copilot.admin.base import tuned_locations
from copilot.admin.flag_pages import flags_open
from copilot.admin.history import history_of
from copilot.admin.spots import Spot, place_chosen, spot_chosen, spots_of
from integrations.models import Location

__all__ = ["index", "page", "switch"]
LATE = "{name} saved this page while you were on it. What holds now is below; please look again."


@dataclass(frozen=True)
class Line:
    """One agent with what holds at each of the person's locations."""

    agent: type[Agent]
    places: list[tuple[Location, Effective]]
    proposals: int = 0

    @property
    def on(self) -> int:
        return sum(1 for _, held in self.places if held.enabled)


def agent_named(name: str) -> type[Agent]:
    if name not in agents:
        raise Http404("There is no such agent.")
    return agents.get(name)


def address(agent: str, spot: Spot | None = None, page: str = "agent", **more: Any) -> str:
    """Of a page about an agent, for a place."""
    said = {"at": spot.key} if spot else {}
    found = reverse(f"admin:agents_{page}", args=[agent])
    query = urlencode(said | more)
    return f"{found}?{query}" if query else found


def seen_connections(request: HttpRequest, spots: list[Spot]) -> list[Any] | None:
    """Connections whose prompts this person may read; None: all."""
    if tuned_locations(request) is None:
        return None
    return sorted({spot.connection.pk for spot in spots}, key=str)


def index(request: HttpRequest) -> HttpResponse:
    """Every agent, and where it is on."""
    spots = spots_of(request)
    places = [spot.location for spot in spots if spot.location]
    names = agents.names()
    held = {place.pk: configs_for(place, names) for place in places}
    waiting = proposals_waiting([place.pk for place in places])
    lines = [
        Line(
            agents.get(name),
            [(place, held[place.pk][name]) for place in places],
            waiting.get(name, 0),
        )
        for name in names
    ]
    context = {
        "lines": lines,
        "stages": dict(STAGES),
        "flags": flags_open(request),
        "budgets": budgets_nearly_used([place.pk for place in places]),
    }
    return render(request, "agents/index.html", context)


def page(request: HttpRequest, name: str) -> HttpResponse:
    """One agent at one place; ``act`` is save or try."""
    agent, spots = agent_named(name), spots_of(request)
    spot = spot_chosen(request, spots)
    if request.method != "POST":
        return _shown(request, agent, spots, spot, _form(request, agent, spots, spot))
    with transaction.atomic():
        form = _form(request, agent, spots, spot, request.POST)
        if not form.is_valid():
            return _shown(request, agent, spots, spot, form, status=422)
        if request.POST.get("act") == "try":
            return _tried(request, agent, spots, spot, form)
        return _saved(request, agent, spots, spot, form)


def _form(
    request: HttpRequest, agent: type[Agent], spots: list[Spot], spot: Spot, data: Any = None
) -> AgentForm:
    row = own_row(connection=spot.connection, location=spot.location, agent=agent.name)
    typed = _typed(request, agent, spots) if data is None else None
    connections = seen_connections(request, spots)
    return AgentForm(agent, spot, row, connections, data, initial=typed or {})


def _typed(request: HttpRequest, agent: type[Agent], spots: list[Spot]) -> dict[str, Any]:
    """What was typed before a try, so that coming back loses nothing."""
    pk = str(request.GET.get("tried", ""))
    if not pk.isdigit():
        return {}
    made = TryRun.objects.filter(pk=int(pk), agent=agent.name).first()
    mine = {spot.location.pk for spot in spots if spot.location}
    return dict(made.typed) if made is not None and made.location_id in mine else {}


def _saved(
    request: HttpRequest, agent: type[Agent], spots: list[Spot], spot: Spot, form: AgentForm
) -> HttpResponse:
    user: Any = request.user
    row = own_row(connection=spot.connection, location=spot.location, agent=agent.name, lock=True)
    if form.is_late(row):
        messages.error(request, LATE.format(name=row.changed_by or "Somebody"))
        return _shown(request, agent, spots, spot, _form_of(request, agent, spots, spot, row), 409)
    changed = form.apply(row)
    if changed or row.pk is None:
        agent_configure(actor=user.as_actor(), config=row, changed=changed)
        messages.success(request, f"Saved for {spot.label}. The next draft follows it.")
    else:
        messages.info(request, "Nothing was different, so nothing was saved.")
    return redirect(address(agent.name, spot))


def _form_of(
    request: HttpRequest, agent: type[Agent], spots: list[Spot], spot: Spot, row: AgentConfig
) -> AgentForm:
    return AgentForm(agent, spot, row, seen_connections(request, spots))


def _tried(
    request: HttpRequest, agent: type[Agent], spots: list[Spot], spot: Spot, form: AgentForm
) -> HttpResponse:
    user: Any = request.user
    chosen = form.cleaned_data.get("prompt", "")
    versions = prompts_seen(agent.name, seen_connections(request, spots))
    prompt = versions.filter(pk=int(chosen)).first() if chosen else shipped_prompt(agent.name)
    made = try_start(
        actor=user.as_actor(),
        location=spot.places[0],
        agent=agent.name,
        change=form.change(prompt.text if prompt else ""),
        back=address(agent.name, spot),
        typed={name: value for name, value in form.cleaned_data.items() if name != "seen"},
    )
    return redirect("admin:agents_try", made.pk)


def _shown(
    request: HttpRequest,
    agent: type[Agent],
    spots: list[Spot],
    spot: Spot,
    form: AgentForm,
    status: int = 200,
) -> HttpResponse:
    mine = [one for one in spots if one.location and one.connection == spot.connection]
    context = {
        "agent": agent,
        "spots": spots,
        "spot": spot,
        "form": form,
        "row": form.row,
        "inherits": spot.location is not None and form.row.pk is None,
        "places": [(one, _held(agent, one)) for one in mine],
        "stages": dict(STAGES),
        "prompt_url": address(agent.name, spot, "prompt") if agent.variables else "",
        "learned_url": address(agent.name, spot if spot.location else None, "learned")
        if agent.one_message
        else "",
        "waiting": proposals_waiting([place.pk for place in spot.places]).get(agent.name, 0),
        "own_page": reverse(OWN_PAGE[agent.name]) if agent.name in OWN_PAGE else "",
        "history": history_of(agent.name, spots),
    }
    return render(request, "agents/page.html", context, status=status)


def _held(agent: type[Agent], spot: Spot) -> tuple[Effective, PromptVersion | None]:
    held = configs_for(spot.places[0], [agent.name])[agent.name]
    return held, held.prompt()


def switch(request: HttpRequest, name: str, place: int) -> HttpResponse:
    """On means "from now on"; what is booked already is asked about. ``act`` is on or off."""
    agent, spots = agent_named(name), spots_of(request)
    spot = place_chosen(spots, place)
    held = configs_for(spot.places[0], [name])[name]
    if request.method == "POST":
        return _switched(request, agent, spot, held)
    upcoming = agent_upcoming_count(connection=spot.connection, location=spot.location, agent=name)
    context = {"agent": agent, "spot": spot, "held": held, "upcoming": upcoming,
               "back": address(name, spot)}  # fmt: skip
    return render(request, "agents/switch.html", context)


def _switched(
    request: HttpRequest, agent: type[Agent], spot: Spot, held: Effective
) -> HttpResponse:
    user: Any = request.user
    actor = user.as_actor()
    if request.POST.get("act") == "off":
        agent_disable(
            actor=actor, connection=spot.connection, location=spot.location, agent=agent.name
        )
        said = f"{agent.label} is off at {spot.label}. Drafts that wait stay for you to decide."
    else:
        done = agent_enable(
            actor=actor,
            connection=spot.connection,
            location=spot.location,
            agent=agent.name,
            also_upcoming=request.POST.get("also") == "on",
            stage=held.stage,
        )
        more = f" {done.drafts} drafts for what is booked are being written." if done.drafts else ""
        said = f"{agent.label} is on at {spot.label}, from now on.{more}"
    messages.success(request, said)
    return redirect(address(agent.name, spot))
