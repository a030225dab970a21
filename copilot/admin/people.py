"""Admin of people and rights."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.http import HttpRequest

from copilot.admin.base import OwnLocations
from core.audit import audit_record
from integrations.models import HandGrant, Pin, RoleRight, StaffMember, Station, User


@admin.register(RoleRight)
class RoleRightAdmin(OwnLocations):
    """Which right a platform role brings here; saving re-applies it everywhere at once."""

    superuser_only = True
    editable = True
    list_display = ("role", "right")
    list_filter = ("role", "right")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        user: Any = request.user
        return bool(user.is_superuser)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        self._apply(request, f"{obj.role} may {obj.right}")

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        super().delete_model(request, obj)
        self._apply(request, f"{obj.role} may no longer {obj.right}")

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        super().delete_queryset(request, queryset)
        self._apply(request, "several rights taken away")

    def _apply(self, request: HttpRequest, what: str) -> None:
        user: Any = request.user
        audit_record(action="rights.changed", actor=user.as_actor(), facts={"what": what})
        self.message_user(request, "Applied to every location.", messages.SUCCESS)


@admin.register(StaffMember)
class StaffMemberAdmin(OwnLocations):
    connection_path = "connection"
    list_display = ("name", "connection", "active", "user")
    list_filter = ("active",)
    search_fields = ("name", "email")


@admin.register(HandGrant)
class HandGrantAdmin(OwnLocations):
    list_display = ("user", "location", "role", "ends_on", "granted_by")


@admin.register(Station)
class StationAdmin(OwnLocations):
    """Made and ended on the page Stations, on the device itself; here to look at."""

    list_display = ("name", "location", "counter", "last_person", "created_by", "revoked_at")
    list_filter = ("counter",)
    search_fields = ("name",)
    exclude = ("secret_sha256",)


@admin.register(Pin)
class PinAdmin(OwnLocations):
    """Who has a PIN, and who is locked out. Its hash is shown to nobody."""

    superuser_only = True
    list_display = ("user", "temporary", "failures", "locked_at", "set_at", "set_by")
    search_fields = ("user__name", "user__email")
    exclude = ("digest",)


@admin.register(User)
class UserAdmin(OwnLocations):
    """Accounts come by invitation; here they can be looked at and switched off."""

    superuser_only = True
    editable = True
    list_display = ("email", "name", "is_active", "is_superuser", "last_login")
    search_fields = ("email", "name")
    fields = ("email", "name", "is_active", "is_staff", "is_superuser", "last_login")
    readonly_fields = ("email", "last_login")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


if admin.site.is_registered(Group):
    admin.site.unregister(Group)
