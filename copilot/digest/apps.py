from django.apps import AppConfig


class DigestConfig(AppConfig):
    """The manager's daily digest, with models of its own."""

    name = "copilot.digest"
    label = "digest"

    def ready(self) -> None:
        from copilot.digest import sending  # noqa: F401  registers its queue
