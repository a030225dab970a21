"""The inbox: a delivery from a platform, a poll, a file or the clock, stored before all else."""

from django.db import models

from core import clock
from core.work import WorkRow, work_indexes


class InboundEvent(WorkRow):
    """One delivery. ``body`` is the exact bytes; (connection, delivery_id) is unique."""

    class Source(models.TextChoices):
        WEBHOOK = "webhook", "webhook"
        POLL = "poll", "poll"
        CLOCK = "clock", "clock"
        FILE = "file", "file"

    class Outcome(models.TextChoices):
        NONE = "", "not yet"
        ANNOUNCED = "announced", "announced"
        NOTHING_NEW = "nothing_new", "nothing new"
        IGNORED = "ignored", "ignored (unknown kind)"
        ODD = "odd", "kept aside (could not be read)"
        MISSED = "missed", "missed while down"

    # No index of its own: delivery_once begins with it, and every index is paid per webhook.
    connection = models.ForeignKey(
        "integrations.Connection", on_delete=models.CASCADE, db_index=False
    )
    delivery_id = models.CharField(max_length=200)
    source = models.CharField(max_length=8, choices=Source)
    kind = models.CharField(max_length=80, blank=True)
    body = models.BinaryField(default=b"")
    body_sha256 = models.CharField(max_length=64, blank=True)
    received_at = models.DateTimeField(default=clock.now)
    outcome = models.CharField(max_length=12, choices=Outcome, default=Outcome.NONE, blank=True)
    announced = models.JSONField(default=list, help_text="Keys of the Events it became.")
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "delivery_id"], name="delivery_once")
        ]
        indexes = [
            *work_indexes("inbound"),
            models.Index(fields=["connection", "-received_at"], name="inbound_recent"),
        ]


class ListenerRetry(WorkRow):
    """A listener that raised on an Event, to be tried again without troubling the others."""

    listener = models.CharField(max_length=80)
    event_key = models.CharField(max_length=200)
    event = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["listener", "event_key"], name="listener_event_once")
        ]
        indexes = work_indexes("listener")
