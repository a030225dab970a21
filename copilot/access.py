"""Pages without a right of their own say so: for everybody, or for anybody who is signed in.

Every other page is guarded by ``approvals.permissions.requires``. A test walks all addresses and
fails on one that carries none of these marks.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib.auth.decorators import login_required

View = TypeVar("View", bound=Callable[..., Any])


def public(reason: str) -> Callable[[View], View]:
    """Open to everybody; ``reason`` is what a reviewer reads."""

    def mark(view: View) -> View:
        view.public_reason = reason  # type: ignore[attr-defined]
        return view

    return mark


def signed_in(view: View) -> View:
    """Open to whoever is signed in, whatever their role: it concerns only themselves."""
    guarded: Any = login_required(view)
    guarded.signed_in_only = True
    signed: View = guarded
    return signed
