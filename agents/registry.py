"""The agents that were discovered in ``agents/definitions``."""

from agents.base import Agent, Offset, agents, register

__all__ = ["Agent", "agents", "declared_offsets", "register"]


def declared_offsets() -> list[Offset]:
    """Every moment that some agent wants the clock to announce, once per name."""
    found = {offset.name: offset for agent in agents for offset in agent.offsets}
    return [found[name] for name in sorted(found)]
