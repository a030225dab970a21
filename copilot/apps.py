from django.apps import AppConfig


class CopilotConfig(AppConfig):
    """The project's own app: what spans the others (today, activity, demo)."""

    name = "copilot"
