"""How an agent is set up at a location: a row for the location wins over the connection's."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from agents.base import Agent, BaseSettings, Setup
from agents.budgets import Asker
from agents.learning.rules import rules_in_force
from agents.models import AgentConfig, AgentRun, PromptVersion
from agents.prompting import shipped_prompt
from agents.reading import CLOCKS_DIFFER
from agents.registry import agents
from agents.writer import writer_for
from integrations.events import Event
from integrations.models import Location

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Effective:
    """What holds for one agent at one location."""

    agent: type[Agent]
    enabled: bool
    enabled_at: datetime | None
    stage: str
    settings: BaseSettings
    model: str
    prompt_id: int | None
    daily_limit: int
    location: Location | None = None
    services: tuple[int, ...] = ()
    new_clients_only: bool = False
    holdout_percent: int = 0

    def hears(self, event: Event) -> bool:
        """On means "from now on": what happened before the switch was turned is not drafted."""
        if not self.enabled or event.history:
            return False
        return self.enabled_at is None or event.at >= self.enabled_at - CLOCKS_DIFFER

    def prompt(self) -> PromptVersion | None:
        """The version chosen here, else the newest that came with the product."""
        if self.prompt_id is not None:
            return PromptVersion.objects.filter(pk=self.prompt_id).first()
        return shipped_prompt(self.agent.name)

    def instance(
        self,
        prompt: PromptVersion | None = None,
        instruction: str = "",
        run_id: int | None = None,
        *,
        standard: bool = False,
    ) -> Agent:
        """The agent, ready for one run; ``standard``: it may only write the standard text."""
        writer = writer_for(
            prompt=prompt.text if prompt else "",
            model=self.model,
            use_model=self.settings.use_model and not standard,
            instruction=instruction,
            asker=self._asker(prompt, run_id),
            # What is not for one run (an opening, a count) writes nothing and needs no rules.
            rules=rules_in_force(self.location.pk, self.agent.name)
            if run_id is not None and self.location is not None
            else (),
        )
        return self.agent(Setup(settings=self.settings, writer=writer, instruction=instruction))

    def _asker(self, prompt: PromptVersion | None, run_id: int | None) -> Asker | None:
        if self.location is None:
            return None
        return Asker(
            connection_id=str(self.location.connection_id),
            location_id=self.location.pk,
            agent=self.agent.name,
            run_id=run_id,
            prompt_id=prompt.pk if prompt else None,
        )


def config_for(agent: str, location: Location) -> Effective:
    """The settings of one agent at one location; off when nobody set it up."""
    return configs_for(location, [agent])[agent]


def configs_for(location: Location, names: Iterable[str]) -> dict[str, Effective]:
    """The same for several agents, in one query."""
    wanted = list(names)
    rows = AgentConfig.objects.filter(connection_id=location.connection_id, agent__in=wanted)
    found: dict[str, AgentConfig] = {}
    for row in rows:
        if row.location_id == location.pk or (row.location_id is None and row.agent not in found):
            found[row.agent] = row
    return {name: _effective(name, found.get(name), location) for name in wanted}


def _effective(name: str, row: AgentConfig | None, location: Location) -> Effective:
    agent = agents.get(name)
    row = row or AgentConfig(agent=name)
    return Effective(
        agent=agent,
        enabled=row.enabled,
        enabled_at=row.enabled_at,
        stage=row.stage,
        settings=settings_of(agent, row.settings),
        model=row.model,
        prompt_id=row.prompt_id,
        daily_limit=row.daily_limit,
        location=location,
        services=tuple(row.services),
        new_clients_only=row.new_clients_only,
        holdout_percent=row.holdout_percent,
    )


def limit_reached(config: Effective, location: Location, as_of: datetime) -> bool:
    """Whether this agent drafted as much as it may here since the salon's midnight."""
    midnight = as_of.astimezone(location.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    drafted = AgentRun.objects.filter(
        agent=config.agent.name,
        location_id=location.pk,
        outcome=AgentRun.Outcome.DRAFTED,
        done_at__gte=midnight,
    )
    return drafted.count() >= config.daily_limit


def settings_of(agent: type[Agent], stored: dict[str, object]) -> BaseSettings:
    """Stored settings, typed. What an older release stored and this one refuses falls back to the
    defaults: a wrong number must not stop a desk's drafts."""
    try:
        return agent.Settings.model_validate(stored or {})
    except ValidationError:
        logger.warning("settings of agent %s are not valid; its defaults are used", agent.name)
        return agent.Settings()
