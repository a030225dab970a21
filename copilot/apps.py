from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class CopilotConfig(AppConfig):
    """The project's own app: what spans the others (today, activity, demo)."""

    name = "copilot"

    def ready(self) -> None:
        from copilot import celery  # noqa: F401  (the app that tasks are published through)


class DeskAdminConfig(AdminConfig):
    """Django's admin, opened by the rights of the desk."""

    default_site = "copilot.admin_site.DeskAdminSite"
