"""Things are discovered by being there."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import pytest

from core.registry import Registry


class Toy:
    def __init__(self, label: str) -> None:
        self.label = label


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package whose two modules register themselves."""
    package = tmp_path / "toybox"
    package.mkdir()
    (package / "__init__.py").write_text(
        "from core.registry import Registry\n"
        "from tests.core.test_registry import Toy\n"
        "toys = Registry('toy', 'toybox')\n"
    )
    for name in ("yoyo", "ball"):
        (package / f"{name}.py").write_text(
            f"from toybox import toys, Toy\ntoys.register('{name}', Toy('A {name}'))\n"
        )
    monkeypatch.syspath_prepend(tmp_path)
    yield package
    for name in [name for name in sys.modules if name.split(".")[0] == "toybox"]:
        del sys.modules[name]


def test_a_file_dropped_into_the_folder_is_there(folder: Path) -> None:
    from toybox import toys

    assert "toybox.yoyo" not in sys.modules, "nothing is imported before somebody looks"
    assert toys.names() == ["ball", "yoyo"]
    assert [toy.label for toy in toys] == ["A ball", "A yoyo"]
    assert toys.choices() == [("ball", "A ball"), ("yoyo", "A yoyo")]
    assert "ball" in toys
    assert "doll" not in toys


def test_an_unknown_name_is_answered_with_the_known_ones(folder: Path) -> None:
    from toybox import toys

    with pytest.raises(KeyError, match=r"no toy named 'doll' \(there is: ball, yoyo\)"):
        toys.get("doll")


def test_a_file_that_cannot_be_imported_is_not_passed_over(folder: Path) -> None:
    (folder / "broken.py").write_text("import there_is_no_such_module\n")
    from toybox import toys

    with pytest.raises(ModuleNotFoundError):
        toys.names()
    with pytest.raises(ModuleNotFoundError):
        toys.get("ball")


def test_two_of_one_name_are_refused() -> None:
    toys: Registry[Toy] = Registry("toy")
    toys.register("ball", Toy("one"))
    with pytest.raises(ValueError, match="two toys are named 'ball'"):
        toys.register("ball", Toy("two"))


def test_a_toy_can_be_taken_out_again() -> None:
    toys: Registry[Toy] = Registry("toy")
    toys.register("ball", Toy("one"))
    toys.forget("ball")
    assert toys.names() == []


def test_threads_that_look_up_while_files_are_imported_wait_for_all_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    importing, go_on = threading.Event(), threading.Event()
    registry: Registry[str] = Registry("thing", "nowhere")

    def slow_import(package: str) -> list[ModuleType]:
        importing.set()
        assert go_on.wait(60)
        registry.register("late", "found")
        return []

    monkeypatch.setattr("core.registry.import_all", slow_import)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(registry.names)
        assert importing.wait(60)
        second = pool.submit(lambda: "late" in registry)
        assert not second.done()
        go_on.set()
        assert first.result(5) == ["late"]
        assert second.result(5) is True
