"""The Celery app. Messages are doorbells only; the work is in Postgres (see core/work.py)."""

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "copilot.settings")

app = Celery("copilot")
# Celery's current app belongs to the thread that made it: without this a web thread or the doorbell
# would publish through an unconfigured app, to a broker that is not there.
app.set_default()
app.config_from_object("django.conf:settings", namespace="CELERY")
PARTS = (
    "core",
    "integrations",
    "approvals",
    "agents",
    "copilot",
    "copilot.digest",
    "copilot.ask",
    "copilot.leaving",
    "copilot.visits",
)
app.autodiscover_tasks(PARTS)
app.conf.beat_schedule = {
    "sweep": {
        "task": "core.sweep",
        "schedule": 2.0,
        "options": {"queue": "routine", "expires": 10},
    },
    "seal": {
        "task": "core.audit_seal",
        "schedule": 1.0,
        "options": {"queue": "routine", "expires": 5},
    },
    "clock": {
        "task": "integrations.clock_tick",
        "schedule": 15.0,
        "options": {"queue": "routine", "expires": 60},
    },
    "poll": {
        "task": "integrations.poll_due",
        "schedule": 30.0,
        "options": {"queue": "routine", "expires": 60},
    },
    "mailboxes": {
        "task": "integrations.channels_poll",
        "schedule": 20.0,
        "options": {"queue": "routine", "expires": 60},
    },
    "retention": {
        "task": "approvals.texts_expire",
        "schedule": 900.0,
        "options": {"queue": "routine", "expires": 600},
    },
    "answers": {
        "task": "ask.turns_expire",
        "schedule": 900.0,
        "options": {"queue": "routine", "expires": 600},
    },
    "contexts": {
        "task": "agents.runs_expire",
        "schedule": 900.0,
        "options": {"queue": "routine", "expires": 600},
    },
    "expire": {
        "task": "approvals.items_expire",
        "schedule": 5.0,
        "options": {"queue": "routine", "expires": 15},
    },
    "notices": {
        "task": "approvals.notices_look",
        "schedule": 20.0,
        "options": {"queue": "routine", "expires": 30},
    },
    "briefs": {
        "task": "visits.briefs_look",
        "schedule": 60.0,
        "options": {"queue": "routine", "expires": 50},
    },
    "attention": {
        "task": "approvals.attention_look",
        "schedule": 300.0,
        "options": {"queue": "routine", "expires": 200},
    },
    "ladders": {
        "task": "approvals.ladders_tick",
        "schedule": 1.0,
        "options": {"queue": "routine", "expires": 5},
    },
    "risks": {
        "task": "agents.risk_look",
        "schedule": 60.0,
        "options": {"queue": "routine", "expires": 50},
    },
    # Sent within five minutes of its time; looking is a few small reads.
    "digests": {
        "task": "digest.look",
        "schedule": 60.0,
        "options": {"queue": "routine", "expires": 50},
    },
    "leaving": {
        "task": "leaving.tidy",
        "schedule": crontab(hour=10, minute=40),
        "options": {"queue": "routine", "expires": 3600},
    },
    "material": {
        "task": "agents.knowledge_read",
        "schedule": crontab(hour=9, minute=50),
        "options": {"queue": "routine", "expires": 3600},
    },
    "retail": {
        "task": "agents.retail_refit",
        "schedule": crontab(hour=10, minute=20),
        "options": {"queue": "routine", "expires": 3600},
    },
    "returning": {
        "task": "agents.returning_night",
        "schedule": crontab(hour=9, minute=35),
        "options": {"queue": "routine", "expires": 3600},
    },
    "returning-first": {
        "task": "agents.returning_first",
        "schedule": 60.0,
        "options": {"queue": "routine", "expires": 50},
    },
    # Once a day, while nobody books and the model's lanes are idle.
    "prove": {
        "task": "core.audit_prove",
        "schedule": crontab(hour=10, minute=10),
        "options": {"queue": "routine", "expires": 3600},
    },
    "risk": {
        "task": "agents.risk_refit",
        "schedule": crontab(hour=9, minute=20),
        "options": {"queue": "routine", "expires": 3600},
    },
}
