"""ChannelAccount: the salon's own number or mailbox."""

import uuid
from typing import Any

from django.db import models
from django.db.models import Q

from core import clock
from core.secrets import resolve


def channel_choices() -> list[tuple[str, str]]:
    """A function, so that adding a channel makes no migration."""
    from integrations.channels.base import channels

    return channels.choices()


class ChannelAccount(models.Model):
    """A number or mailbox that a location sends from, instead of the platform's communications.

    ``location`` empty: for every location of the connection that has none of its own. ``secrets``
    holds references (``env:…``, ``file:…``, ``db:…``) by the channel's field names, ``settings``
    the other fields, ``state`` what a mailbox poll has to remember.
    """

    class Status(models.TextChoices):
        SETUP = "setup", "being set up"
        OK = "ok", "working"
        NEEDS_ATTENTION = "needs_attention", "needs attention"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    connection = models.ForeignKey(
        "integrations.Connection", on_delete=models.CASCADE, related_name="channel_accounts"
    )
    location = models.ForeignKey(
        "integrations.Location", null=True, blank=True, on_delete=models.CASCADE
    )
    channel = models.CharField(max_length=40, choices=channel_choices)
    address = models.CharField(max_length=254, help_text="The number (+1…) or mailbox.")
    secrets = models.JSONField(default=dict, blank=True)
    settings = models.JSONField(default=dict, blank=True)
    enabled = models.BooleanField(default=False)
    status = models.CharField(max_length=20, choices=Status, default=Status.SETUP)
    status_reason = models.CharField(max_length=300, blank=True)
    status_at = models.DateTimeField(default=clock.now)
    state = models.JSONField(default=dict, blank=True)
    poll_due_at = models.DateTimeField(default=clock.now)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "location", "channel"],
                condition=Q(enabled=True),
                nulls_distinct=False,
                name="channel_once_per_location",
            )
        ]
        indexes = [models.Index(fields=["enabled", "poll_due_at"], name="channel_poll_due")]

    def __str__(self) -> str:
        return f"{self.channel} {self.address}"

    def secret(self, name: str) -> str:
        """The secret behind a field; raises MissingSecret with what to do.

        Resolved once per instance: the webhook view keeps an instance for a few seconds.
        """
        held: dict[str, str] = self.__dict__.setdefault("_held_secrets", {})
        if name not in held:
            held[name] = resolve(self.secrets.get(name, ""))
        return held[name]

    def has_secret(self, name: str) -> bool:
        return bool(self.secrets.get(name))

    def setting(self, name: str, default: Any = "") -> Any:
        """A setting, or ``default`` where it is missing or empty."""
        value = self.settings.get(name)
        return default if value in (None, "") else value


class ChannelChoice(models.Model):
    """Which way a location's texts or e-mails go, where somebody chose.

    ``account`` empty: the platform's own communications. Without a row a location uses its own
    number or mailbox, else the connection's, else the platform.
    """

    location = models.ForeignKey(
        "integrations.Location", on_delete=models.CASCADE, related_name="channel_choices"
    )
    kind = models.CharField(max_length=10, choices=[("sms", "texts"), ("email", "e-mails")])
    account = models.ForeignKey(
        ChannelAccount, null=True, blank=True, on_delete=models.CASCADE, related_name="choices"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["location", "kind"], name="channel_choice_once_per_kind"
            )
        ]
