"""Checks: how evidence is read again right before a message goes out.

Evidence names a kind and plain parameters; each kind is a function registered here or by an
agent. An unknown kind counts as changed, so a renamed check never lets something stale through.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.registry import Registry


@dataclass(frozen=True)
class Holds:
    """The fact is still as it was when the draft was written."""


@dataclass(frozen=True)
class Changed:
    """The fact changed. ``what`` is one plain sentence; ``now`` the value as it is now."""

    what: str
    now: str = ""


@dataclass(frozen=True)
class Reading:
    """What a check gets: the connection, when the evidence was read, and the moment of checking."""

    connection_id: str
    read_at: datetime
    at: datetime


Check = Callable[[Mapping[str, Any], Reading], Holds | Changed]
checks: Registry[Check] = Registry("check", "integrations.checks")


def check(name: str) -> Callable[[Check], Check]:
    """Register a check kind: ``fn(params, reading) -> Holds | Changed``."""

    def register(fn: Check) -> Check:
        return checks.register(name, fn)

    return register


def run_check(kind: str, params: Mapping[str, Any], reading: Reading) -> Holds | Changed:
    """Run one check; a kind nobody knows counts as changed."""
    if kind not in checks:
        return Changed("We no longer know how to check this fact.")
    return checks.get(kind)(params, reading)
