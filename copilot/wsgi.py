"""Pages and webhooks, served over WSGI (three to eight times the throughput of ASGI here)."""

import os
from threading import Thread

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "copilot.settings")
application = get_wsgi_application()


def _warm() -> None:
    from approvals.rescheduling.choosing import warm_up

    warm_up()


# The first who is told that somebody is out would wait for the solver to load. No worker solves.
Thread(target=_warm, name="warm-up", daemon=True).start()
