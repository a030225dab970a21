"""Admin of core: the audit, read-only. Secrets are typed on the connection and never listed."""

from django.contrib import admin
from django.http import HttpRequest

from copilot.admin.base import OwnLocations
from core.models import AuditEvent


@admin.register(AuditEvent)
class AuditEventAdmin(OwnLocations):
    superuser_only = True
    list_display = ("at", "action", "actor_name", "subject", "client", "connection")
    list_filter = ("action",)
    search_fields = ("subject", "client", "actor_name", "correlation")
    date_hierarchy = "at"
    ordering = ("-id",)

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
