"""The prompt of an agent: written with its variables at hand, compared, tried, brought back."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from agents.base import Agent
from agents.config import config_for
from agents.configuring import agent_configure, own_row, prompt_save, prompts_seen
from agents.diffs import word_diff
from agents.models import PromptVersion, TryRun
from agents.prompting import prompt_problems
from agents.trying import Change, service_names, try_start
from agents.variables import variables_of
from copilot.admin.agent_pages import address, agent_named, seen_connections
from copilot.admin.spots import Spot, spot_chosen, spots_of

MOST_CHARACTERS = 20_000


class Desk:
    """What every press on this page needs."""

    def __init__(self, request: HttpRequest, name: str) -> None:
        self.request, self.agent = request, agent_named(name)
        if not self.agent.variables:
            raise Http404("The texts of this agent are fixed.")
        self.spots = spots_of(request)
        self.spot = spot_chosen(request, self.spots)
        self.versions = prompts_seen(name, seen_connections(request, self.spots))
        self.actor = request.user.as_actor()  # type: ignore[union-attr]

    @property
    def here(self) -> str:
        return address(self.agent.name, self.spot, "prompt")

    def version(self, said: Any) -> PromptVersion | None:
        """A version this person may read; None when none was asked for."""
        if not said:
            return None
        found = self.versions.filter(pk=int(said)).first() if str(said).isdigit() else None
        if found is None:
            raise Http404("There is no such version.")
        return found

    @property
    def used(self) -> PromptVersion | None:
        """The version that drafts of this place are written with."""
        row = own_row(
            connection=self.spot.connection, location=self.spot.location, agent=self.agent.name
        )
        if row.prompt_id is not None:
            return row.prompt
        return config_for(self.agent.name, self.spot.places[0]).prompt()

    def spots_ticked(self) -> list[Spot]:
        wanted = set(self.request.POST.getlist("use_at"))
        return [spot for spot in self.spots if spot.key in wanted]


def prompt(request: HttpRequest, name: str) -> HttpResponse:
    """``act`` is save, try, revert or use."""
    desk = Desk(request, name)
    if request.method != "POST":
        return _shown(desk, _starting_text(desk))
    acts = {"save": _save, "try": _try, "revert": _revert, "use": _use}
    act = acts.get(str(request.POST.get("act", "")))
    if act is None:
        raise Http404("There is no such button.")
    return act(desk)


def _starting_text(desk: Desk) -> str:
    tried = str(desk.request.GET.get("tried", ""))
    if tried.isdigit():
        made = TryRun.objects.filter(pk=int(tried), agent=desk.agent.name).first()
        mine = {spot.location.pk for spot in desk.spots if spot.location}
        if made is not None and made.location_id in mine:
            return made.prompt_text
    chosen = desk.version(desk.request.GET.get("version")) or desk.used
    return chosen.text if chosen else ""


def _typed(desk: Desk) -> tuple[str, list[str]]:
    text = str(desk.request.POST.get("text", "")).replace("\r\n", "\n")
    problems = prompt_problems(desk.agent.name, text)
    if len(text) > MOST_CHARACTERS:
        problems.append(f"Longer than {MOST_CHARACTERS:,} characters: no model needs that much.")
    return text, problems


def _save(desk: Desk) -> HttpResponse:
    text, problems = _typed(desk)
    if problems:
        return _shown(desk, text, problems)
    note = str(desk.request.POST.get("note", "")).strip()[:200]
    with transaction.atomic():
        saved = prompt_save(
            actor=desk.actor, agent=desk.agent.name, text=text, note=note,
            connection=desk.spot.connection,
        )  # fmt: skip
        used = [spot.label for spot in desk.spots_ticked() if _use_at(desk, spot, saved)]
    where = f" and used at {', '.join(used)}" if used else ". It is not used anywhere yet"
    messages.success(desk.request, f"Version {saved.number} is saved{where}.")
    return redirect(desk.here)


def _use_at(desk: Desk, spot: Spot, version: PromptVersion) -> bool:
    """A version of another salon is not offered, so it cannot be chosen either."""
    if version.connection_id not in (None, spot.connection.pk):
        return False
    row = own_row(
        connection=spot.connection, location=spot.location, agent=desk.agent.name, lock=True
    )
    row.prompt = version
    agent_configure(actor=desk.actor, config=row, changed=["prompt"])
    return True


def _try(desk: Desk) -> HttpResponse:
    text, problems = _typed(desk)
    if problems:
        return _shown(desk, text, problems)
    place = desk.spot.places[0]
    held = config_for(desk.agent.name, place)
    change = Change(
        prompt_text=text,
        settings=held.settings.model_dump(mode="json"),
        model=held.model,
        services=service_names(desk.spot.connection.pk, list(held.services)),
        new_clients_only=held.new_clients_only,
        said=("The prompt's text",),
    )
    made = try_start(
        actor=desk.actor, location=place, agent=desk.agent.name, change=change, back=desk.here
    )
    return redirect("admin:agents_try", made.pk)


@transaction.atomic
def _revert(desk: Desk) -> HttpResponse:
    """An older text becomes the newest version, used at this place from now on."""
    old = desk.version(desk.request.POST.get("version"))
    if old is None:
        raise Http404("There is no such version.")
    saved = prompt_save(
        actor=desk.actor, agent=desk.agent.name, text=old.text,
        note=f"back to version {old.number}", connection=desk.spot.connection,
    )  # fmt: skip
    _use_at(desk, desk.spot, saved)
    said = f"The text of version {old.number} is back as version {saved.number}"
    messages.success(desk.request, f"{said}, used at {desk.spot.label}.")
    return redirect(desk.here)


@transaction.atomic
def _use(desk: Desk) -> HttpResponse:
    version = desk.version(desk.request.POST.get("version"))
    if version is None:
        raise Http404("There is no such version.")
    if _use_at(desk, desk.spot, version):
        messages.success(
            desk.request, f"{desk.spot.label} uses version {version.number} from the next draft on."
        )
    return redirect(desk.here)


def _shown(desk: Desk, text: str, problems: list[str] | None = None) -> HttpResponse:
    used, where = desk.used, _used_where(desk.agent, desk.spots)
    compared = desk.version(desk.request.GET.get("compare"))
    context = {
        "agent": desk.agent,
        "spots": desk.spots,
        "spot": desk.spot,
        "text": text,
        "note": desk.request.POST.get("note", ""),
        "problems": problems or [],
        "ticked": set(desk.request.POST.getlist("use_at")),
        "used": used,
        "variables": variables_of(desk.agent),
        "versions": [(one, where.get(one.pk, [])) for one in desk.versions[:50]],
        "compared": compared,
        "differences": word_diff(compared.text, text) if compared else [],
        "agent_url": address(desk.agent.name, desk.spot),
        "here": desk.here,
    }
    return render(desk.request, "agents/prompt.html", context, status=422 if problems else 200)


def _used_where(agent: type[Agent], spots: list[Spot]) -> dict[int, list[str]]:
    """{version: names of the places whose drafts are written with it}."""
    found: dict[int, list[str]] = {}
    for spot in spots:
        if spot.location is not None:
            held = config_for(agent.name, spot.location).prompt()
            if held is not None:
                found.setdefault(held.pk, []).append(spot.location.name)
    return found
