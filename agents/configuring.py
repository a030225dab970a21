"""What admin saves: an agent's row and a new version of a prompt."""

import hashlib

from django.db import transaction
from django.db.models import Max

from agents.models import AgentConfig, PromptVersion
from core import clock
from core.audit import Actor, audit_record


@transaction.atomic
def agent_configure(*, actor: Actor, config: AgentConfig, changed: list[str]) -> AgentConfig:
    """Save a row as edited. Switched on means "from now on": the past drafts nothing."""
    if config.enabled and (config.pk is None or "enabled" in changed):
        config.enabled_at = clock.now()
    config.changed_by, config.changed_at = actor.name[:160], clock.now()
    config.save()
    audit_record(
        action="agent.configured",
        actor=actor,
        connection=config.connection_id,
        location=config.location_id or "",
        subject=f"agent:{config.agent}",
        facts={"agent": config.agent, "changed": changed, "enabled": config.enabled},
    )
    return config


@transaction.atomic
def prompt_save(*, actor: Actor, agent: str, text: str, note: str = "") -> PromptVersion:
    """Keep a text as the agent's next version; a text it has already stays the version it is."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    rows = PromptVersion.objects.filter(agent=agent)
    known = rows.filter(sha256=digest).first()
    if known is not None:
        return known
    saved = PromptVersion.objects.create(
        agent=agent,
        number=(rows.aggregate(most=Max("number"))["most"] or 0) + 1,
        text=text,
        sha256=digest,
        note=note,
        created_by=actor.name[:160],
    )
    audit_record(
        action="prompt.added",
        actor=actor,
        subject=f"prompt:{agent}:{saved.number}",
        facts={"sha256": digest},
    )
    return saved
