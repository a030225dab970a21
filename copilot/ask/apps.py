from django.apps import AppConfig


class AskConfig(AppConfig):
    """Questions of the desk and their answers, with models of its own."""

    name = "copilot.ask"
    label = "ask"

    def ready(self) -> None:
        from copilot.ask import answering, erasing  # noqa: F401  registers queue and listener
