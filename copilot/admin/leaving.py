"""Admin of leaving: what was asked for, and the button for a job that was given up."""

from django.contrib import admin

from copilot.admin.base import WorkAdmin
from copilot.leaving.models import Leaving
from copilot.leaving.work import leaving_queue


@admin.register(Leaving)
class LeavingAdmin(WorkAdmin):
    """It concerns all locations of a connection: the superuser reads it."""

    superuser_only = True
    queue = leaving_queue
    list_display = (
        "connection",
        "kind",
        "state",
        "outcome",
        "asked_by_name",
        "asked_at",
        "done_at",
    )
    list_filter = ("kind", "state", "outcome")
    ordering = ("-asked_at",)
