"""The contract of a platform, over every platform that is discovered; and a toy one dropped in."""

from __future__ import annotations

import importlib
import inspect
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import integrations.platforms
from core.errors import OutsideError
from integrations.ingest.specs import SPECS
from integrations.models import Connection
from integrations.platforms import base
from integrations.platforms.base import (
    CAPABILITIES,
    Actions,
    Delivery,
    NotGenuine,
    NotReadable,
    Platform,
    Reads,
    Setup,
    Verified,
    platforms,
)
from tests.integrations.salon import connection_make
from tests.support.searches import searched

ROOT = Path(__file__).resolve().parents[2]


def everyone() -> list[Platform]:
    return list(platforms)


def modes() -> list[tuple[str, str]]:
    return [(one.name, mode) for one in everyone() for mode in one.modes]


def acting(name: str, connection: Connection) -> Actions:
    made: Actions = importlib.import_module(f"integrations.platforms.{name}.actions").actions(
        connection
    )
    return made


def contract_holds(name: str, mode: str) -> None:
    """What the rest of the product relies on, for one platform in one of its modes."""
    adapter = platforms.get(name)
    connection = connection_make(platform=name, mode=mode, name=f"{name} {mode}")
    assert adapter.name == name and adapter.label and adapter.modes[mode]
    assert all(isinstance(field, Setup) and field.label for field in adapter.setup)
    assert all(field.secret == field.name.endswith("_ref") for field in adapter.setup)
    assert adapter.capabilities(connection) <= set(CAPABILITIES)
    reads = adapter.reads(connection)
    assert isinstance(reads, Reads)
    assert set(reads.kinds()) <= set(SPECS)
    assert isinstance(acting(name, connection), Actions)
    assert adapter.key_window_hours >= 0
    url = "https://desk.example.com/hooks/x/"
    assert url in adapter.support_note(connection, url)
    assert isinstance(adapter.deep_link(connection, "client", "1"), str)
    refusals_hold(adapter, connection)


def refusals_hold(adapter: Platform, connection: Connection) -> None:
    for headers in ({}, {"webhook-id": "1"}, {"authorization": "Bearer x"}):
        with pytest.raises((NotGenuine, NotReadable)):
            adapter.verify(connection, b'{"event": "x"}', headers, "not-the-key")
    for body in (b"", b"null", b"[]", b'"x"', b"{}", b"\xff", b"[" * 5000):
        assert isinstance(adapter.read_delivery(connection, "", body), Delivery)
    with pytest.raises(OutsideError):
        acting(adapter.name, connection).perform("dance", {}, "key")


@pytest.mark.parametrize(("name", "mode"), modes())
def test_every_platform_keeps_the_contract(db: None, name: str, mode: str) -> None:
    contract_holds(name, mode)


BODY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["event", "data", "id", "type", "client_id"]), inner)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize(("name", "mode"), modes())
@searched(40)
@given(body=BODY)
def test_no_platform_raises_on_an_odd_body(db: None, name: str, mode: str, body: Any) -> None:
    import json

    connection = Connection(platform=name, mode=mode)
    found = platforms.get(name).read_delivery(connection, "", json.dumps(body).encode())
    assert isinstance(found, Delivery)
    assert all(kind in SPECS and external_id for kind, external_id in found.touched)
    assert all(record.kind in SPECS and record.external_id for record in found.records)


def test_every_platform_has_its_own_test_file() -> None:
    for name in platforms.names():
        if name in BUILT_IN:
            assert (ROOT / "tests" / "integrations" / f"test_{name}.py").is_file()


BUILT_IN = {
    folder.name
    for folder in (ROOT / "integrations" / "platforms").iterdir()
    if (folder / "__init__.py").is_file()
}
TOY = '''
"""A platform of a few lines, dropped into the folder."""
import hashlib
from integrations.platforms.base import Delivery, NotGenuine, Platform, Setup, Verified, register
from integrations.platforms.toy_salon.reads import ToyReads

@register
class ToySalon(Platform):
    name = "toy_salon"
    label = "Toy Salon"
    setup = (Setup("token_ref", "Token", secret=True),)

    def capabilities(self, connection):
        return frozenset({"read", "webhooks"})

    def verify(self, connection, body, headers, key):
        if key != "toy":
            raise NotGenuine
        return Verified(hashlib.sha256(body).hexdigest())

    def read_delivery(self, connection, kind, body):
        return Delivery("toy", known=False)

    def reads(self, connection):
        return ToyReads(connection)

    def support_note(self, connection, hook_url):
        return f"Please send to {hook_url}"
'''
TOY_READS = """
from integrations.platforms.base import Reads

class ToyReads(Reads):
    def test(self): return ["read"]
    def record(self, kind, external_id): return None
    def changed(self, kind, since): return iter(())
    def kinds(self): return ("client",)
    def slot_free(self, *, service, staff, location, starts_at): return False
    def sent_message(self, reference): return None
    def messages_of(self, client, since): return []
"""
TOY_ACTIONS = """
from core.errors import Permanent
from integrations.platforms.base import Actions

class ToyActions(Actions):
    def perform(self, action, payload, key): raise Permanent("not offered")
    def look_up(self, action, payload, key): return None

def actions(connection): return ToyActions(connection)
"""
TOY_TEST = """
from integrations.platforms.base import platforms
from tests.support.searches import searched

def test_the_toy_salon_is_there():
    assert platforms.get("toy_salon").label == "Toy Salon"
"""


@pytest.fixture
def toy(tmp_path: Path) -> Iterator[Path]:
    """A folder and a test file, as somebody adding a platform would write them."""
    folder = tmp_path / "toy_salon"
    folder.mkdir()
    for name, text in (("__init__", TOY), ("reads", TOY_READS), ("actions", TOY_ACTIONS)):
        (folder / f"{name}.py").write_text(textwrap.dedent(text))
    (tmp_path / "test_toy_salon.py").write_text(TOY_TEST)
    integrations.platforms.__path__.append(str(tmp_path))
    yield tmp_path
    integrations.platforms.__path__.remove(str(tmp_path))
    platforms.forget("toy_salon")
    for name in [one for one in sys.modules if one.startswith("integrations.platforms.toy_salon")]:
        del sys.modules[name]


def test_a_platform_dropped_into_the_folder_is_found_and_held_to_the_contract(
    db: None, toy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A process that starts now: nothing was discovered yet.
    monkeypatch.setattr(platforms, "_discovered", False)
    assert "toy_salon" in platforms
    assert ("toy_salon", "Toy Salon") in platforms.choices()
    contract_holds("toy_salon", "")
    scope: dict[str, Any] = {}
    exec((toy / "test_toy_salon.py").read_text(), scope)
    scope["test_the_toy_salon_is_there"]()


def test_adding_a_platform_makes_no_migration(db: None, toy: Path, monkeypatch: Any) -> None:
    from django.apps import apps
    from django.db.migrations.autodetector import MigrationAutodetector
    from django.db.migrations.loader import MigrationLoader
    from django.db.migrations.state import ProjectState

    monkeypatch.setattr(platforms, "_discovered", False)
    assert "toy_salon" in platforms
    state = MigrationLoader(None, ignore_no_migrations=True).project_state()
    changes = MigrationAutodetector(state, ProjectState.from_apps(apps)).changes(graph=_graph())
    assert "platform" not in repr(changes.get("integrations", ""))


def _graph() -> Any:
    from django.db.migrations.loader import MigrationLoader

    return MigrationLoader(None, ignore_no_migrations=True).graph


def test_a_half_written_platform_cannot_be_registered() -> None:
    class Half(Platform):
        name, label = "half", "Half"

    assert inspect.isabstract(Half)
    with pytest.raises(TypeError):
        base.register(Half)
    assert "half" not in platforms
    assert Verified("1") == Verified("1", "")
