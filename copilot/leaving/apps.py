from django.apps import AppConfig


class LeavingConfig(AppConfig):
    """Taking everything along, and erasing it."""

    name = "copilot.leaving"
    label = "leaving"

    def ready(self) -> None:
        from copilot.leaving import work  # noqa: F401  registers its queue
