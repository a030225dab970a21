"""What corrections taught an agent at one place: house rules proposed, tried, kept and ended."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from agents.base import Agent
from agents.config import config_for
from agents.learning import reading, rules
from agents.learning.policy import Wording, rules_cleaned
from agents.models import HouseRule, TryRun
from agents.trying import Change, service_names, try_start
from copilot.admin.agent_pages import address, agent_named
from copilot.admin.spots import Spot, spots_of
from integrations.models import Location

LANGUAGES = {"en": "English", "es": "Spanish"}
State = HouseRule.State


class Page:
    """One agent at one of the person's locations."""

    def __init__(self, request: HttpRequest, name: str) -> None:
        self.request, self.agent = request, agent_named(name)
        if not self.agent.one_message:
            raise Http404("Drafts of this agent are not learned from.")
        self.spots = [spot for spot in spots_of(request) if spot.location]
        wanted = str(request.GET.get("at", ""))
        spot = next((one for one in self.spots if one.key == wanted), None)
        if spot is None and (wanted or not self.spots):
            raise Http404("There is no such location.")
        self.spot: Spot = spot or self.spots[0]
        self.actor = request.user.as_actor()  # type: ignore[union-attr]

    @property
    def place(self) -> Location:
        return self.spot.places[0]

    @property
    def here(self) -> str:
        return address(self.agent.name, self.spot, "learned")

    def rule(self) -> HouseRule:
        """The one that was pressed on. Of another place or agent it does not exist."""
        said = str(self.request.POST.get("rule", ""))
        found = None
        if said.isdigit() and len(said) < 19:
            rows = reading.rules_of(self.place.pk, self.agent.name)
            found = rows.filter(pk=int(said)).first()
        if found is None:
            raise Http404("There is no such house rule.")
        return found

    def typed(self) -> tuple[str, str]:
        post = self.request.POST
        return rules_cleaned(str(post.get("avoid", ""))[:300], str(post.get("use", ""))[:300])


def learned(request: HttpRequest, name: str) -> HttpResponse:
    """``act`` is try, accept (with the words as they stand in the fields), decline, end, write."""
    page = Page(request, name)
    if request.method != "POST":
        return _shown(page)
    act = ACTS.get(str(request.POST.get("act", "")))
    if act is None:
        raise Http404("There is no such button.")
    try:
        return act(page)
    except rules.NotARule as error:
        return _shown(page, str(error))


def _accept(page: Page) -> HttpResponse:
    avoid, use = page.typed()
    made = rules.rule_edit(actor=page.actor, rule=page.rule(), avoid=avoid, use=use)
    return _done(page, f"From the next draft on: {rules.wording_of(made).said}.")


def _decline(page: Page) -> HttpResponse:
    rules.rule_decline(actor=page.actor, rule=page.rule())
    return _done(page, "Declined. It is not proposed again.")


def _end(page: Page) -> HttpResponse:
    rules.rule_revoke(actor=page.actor, rule=page.rule())
    return _done(page, "Ended. The next draft no longer keeps to it.")


def _write(page: Page) -> HttpResponse:
    avoid, use = page.typed()
    made = rules.rule_write(
        actor=page.actor, location=page.place, agent=page.agent.name,
        language=_language(page), avoid=avoid, use=use,
    )  # fmt: skip
    return _done(page, f"From the next draft on: {rules.wording_of(made).said}.")


def _try(page: Page) -> HttpResponse:
    """The last drafts with this rule beside those in force; nothing is saved."""
    avoid, use = page.typed()
    problems = rules.problems_of(page.place, avoid, use)
    if problems:
        raise rules.NotARule(" ".join(problems))
    old = page.rule() if page.request.POST.get("rule") else None
    wording = Wording(avoid, use, old.language if old else _language(page))
    held = rules.rules_in_force(page.place.pk, page.agent.name)
    kept = tuple(one for one in held if old is None or one.pk != old.pk)
    made = try_start(
        actor=page.actor,
        location=page.place,
        agent=page.agent.name,
        change=_change(page, wording, (*kept, wording)),
        back=page.here,
        typed={
            "rule": old.pk if old else 0,
            "avoid": avoid,
            "use": use,
            "language": wording.language,
        },
    )
    return redirect("admin:agents_try", made.pk)


def _change(page: Page, wording: Wording, held: tuple[Wording, ...]) -> Change:
    config = config_for(page.agent.name, page.place)
    prompt = config.prompt()
    return Change(
        prompt_text=prompt.text if prompt else "",
        settings=config.settings.model_dump(mode="json"),
        model=config.model,
        services=service_names(page.spot.connection.pk, list(config.services)),
        new_clients_only=config.new_clients_only,
        said=(f"House rule: {wording.said}",),
        house_rules=held,
    )


def _language(page: Page) -> str:
    said = str(page.request.POST.get("language", ""))
    return said if said in LANGUAGES else "en"


def _done(page: Page, words: str) -> HttpResponse:
    messages.success(page.request, words)
    return redirect(page.here)


ACTS: dict[str, Callable[[Page], HttpResponse]] = {
    "try": _try, "accept": _accept, "decline": _decline, "end": _end, "write": _write,
}  # fmt: skip


def _typed(page: Page) -> dict[str, Any]:
    """What was just refused, or what was typed before a try: neither is lost."""
    tried = str(page.request.GET.get("tried", ""))
    if page.request.method == "POST":
        post = page.request.POST
        said = str(post.get("rule", ""))
        avoid, use = page.typed()
        rule = int(said) if said.isdigit() else 0
        return {"rule": rule, "avoid": avoid, "use": use, "language": _language(page)}
    if tried.isdigit() and len(tried) < 19:
        made = TryRun.objects.filter(
            pk=int(tried), agent=page.agent.name, location=page.place
        ).first()
        return dict(made.typed) if made is not None else {}
    return {}


def _shown(page: Page, wrong: str = "") -> HttpResponse:
    agent: type[Agent] = page.agent
    every = list(reading.rules_of(page.place.pk, agent.name))
    context: dict[str, Any] = {
        "agent": agent,
        "spots": page.spots,
        "spot": page.spot,
        "wrong": wrong,
        "typed": _typed(page),
        "languages": LANGUAGES,
        "proposals": reading.proposals_of(page.place.pk, agent.name),
        "in_force": [rule for rule in every if rule.state == State.ACCEPTED],
        "over": [rule for rule in every if rule.state not in HouseRule.OPEN][:20],
        "edits": reading.edits_of(page.place.pk, agent.name),
        "rejected": reading.reject_reasons([page.place.pk], agent.name),
        "agent_url": address(agent.name, page.spot),
        "here": page.here,
    }
    return render(page.request, "agents/learned.html", context, status=422 if wrong else 200)
