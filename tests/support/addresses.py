"""Walking every address of the product: which guard it carries, and what a stranger gets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.admin import AdminSite
from django.urls import URLPattern, URLResolver
from django.urls.converters import IntConverter, UUIDConverter


@dataclass(frozen=True)
class Address:
    route: str
    name: str
    view: Any
    sample: str
    namespaces: tuple[str, ...]

    @property
    def guard(self) -> str:
        """``right``, ``admin``, ``signed in``, ``public``, or '' when it carries none."""
        marks = _marks(self.view)
        if marks.get("required_rights") or marks.get("required_right"):
            return "right"
        if "admin" in self.namespaces and _of_admin(self.view):
            return "admin"
        if marks.get("signed_in_only"):
            return "signed in"
        return "public" if marks.get("public_reason") else ""


def addresses(
    patterns: Iterable[URLPattern | URLResolver],
    before: str = "",
    sample: str = "/",
    namespaces: tuple[str, ...] = (),
) -> Iterator[Address]:
    for pattern in patterns:
        route, filled = before + str(pattern.pattern), sample + _filled(pattern)
        if isinstance(pattern, URLResolver):
            inner = (*namespaces, *([pattern.namespace] if pattern.namespace else []))
            yield from addresses(pattern.url_patterns, route, filled, inner)
        else:
            yield Address(route, pattern.name or "", pattern.callback, filled, namespaces)


def unguarded(
    found: Iterable[Address], public: Mapping[str, str], signed_in: Mapping[str, str]
) -> list[str]:
    """Addresses that are neither guarded nor listed, and list entries that fit none any more."""
    broken, listed_and_used = [], set()
    for address in found:
        if address.name in public or address.name in signed_in:
            listed_and_used.add(address.name)
        if address.guard in {"right", "admin"}:
            if address.name in public:
                broken.append(f"{address.route} is guarded and still listed as public")
        elif address.guard == "signed in":
            if address.name not in signed_in:
                broken.append(f"{address.route} asks for a sign-in only and is not listed")
        elif address.name not in public:
            broken.append(f"{address.route} ({address.name}) is open to everybody")
    stale = sorted({*public, *signed_in} - listed_and_used)
    return broken + [f"{name} is listed and no longer exists" for name in stale]


def _marks(view: Any) -> dict[str, Any]:
    """What decorators left on a view, on what it wraps, or on its class."""
    marks: dict[str, Any] = {}
    while view is not None:
        marks = {
            **vars(getattr(view, "view_class", object)),
            **getattr(view, "__dict__", {}),
            **marks,
        }
        view = getattr(view, "__wrapped__", None)
    return marks


def _of_admin(view: Any) -> bool:
    """Admin's own views check the right to enter; a view merely hung below /admin/ does not."""
    marks = _marks(view)
    owner = marks.get("model_admin") or marks.get("admin_site")
    closed = [cell.cell_contents for cell in getattr(view, "__closure__", None) or ()]
    inner = [getattr(thing, "__self__", None) for thing in [view, *closed]]
    return owner is not None or any(isinstance(thing, AdminSite) for thing in [*inner, *closed])


def _filled(pattern: URLPattern | URLResolver) -> str:
    route = str(pattern.pattern)
    for name, converter in pattern.pattern.converters.items():
        value = "x"
        if isinstance(converter, IntConverter):
            value = "1"
        elif isinstance(converter, UUIDConverter):
            value = "00000000-0000-0000-0000-000000000000"
        kind = next(part for part in (f"<{name}>", *_spelled(route, name)) if part in route)
        route = route.replace(kind, value)
    return route.replace("\\.", ".").strip("^$")


def _spelled(route: str, name: str) -> Iterator[str]:
    for part in route.split("<")[1:]:
        inside = part.partition(">")[0]
        if inside.endswith(f":{name}"):
            yield f"<{inside}>"
