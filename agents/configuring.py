"""What admin saves: an agent's row and a new version of a prompt."""

import hashlib
from typing import Any

from django.db import transaction
from django.db.models import Max, Q, QuerySet

from agents.models import AgentConfig, PromptVersion
from agents.prompting import SHIPPED, prompt_problems
from core import clock
from core.audit import Actor, audit_record
from integrations.models import Connection, Location

# What a row says beside its settings, in the words of its history.
SAID: dict[str, str] = {
    "enabled": "on",
    "stage": "stage",
    "model": "model",
    "prompt_id": "prompt",
    "daily_limit": "daily limit",
    "services": "services",
    "new_clients_only": "new clients only",
    "holdout_percent": "clients with the standard text, %",
}
INHERITED = (
    "enabled", "enabled_at", "stage", "settings", "model", "prompt_id", "daily_limit",
    "services", "new_clients_only", "holdout_percent",
)  # fmt: skip


@transaction.atomic
def agent_configure(*, actor: Actor, config: AgentConfig, changed: list[str]) -> AgentConfig:
    """Save a row as edited. Switched on means "from now on": the past drafts nothing."""
    before = AgentConfig.objects.filter(pk=config.pk).first() if config.pk else None
    if config.enabled and (config.enabled_at is None or "enabled" in changed):
        config.enabled_at = clock.now()
    config.changed_by, config.changed_at = actor.name[:160], clock.now()
    config.save()
    audit_record(
        action="agent.configured",
        actor=actor,
        connection=config.connection_id,
        location=config.location_id or "",
        subject=f"agent:{config.agent}",
        facts={
            "agent": config.agent,
            "changed": changed,
            "enabled": config.enabled,
            "values": differences(before, config),
        },
    )
    return config


def differences(before: AgentConfig | None, after: AgentConfig) -> dict[str, list[Any]]:
    """What a save changed: {name: [was, is]}, settings each by their own name."""
    was, now = _plain(before) if before else {}, _plain(after)
    return {
        name: [was.get(name), value]
        for name, value in now.items()
        if value != was.get(name) and not (before is None and value in ("", [], None, 0, False))
    }


def _plain(row: AgentConfig) -> dict[str, Any]:
    kept = {said: getattr(row, name) for name, said in SAID.items()}
    if row.prompt is not None:
        kept["prompt"] = f"version {row.prompt.number}"
    return kept | {f"settings.{name}": value for name, value in (row.settings or {}).items()}


def own_row(
    *, connection: Connection, location: Location | None, agent: str, lock: bool = False
) -> AgentConfig:
    """The row of exactly this scope; a new one (not saved) begins as what holds there now."""
    rows = AgentConfig.objects.filter(connection=connection, agent=agent)
    found = rows.select_for_update(of=("self",)) if lock else rows
    row = found.filter(location=location).first()
    if row is not None:
        return row
    row = AgentConfig(connection=connection, location=location, agent=agent)
    general = rows.filter(location=None).first()
    if general is not None:
        for name in INHERITED:
            setattr(row, name, getattr(general, name))
        row.settings, row.services = dict(general.settings), list(general.services)
    return row


def prompts_seen(agent: str, connections: list[Any] | None) -> QuerySet[PromptVersion]:
    """Versions that people of these connections may read, newest first; None: all."""
    rows = PromptVersion.objects.filter(agent=agent).order_by("-number")
    if connections is None:
        return rows
    return rows.filter(Q(connection=None, created_by=SHIPPED) | Q(connection__in=connections))


@transaction.atomic
def prompt_save(
    *,
    actor: Actor,
    agent: str,
    text: str,
    note: str = "",
    connection: Connection | None = None,
) -> PromptVersion:
    """Keep a text as the agent's next version; the text of the newest one stays that version.

    ValueError with what is wrong in plain words: a prompt that cannot be filled is never kept.
    """
    text = text.replace("\r\n", "\n").strip() + "\n"
    problems = prompt_problems(agent, text)
    if problems:
        raise ValueError(" ".join(problems))
    digest = hashlib.sha256(text.encode()).hexdigest()
    rows = PromptVersion.objects.filter(agent=agent)
    # Of two people who save at once the second waits here, and gets the number after.
    list(rows.select_for_update(of=("self",)).values_list("pk", flat=True))
    newest = rows.filter(connection=connection).order_by("-number").first()
    if newest is not None and newest.sha256 == digest:
        return newest
    saved = PromptVersion.objects.create(
        agent=agent,
        connection=connection,
        number=(rows.aggregate(most=Max("number"))["most"] or 0) + 1,
        text=text,
        sha256=digest,
        note=note[:200],
        created_by=actor.name[:160],
    )
    audit_record(
        action="prompt.added",
        actor=actor,
        connection=connection.pk if connection else "",
        subject=f"agent:{agent}",
        facts={"sha256": digest, "number": saved.number, "note": note[:200]},
    )
    return saved
