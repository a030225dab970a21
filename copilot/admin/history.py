"""Who changed what about an agent, and when, read from the audit."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agents.registry import agents
from copilot.admin.spots import Spot
from core.models import AuditEvent

MOST = 30
SAID = {
    "agent.enabled": "switched it on",
    "agent.disabled": "switched it off",
    "agent.configured": "changed it",
    "agent.tried": "tried a change",
    "prompt.added": "wrote a prompt",
    "house_rule.proposed": "proposed a house rule",
    "house_rule.accepted": "made it a house rule",
    "house_rule.declined": "declined a house rule",
    "house_rule.replaced": "changed a house rule",
    "house_rule.revoked": "ended a house rule",
}
STANDS = {True: "on", False: "off", None: "nothing", "": "nothing", (): "all"}


@dataclass(frozen=True)
class Happened:
    """One line: who did what where, and each value as it was and is."""

    at: datetime
    who: str
    what: str
    where: str
    values: list[tuple[str, str, str]]


def history_of(agent: str, spots: list[Spot]) -> list[Happened]:
    """The newest entries about an agent at these places, newest first."""
    places = {str(spot.location.pk): spot.location.name for spot in spots if spot.location}
    connections = {str(spot.connection.pk) for spot in spots}
    rows = AuditEvent.objects.filter(
        subject=f"agent:{agent}", connection__in=connections, location__in=["", *places]
    ).order_by("-id")[:MOST]
    return [_line(agent, row, places) for row in rows]


def _line(agent: str, row: AuditEvent, places: dict[str, str]) -> Happened:
    what = SAID.get(row.action, row.action)
    if row.action == "prompt.added":
        what = f"wrote version {row.facts.get('number', '')} of the prompt"
        if row.facts.get("note"):
            what += f" ({row.facts['note']})"
    if row.action == "agent.tried":
        what = f"tried a change on {row.facts.get('drafts', 0)} drafts"
    if row.action.startswith("house_rule."):
        what += f": {row.facts.get('said', '')}"
    values = row.facts.get("values") or {}
    return Happened(
        at=row.at,
        who=row.actor_name or "The product",
        what=what,
        where=places.get(row.location, "") if row.location else "everywhere",
        values=[(_label(agent, name), _plain(was), _plain(now))
                for name, (was, now) in values.items()],
    )  # fmt: skip


def _label(agent: str, name: str) -> str:
    own = name.removeprefix("settings.")
    info = agents.get(agent).Settings.model_fields.get(own) if own != name else None
    return (info.title or own) if info else name


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return f"{len(value)} chosen" if value else "all"
    if value is None or isinstance(value, bool) or value == "":
        return STANDS[value]
    return str(value)
