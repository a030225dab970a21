from django.apps import AppConfig


class ImpactConfig(AppConfig):
    """The impact page, with what it assumes."""

    name = "copilot.impact"
    label = "impact"
