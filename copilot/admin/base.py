"""Base of the admin pages: rows of one's own locations, and read-only where people may not edit."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Model, Q, QuerySet, URLField
from django.http import HttpRequest

from approvals.permissions import rights_of
from core.work import Queue
from integrations.models import Location


def tuned_locations(request: HttpRequest) -> list[int] | None:
    """Locations whose agents this person may tune; None means all (a superuser)."""
    user: Any = request.user
    if user.is_superuser:
        return None
    return rights_of(user).locations_with("tune_agents")


class OwnLocations(admin.ModelAdmin):
    """Shows rows of the locations a person tunes. ``location_path`` leads from the row to it.

    ``connection_path`` leads to the connection instead, for rows that belong to a whole connection.
    """

    location_path: ClassVar[str] = "location"
    connection_path: ClassVar[str] = ""
    superuser_only: ClassVar[bool] = False
    editable: ClassVar[bool] = False
    list_per_page = 50
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        own = tuned_locations(request)
        if own is None:
            return rows
        if self.connection_path:
            connections = Location.objects.filter(pk__in=own).values("connection")
            return rows.filter(**{f"{self.connection_path}__in": connections})
        return rows.filter(Q(**{f"{self.location_path}__in": own}))

    def _may(self, request: HttpRequest) -> bool:
        own = tuned_locations(request)
        return own is None or (bool(own) and not self.superuser_only)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._may(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._may(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.editable and self._may(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.editable and self._may(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if isinstance(db_field, URLField):
            kwargs["assume_scheme"] = "https"
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Offer only own locations in a location field."""
        form = super().get_form(request, obj, change, **kwargs)
        own = tuned_locations(request)
        field: Any = form.base_fields.get("location")
        if own is not None and field is not None:
            field.queryset = Location.objects.filter(pk__in=own)
            field.required = True
        return form


class WorkAdmin(OwnLocations):
    """Read-only rows of durable work, with a button for the dead ones."""

    queue: ClassVar[Queue[Any]]
    actions = ("put_back_to_work",)

    @admin.action(description="Put back to work (dead rows)")
    def put_back_to_work(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        done = sum(self.queue.revive(row.pk) for row in rows)
        left = rows.count() - done
        text = f"{done} put back to work."
        if left:
            text += f" {left} were not dead and stay as they are."
        self.message_user(request, text, messages.SUCCESS if done else messages.WARNING)
