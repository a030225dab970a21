from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    name = "approvals"

    def ready(self) -> None:
        """The listeners and the queue register themselves at import."""
        from approvals import actions_offers, conversing, effects, leaving, listeners  # noqa: F401
        from approvals.ladders import listening  # noqa: F401
