from django.apps import AppConfig


class CopilotConfig(AppConfig):
    """The project's own app: what spans the others (today, activity, demo)."""

    name = "copilot"

    def ready(self) -> None:
        from copilot import celery  # noqa: F401  (the app that tasks are published through)
