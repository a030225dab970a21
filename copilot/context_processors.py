"""What every page's shell shows: navigation, the signed-in person, the theme."""

from typing import Any

from django.http import HttpRequest

from copilot.shell import Shell


def shell(request: HttpRequest) -> dict[str, Any]:
    """``shell`` asks the database only when a template reads a part that needs it."""
    return {"shell": Shell(request)}
