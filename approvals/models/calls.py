"""Telephone: what a call led to, and whom somebody wants called."""

from django.db import models
from django.db.models import Q

from core import clock


class CallOutcome(models.Model):
    """What one call led to: who called, when, about which appointment. Rows are never changed,
    except that a wrong press is marked as taken back.

    ``item`` is the draft by which the platform is told, where there was something to tell.
    """

    class Kind(models.TextChoices):
        CONFIRMED = "confirmed", "confirmed by phone"
        MOVED = "moved", "moved"
        CANCELLED = "cancelled", "cancelled"
        VOICEMAIL = "voicemail", "left a voicemail"
        LATE = "late", "running late"
        STOPPED = "stopped", "asked us to stop texting"

    # After these there is nothing more to call about.
    SETTLES = (Kind.CONFIRMED, Kind.MOVED, Kind.CANCELLED)

    location = models.ForeignKey("integrations.Location", on_delete=models.CASCADE)
    client = models.ForeignKey("integrations.Client", on_delete=models.CASCADE)
    appointment = models.ForeignKey(
        "integrations.Appointment", null=True, blank=True, on_delete=models.SET_NULL
    )
    kind = models.CharField(max_length=12, choices=Kind)
    key = models.CharField(max_length=80, help_text="Comes with the form: two presses are one.")
    user = models.ForeignKey("integrations.User", null=True, on_delete=models.SET_NULL)
    user_name = models.CharField(max_length=200)
    at = models.DateTimeField(default=clock.now)
    starts_at = models.DateTimeField(null=True, blank=True, help_text="The time it was about.")
    moved_to = models.DateTimeField(null=True, blank=True)
    minutes = models.PositiveSmallIntegerField(null=True, blank=True, help_text="How late.")
    words = models.CharField(max_length=300, blank=True)
    item = models.ForeignKey(
        "approvals.ApprovalItem", null=True, blank=True, on_delete=models.SET_NULL
    )
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by_name = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "key"], name="call_once")]
        indexes = [
            models.Index(fields=["client", "-at"], name="call_client"),
            models.Index(fields=["appointment", "-at"], name="call_appointment"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.user_name})"


class CallWish(models.Model):
    """Somebody is to be called, and why: one line on To call until a call settles it.

    ``key`` names the reason's own occasion; the same key again changes the line, adds none.
    """

    location = models.ForeignKey("integrations.Location", on_delete=models.CASCADE)
    client = models.ForeignKey("integrations.Client", on_delete=models.CASCADE)
    appointment = models.ForeignKey(
        "integrations.Appointment", null=True, blank=True, on_delete=models.SET_NULL
    )
    item = models.ForeignKey(
        "approvals.ApprovalItem", null=True, blank=True, on_delete=models.SET_NULL
    )
    reason = models.CharField(max_length=200)
    key = models.CharField(max_length=120)
    due_at = models.DateTimeField(help_text="After this a call is of no use any more.")
    created_at = models.DateTimeField(default=clock.now)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by_name = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["location", "key"], name="call_wish_once")]
        indexes = [
            models.Index(
                fields=["location", "due_at"], name="call_wish_open", condition=Q(settled_at=None)
            )
        ]

    def __str__(self) -> str:
        return self.reason
