"""A quick ``migrate`` draws only what changed, and makes the same tables."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any
from unittest import mock

import pytest
from django.db import models
from django.db.migrations import AddField, AlterField, Migration
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState, StateApps

from core.migrating import only_what_changed
from tests.support import services


def library() -> ProjectState:
    """Three tables in a row, drawn."""
    state, before = ProjectState(), ""
    for name in ("Shelf", "Book", "Page"):
        fields: list[Any] = [("id", models.BigAutoField(primary_key=True))]
        if before:
            fields.append(("in_a", models.ForeignKey(f"toys.{before}", models.CASCADE)))
        state.add_model(ModelState("toys", name, fields))
        before = name
    assert len(state.apps.get_models()) == 3
    return state


def drawn_by(operation: Operation) -> list[str]:
    """The models that are drawn while this operation is applied."""
    seen: list[str] = []
    render = StateApps.render_multiple

    def counted(self: StateApps, states: list[ModelState]) -> None:
        seen.extend(state.name for state in states)
        render(self, states)

    migration = Migration("0002_more", "toys")
    migration.operations = [operation]
    state, editor = library(), mock.MagicMock()
    with mock.patch.object(StateApps, "render_multiple", counted), only_what_changed():
        migration.apply(state, editor)
        assert len(state.apps.get_models()) == 3
    return sorted(seen)


def test_what_adds_to_one_model_draws_that_one_alone() -> None:
    assert drawn_by(AddField("Book", "pages", models.IntegerField(null=True))) == ["Book"]


def test_what_looks_further_draws_all_of_them() -> None:
    changed = AlterField("Shelf", "id", models.BigAutoField(primary_key=True, serialize=False))
    assert set(drawn_by(changed)) == {"Shelf", "Book", "Page"}


def test_django_is_as_it_was_afterwards_also_when_it_failed() -> None:
    before = Migration.apply, ProjectState.reload_model
    with pytest.raises(RuntimeError), only_what_changed():
        assert Migration.apply is not before[0]
        raise RuntimeError
    assert (Migration.apply, ProjectState.reload_model) == before


PLAIN = """
import contextlib, sys
import core.migrating
core.migrating.only_what_changed = contextlib.nullcontext
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", *sys.argv[1:]])
"""


@pytest.mark.soak
def test_the_quick_way_makes_the_same_tables_as_djangos_own() -> None:
    cluster, dumps = services.the_cluster(), []
    for name, program in (("quick", ["manage.py"]), ("plain", ["-c", PLAIN])):
        with services.superuser() as connection:
            connection.execute(f"DROP DATABASE IF EXISTS migrated_{name}")
        cluster.provide(f"migrated_{name}")
        env = os.environ | {
            "DATABASE_URL": cluster.url("copilot_app", f"migrated_{name}"),
            "MIGRATE_DATABASE_URL": cluster.url("copilot_owner", f"migrated_{name}"),
            "DJANGO_SETTINGS_MODULE": "copilot.settings",
        }
        command = [sys.executable, *program, "migrate", "--verbosity", "0", "--skip-checks"]
        subprocess.run(command, cwd=services.ROOT, env=env, check=True)
        dump = [cluster.bin / "pg_dump", "-U", "postgres", "-h", cluster.sockets, "--schema-only"]
        done = subprocess.run(
            [*dump, f"migrated_{name}"], capture_output=True, text=True, check=True
        )
        lines = done.stdout.splitlines()
        dumps.append([line for line in lines if "restrict" not in line])
    assert len(dumps[0]) > 5_000
    assert dumps[0] == dumps[1]
