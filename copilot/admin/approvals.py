"""Admin of drafts and effects: to look at, never to decide. Deciding happens at the desk."""

from django.contrib import admin

from approvals.effects import effects_queue
from approvals.models import (
    Absence,
    ApprovalItem,
    CallOutcome,
    Effect,
    LocationTrust,
    ObservedDraft,
    ScheduleConflict,
    SendingPause,
)
from copilot.admin.base import OwnLocations, WorkAdmin


@admin.register(ApprovalItem)
class ApprovalItemAdmin(OwnLocations):
    list_display = ("created_at", "title", "location", "agent", "state", "stage", "loss_risk")
    list_filter = ("state", "agent", "stage")
    search_fields = ("title", "subject")
    ordering = ("-id",)
    exclude = ("known_facts",)


@admin.register(Effect)
class EffectAdmin(WorkAdmin):
    location_path = "item__location"
    queue = effects_queue
    list_display = ("created_at", "item", "type", "state", "outcome", "attempts", "plain_error")
    list_filter = ("state", "outcome", "type")
    search_fields = ("key", "reference")
    ordering = ("-id",)
    exclude = ("body", "lease_token")


@admin.register(ScheduleConflict)
class ScheduleConflictAdmin(OwnLocations):
    list_display = ("starts_at", "kind", "location", "staff", "state", "reason")
    list_filter = ("state", "kind")
    ordering = ("-starts_at",)


@admin.register(SendingPause)
class SendingPauseAdmin(OwnLocations):
    """When a location sent nothing, who pressed, and why."""

    list_display = ("paused_at", "location", "reason", "paused_by_name", "resumed_at", "released")
    ordering = ("-id",)


@admin.register(CallOutcome)
class CallOutcomeAdmin(OwnLocations):
    """Calls and what they led to."""

    list_display = ("at", "location", "kind", "user_name", "appointment", "undone_at")
    list_filter = ("kind",)
    ordering = ("-id",)


@admin.register(Absence)
class AbsenceAdmin(OwnLocations):
    list_display = ("starts_at", "ends_at", "staff", "location", "told_by_name")
    ordering = ("-id",)


@admin.register(ObservedDraft)
class ObservedDraftAdmin(OwnLocations):
    """Drafts that were only kept, beside what staff did by themselves."""

    list_display = ("drafted_at", "agent", "location", "outcome", "similarity", "minutes")
    list_filter = ("agent", "outcome")
    ordering = ("-id",)


@admin.register(LocationTrust)
class LocationTrustAdmin(OwnLocations):
    """What managers set on the quality page: changed there, looked at here."""

    list_display = ("location", "seeded_percent", "earn_after", "most_value", "changed_by")
    ordering = ("location",)
