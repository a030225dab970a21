"""Admin pages of every app. They live up here because what a person sees follows their rights."""

from copilot.admin import (
    agents,
    approvals,
    checkout,
    connections,
    core,
    digest,
    language,
    leaving,
    people,
    policy,
    scoring,
)

__all__ = [
    "agents",
    "approvals",
    "checkout",
    "connections",
    "core",
    "digest",
    "language",
    "leaving",
    "people",
    "policy",
    "scoring",
]
