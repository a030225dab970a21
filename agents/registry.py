"""The agents that were discovered in ``agents/definitions``."""

from typing import Any

from core.registry import Registry

agents: Registry[Any] = Registry("agent", "agents.definitions")
