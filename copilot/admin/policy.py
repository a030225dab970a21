"""Admin of the rules on when a salon may write to clients of its own accord."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from copilot.admin.base import OwnLocations
from core.audit import audit_record
from integrations.models import QuietRule

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@admin.register(QuietRule)
class QuietRuleAdmin(OwnLocations):
    """General rows are for the superuser; a location's own are for who tunes its agents."""

    editable = True
    list_display = ("where", "location", "purpose", "day_names", "opens", "closes", "source")
    list_filter = ("region", "purpose")

    @admin.display(description="clients in", ordering="region")
    def where(self, rule: QuietRule) -> str:
        return rule.region or "a state nobody knows"

    @admin.display(description="days")
    def day_names(self, rule: QuietRule) -> str:
        return ", ".join(DAYS[int(digit) - 1] for digit in sorted(set(rule.days)))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        self._audit(request, obj, "changed")

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self._audit(request, obj, "removed")
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for obj in queryset:
            self.delete_model(request, obj)

    def _audit(self, request: HttpRequest, rule: QuietRule, what: str) -> None:
        user: Any = request.user
        audit_record(
            action=f"quiet_rule.{what}",
            actor=user.as_actor(),
            location=rule.location_id or "",
            subject=f"quiet_rule:{rule.pk}",
            facts={"rule": str(rule), "purpose": rule.purpose},
        )
