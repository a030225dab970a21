"""Which tables hold a connection's data: found by following foreign keys, so that a table added
later is exported and erased from its first day.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.db.models import Field, ForeignKey, Model, QuerySet

from integrations.models import Connection

OURS = ("core", "integrations", "approvals", "agents")
# Through these rows nothing belongs to a connection: a person may work at several.
NOT_THROUGH = ("auth", "contenttypes", "sessions", "guardian")
PEOPLE = "integrations.User"
# Tables without a way to a connection, and why that is right.
ELSEWHERE: dict[str, str] = {
    "agents.ModelPrice": "what a model costs, for everybody",
    "approvals.PushDevice": "a person's browser, with their sign-in",
    "core.AuditDetail": "packed and erased by the audit rows of the connection",
    "core.AuditEvent": "the audit: packed by its connection, never erased",
    "core.AuditProof": "what proving the audit found; no words",
    "core.AuditSeal": "the chain over the audit; no words",
    "core.Heartbeat": "when a worker last said that it lives",
    "core.Secret": "never packed; a connection's own are erased with it",
    "digest.DigestChoice": "a person's wishes, with their sign-in",
    "digest.Digest": "a person's mail, with their sign-in",
    "digest.DigestUnopened": "about a person's mail, with their sign-in",
    "integrations.ListenerRetry": "work in hand; erased by the connection its event names",
    "integrations.Pin": "a person's PIN",
    "integrations.RoleRight": "what a role may do, for everybody",
    "integrations.User": "a person's sign-in, who may work elsewhere too",
}
# What proves that nothing is left, and who may look at the proof.
STAYS = frozenset({
    "integrations.Connection", "integrations.Location", "integrations.LocationRole",
    "integrations.LocationGroupPermission", "integrations.LocationUserPermission",
    "integrations.HandGrant", "leaving.Leaving", "leaving.LeavingPart",
})  # fmt: skip
# The database refuses to remove what was decided and what went out: it stays without any words.
EMPTIED = frozenset({
    "approvals.ApprovalItem", "approvals.Revision", "approvals.Action", "approvals.Decision",
    "approvals.Effect", "approvals.StandingGrant",
})  # fmt: skip
SECRET = re.compile(r"secret|password|token_ref|token_sha256|lease_token|hook_key|key_ref")


@dataclass(frozen=True)
class Table:
    """``path`` is the way to the connection as a filter has it (``item__connection``)."""

    model: type[Model]
    path: str

    @property
    def label(self) -> str:
        return str(self.model._meta.label)

    @property
    def name(self) -> str:
        return str(self.model._meta.model_name)

    def rows(self, connection: Connection) -> QuerySet[Any]:
        return self.model._base_manager.filter(**{self.path: connection.pk})

    def columns(self) -> list["Field[Any, Any]"]:
        """Every column but those that open a door."""
        return [one for one in self.model._meta.concrete_fields if not SECRET.search(one.name)]


def models_of_ours() -> list[type[Model]]:
    found = [
        model
        for model in apps.get_models()
        if model._meta.app_label in OURS or model.__module__.startswith("copilot.")
    ]
    return sorted(found, key=lambda model: str(model._meta.label))


@cache
def tables() -> tuple[Table, ...]:
    """Every table with a way to a connection, by name."""
    found = [
        Table(model, path)
        for model in models_of_ours()
        if model._meta.label not in ELSEWHERE and (path := _way(model))
    ]
    return tuple(found)


def _keys(model: type[Model]) -> Iterator["ForeignKey[Any, Any]"]:
    """Foreign keys, those that are never empty first: an empty one leads nowhere."""
    keys = [one for one in model._meta.concrete_fields if isinstance(one, ForeignKey)]
    yield from sorted(keys, key=lambda one: one.null)


def _way(model: type[Model]) -> str:
    """The shortest chain of foreign keys to Connection; keys that are never empty come first."""
    if model is Connection:
        return "pk"
    ways: list[tuple[bool, list[str], type[Model]]] = [(False, [], model)]
    seen = {model}
    while ways:
        following: list[tuple[bool, list[str], type[Model]]] = []
        for empty, way, here in sorted(ways, key=lambda one: one[0]):
            for key in _keys(here):
                target: Any = key.related_model
                if target is Connection:
                    return "__".join([*way, key.name])
                if target in seen or target._meta.app_label in NOT_THROUGH:
                    continue
                if target._meta.label == PEOPLE:
                    continue
                seen.add(target)
                following.append((empty or key.null, [*way, key.name], target))
        ways = following
    return ""


def erased_in_order() -> list[Table]:
    """Whose rows are deleted, children before what they cannot be without."""
    wanted = {one.model: one for one in tables() if one.label not in STAYS | EMPTIED}
    done: list[Table] = []
    seen: set[type[Model]] = set()

    def visit(model: type[Model]) -> None:
        if model in seen:
            return
        seen.add(model)
        for other in wanted:
            if any(key.related_model is model and not key.null for key in _keys(other)):
                visit(other)
        if model in wanted:
            done.append(wanted[model])

    for table in sorted(wanted.values(), key=lambda one: (-one.path.count("__"), one.label)):
        visit(table.model)
    return done


def held_by_others(table: Table) -> list[tuple[type[Model], str]]:
    """(table, key) of rows that stay and point here: they let go before these are deleted."""
    gone = {one.model for one in erased_in_order()}
    return [
        (relation.related_model, str(relation.field.name))
        for relation in table.model._meta.related_objects
        if relation.related_model not in gone and relation.field.null
    ]
