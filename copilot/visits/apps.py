from django.apps import AppConfig


class VisitsConfig(AppConfig):
    """Briefs that therapists tick as read."""

    name = "copilot.visits"
    label = "visits"
