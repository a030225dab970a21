"""Registries of discovered things: drop a file into a folder and it is there."""

import importlib
import pkgutil
import threading
from collections.abc import Iterator
from types import ModuleType
from typing import Generic, TypeVar

T = TypeVar("T")


class Registry(Generic[T]):
    """Named things of one kind. Two of one name are a programming error and raise at import.

    ``package`` is the folder whose modules are imported at first look-up, so that no list has to
    be edited when a file is added.
    """

    def __init__(self, kind: str, package: str = "") -> None:
        self.kind = kind
        self.package = package
        self._things: dict[str, T] = {}
        self._discovered = package == ""
        self._importing = False
        self._discovering = threading.RLock()

    def register(self, name: str, thing: T) -> T:
        if name in self._things:
            raise ValueError(f"two {self.kind}s are named {name!r}")
        self._things[name] = thing
        return thing

    def get(self, name: str) -> T:
        """The thing of that name; KeyError names what there is."""
        self._discover()
        try:
            return self._things[name]
        except KeyError:
            known = ", ".join(sorted(self._things)) or "none"
            raise KeyError(f"no {self.kind} named {name!r} (there is: {known})") from None

    def __contains__(self, name: str) -> bool:
        self._discover()
        return name in self._things

    def __iter__(self) -> Iterator[T]:
        self._discover()
        return iter([self._things[name] for name in sorted(self._things)])

    def names(self) -> list[str]:
        self._discover()
        return sorted(self._things)

    def choices(self) -> list[tuple[str, str]]:
        """For a model field's ``choices``: a function, so that no migration freezes the list."""
        return [(name, getattr(self._things[name], "label", name)) for name in self.names()]

    def forget(self, name: str) -> None:
        """Take a thing out again (tests that drop in a toy file)."""
        self._things.pop(name, None)

    def _discover(self) -> None:
        if self._discovered:
            return
        # A server's first look-ups come from several threads: the others wait, or they would find
        # an empty registry and answer 404. Re-entrant: a module may look things up while imported.
        with self._discovering:
            if self._discovered or self._importing:
                return
            self._importing = True
            try:
                import_all(self.package)
                self._discovered = True
            finally:
                self._importing = False


def import_all(package: str) -> list[ModuleType]:
    """Import every module and sub-package directly below ``package``."""
    root = importlib.import_module(package)
    names = [info.name for info in pkgutil.iter_modules(root.__path__)]
    return [importlib.import_module(f"{package}.{name}") for name in names]
