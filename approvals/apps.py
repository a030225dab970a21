from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    name = "approvals"

    def ready(self) -> None:
        """The listeners and the queue register themselves at import."""
        from approvals import (  # noqa: F401
            actions_absences,
            actions_offers,
            conversing,
            effects,
            leaving,
            listeners,
            written_back,
        )
        from approvals.absences import hooks  # noqa: F401
        from approvals.ladders import listening  # noqa: F401
        from approvals.schedule import marking  # noqa: F401
