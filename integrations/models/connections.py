"""Connection, Location, StaffMember and the progress of a sync."""

import uuid
from datetime import time
from zoneinfo import ZoneInfo

from django.db import models

from core import clock
from core.secrets import resolve
from integrations.models.base import MirrorRecord, one_per_connection


def platform_choices() -> list[tuple[str, str]]:
    """A function, so that adding a platform makes no migration."""
    from integrations.platforms.base import platforms

    return platforms.choices()


class Connection(models.Model):
    """One account at one platform: base URL, secret references, webhook secret, capabilities."""

    class Status(models.TextChoices):
        SETUP = "setup", "being set up"
        OK = "ok", "working"
        NEEDS_ATTENTION = "needs_attention", "needs attention"
        OFF = "off", "off"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    platform = models.CharField(max_length=40, choices=platform_choices)
    mode = models.CharField(
        max_length=20,
        blank=True,
        help_text="How much the platform offers here; each platform names its own modes.",
    )
    base_url = models.URLField(blank=True)
    token_ref = models.CharField(max_length=200, blank=True)
    webhook_secret_ref = models.CharField(max_length=200, blank=True)
    webhook_secret_previous_ref = models.CharField(max_length=200, blank=True)
    hook_key_sha256 = models.CharField(
        max_length=64,
        blank=True,
        help_text="Of the secret part of the address, where nothing is signed.",
    )
    capabilities = models.JSONField(default=list)
    status = models.CharField(max_length=20, choices=Status, default=Status.SETUP)
    status_reason = models.CharField(max_length=300, blank=True)
    status_at = models.DateTimeField(default=clock.now)
    history_complete = models.BooleanField(
        default=False, help_text="Whether we hold the clients' full history: unknown is not new."
    )
    poll_seconds = models.PositiveIntegerField(default=300)
    polled_until = models.DateTimeField(null=True, blank=True)
    poll_cursors = models.JSONField(
        default=dict, blank=True, help_text="Per kind: the newest change a poll has stored."
    )
    live_since = models.DateTimeField(
        default=clock.now, help_text="What happened before this is history and drafts nothing."
    )
    poll_due_at = models.DateTimeField(default=clock.now)
    rate_per_second = models.PositiveIntegerField(default=20)
    platform_sends = models.JSONField(
        default=list,
        help_text="What the platform already sends by itself (confirmation …): ours stay off.",
    )
    settings = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return self.name

    def secret(self, field: str = "token_ref") -> str:
        """The secret behind a reference field; raises MissingSecret with what to do.

        Resolved once per instance: the webhook view keeps an instance for a few seconds and must
        not ask the database for every delivery.
        """
        held: dict[str, str] = self.__dict__.setdefault("_held_secrets", {})
        ref = getattr(self, field)
        if ref not in held:
            held[ref] = resolve(ref)
        return held[ref]


class Location(MirrorRecord):
    """One salon: its time zone, opening hours and what the desk decided for it."""

    name = models.CharField(max_length=120)
    timezone = models.CharField(max_length=60, default="UTC")
    opening_hours = models.JSONField(
        default=dict, help_text='{"mon": [["09:00", "18:00"]], …}; a missing day is closed.'
    )
    phone = models.CharField(max_length=40, blank=True)
    address = models.CharField(max_length=300, blank=True)
    postal_code = models.CharField(max_length=20, blank=True)
    booking_url = models.URLField(blank=True)
    currency = models.CharField(max_length=3, default="USD")
    resources = models.JSONField(default=list)
    quiet_from = models.TimeField(default="20:00", help_text="No text is sent from this hour …")
    quiet_until = models.TimeField(default="09:00", help_text="… until this one, client's time.")
    tomorrow_ready_at = models.TimeField(
        default="16:00", help_text="When the batch due before the next opening is drafted."
    )
    call_from = models.TimeField(
        default=time(14),
        db_default=time(14),
        help_text="From this hour, who did not answer a confirmation that may be lost is called.",
    )
    sending_paused_at = models.DateTimeField(null=True, blank=True)
    sending_paused_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [one_per_connection("location")]
        permissions = [
            ("review_messages", "decide on messages"),
            ("review_offers", "decide on waitlist offers"),
            ("review_retail", "decide on retail ideas"),
            ("review_changes", "decide on changes to records"),
            ("review_orders", "decide on orders"),
            ("read_digest", "read the manager's digest"),
            ("read_audit", "read the audit"),
            ("ask", "ask the copilot"),
            ("tune_agents", "tune the agents"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class StaffMember(MirrorRecord):
    """Somebody who works at the platform's account; may have a User here."""

    name = models.CharField(max_length=160)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    skills = models.JSONField(default=list)
    roles = models.JSONField(default=list, help_text='[{"location": external id, "role": name}]')
    active = models.BooleanField(default=True)
    user = models.OneToOneField(
        "integrations.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="staff"
    )

    class Meta:
        constraints = [one_per_connection("staff")]

    def __str__(self) -> str:
        return self.name


class SyncRun(models.Model):
    """Progress of a first sync, a poll or an import, for the bar on the page."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="syncs")
    kind = models.CharField(max_length=20)
    started_at = models.DateTimeField(default=clock.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    step = models.CharField(max_length=60, blank=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(null=True, blank=True)
    found_missed = models.PositiveIntegerField(default=0)
    held = models.BooleanField(
        default=False, help_text="Waits for an admin (too many staff vanished)."
    )
    error = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["connection", "-started_at"], name="syncrun_recent")]
