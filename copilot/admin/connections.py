"""Admin of connections and of what came in through them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html

from copilot.admin.base import OwnLocations, WorkAdmin
from core import secrets
from core.audit import audit_record
from integrations.inbox import inbox_queue
from integrations.models import Connection, InboundEvent, Location, SyncRun


class ConnectionForm(forms.ModelForm):
    """Secrets are typed into fields of their own: stored encrypted, never shown again."""

    base_url = forms.URLField(required=False, assume_scheme="https")
    token = forms.CharField(
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Leave empty to keep the one in use. It is never shown again.",
    )
    webhook_secret = forms.CharField(
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Leave empty to keep it. The one before stays valid until the next change.",
    )

    platform_sends = forms.JSONField(
        required=False,
        help_text='What the platform sends by itself, e.g. ["confirmation"]: ours stay off.',
    )

    class Meta:
        model = Connection
        fields = (
            "name",
            "platform",
            "mode",
            "base_url",
            "poll_seconds",
            "rate_per_second",
            "platform_sends",
            "history_complete",
        )

    def clean_platform_sends(self) -> list[str]:
        return self.cleaned_data["platform_sends"] or []

    def save(self, commit: bool = True) -> Any:
        connection: Connection = super().save(commit=False)
        if self.cleaned_data["token"]:
            connection.token_ref = secrets.store(
                f"{connection.name} token", self.cleaned_data["token"]
            )
        if self.cleaned_data["webhook_secret"]:
            connection.webhook_secret_previous_ref = connection.webhook_secret_ref
            connection.webhook_secret_ref = secrets.store(
                f"{connection.name} webhook secret", self.cleaned_data["webhook_secret"]
            )
        if commit:
            connection.save()
        return connection


@admin.register(Connection)
class ConnectionAdmin(OwnLocations):
    superuser_only = True
    editable = True
    form = ConnectionForm
    list_display = ("name", "platform", "mode", "status_words", "history_complete")
    readonly_fields = ("status_words", "status_at", "capabilities")

    @admin.display(description="status")
    def status_words(self, connection: Connection) -> str:
        words = connection.get_status_display()
        if connection.status == Connection.Status.NEEDS_ATTENTION:
            return format_html("<strong>{}</strong>: {}", words, connection.status_reason)
        return words

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        user: Any = request.user
        audit_record(
            action="connection.changed",
            actor=user.as_actor(),
            connection=obj.pk,
            subject=f"connection:{obj.pk}",
            facts={"fields": sorted(form.changed_data)},
        )


@admin.register(Location)
class LocationAdmin(OwnLocations):
    location_path = "pk"
    editable = True
    list_display = ("name", "connection", "timezone", "sending_paused_at")
    fields = (
        "name",
        "timezone",
        "phone",
        "booking_url",
        "quiet_from",
        "quiet_until",
        "tomorrow_ready_at",
        "call_from",
    )
    readonly_fields = ("name", "timezone", "phone")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(InboundEvent)
class InboundEventAdmin(WorkAdmin):
    """What came in: the odd and the ignored are kept here to be looked at."""

    connection_path = "connection"
    queue = inbox_queue
    list_display = ("received_at", "connection", "source", "kind", "state", "outcome", "attempts")
    list_filter = ("outcome", "state", "source")
    search_fields = ("delivery_id", "kind")
    ordering = ("-id",)
    exclude = ("body", "lease_token")
    readonly_fields = ("body_text",)

    @admin.display(description="what it said")
    def body_text(self, row: InboundEvent) -> str:
        return format_html("<pre>{}</pre>", bytes(row.body).decode("utf-8", "replace")[:20_000])


@admin.register(SyncRun)
class SyncRunAdmin(OwnLocations):
    connection_path = "connection"
    list_display = ("started_at", "connection", "kind", "step", "done", "total", "found_missed")
    list_filter = ("kind", "held")
    ordering = ("-id",)
