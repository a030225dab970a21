"""Admin of the digest: what became of each mail, and the button for those that were given up."""

from django.contrib import admin

from agents.models import VisitRisk
from agents.scoring.rescoring import rescore_queue
from copilot.admin.base import WorkAdmin
from copilot.digest.models import Digest
from copilot.digest.sending import digest_queue


@admin.register(Digest)
class DigestAdmin(WorkAdmin):
    """A row belongs to a person, not to a location: the superuser reads it."""

    superuser_only = True
    queue = digest_queue
    list_display = ("day", "user", "state", "outcome", "mailed_at", "opened_at", "last_error")
    list_filter = ("state", "outcome")
    ordering = ("-day", "user")


@admin.register(VisitRisk)
class VisitRiskAdmin(WorkAdmin):
    queue = rescore_queue
    location_path = "appointment__location"
    list_display = ("appointment", "level", "chance", "starts_at", "scored_at", "state")
    list_filter = ("level", "state")
    ordering = ("-scored_at",)
