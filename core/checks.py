"""System checks of what no other check sees."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register


@register("roles")
def roles_differ(app_configs: Sequence[Any] | None, **options: Any) -> list[CheckMessage]:
    """The audit is append-only only for a role that does not own its tables."""
    app, owner = settings.DATABASES["default"], settings.DATABASES["owner"]
    if app["USER"] != owner["USER"]:
        return []
    return [
        Warning(
            "DATABASE_URL and MIGRATE_DATABASE_URL use the same database role.",
            hint=(
                "Then the product could rewrite its own audit. Make the roles copilot_app (for "
                "DATABASE_URL) and copilot_owner (for MIGRATE_DATABASE_URL)."
            ),
            id="core.W001",
        )
    ]
