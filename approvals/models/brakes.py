"""Brakes: what a location or a client was spared, since when, by whom and why."""

from django.db import models
from django.db.models import Q

from core import clock


class SendingPause(models.Model):
    """One stretch during which a location sent nothing. Rows stay: the digest lists them.

    The open one is mirrored in ``Location.sending_paused_at``, which every sending reads.
    """

    location = models.ForeignKey("integrations.Location", on_delete=models.CASCADE)
    reason = models.CharField(max_length=200)
    paused_at = models.DateTimeField(default=clock.now)
    paused_by = models.ForeignKey(
        "integrations.User", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    paused_by_name = models.CharField(max_length=200)
    resumed_at = models.DateTimeField(null=True, blank=True)
    resumed_by = models.ForeignKey(
        "integrations.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    resumed_by_name = models.CharField(max_length=200, blank=True)
    released = models.PositiveIntegerField(default=0, help_text="Texts that had waited for it.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["location"], condition=Q(resumed_at=None), name="one_pause_at_a_time"
            )
        ]
        indexes = [models.Index(fields=["location", "-paused_at"], name="pause_location")]

    def __str__(self) -> str:
        return self.reason


class Mishap(models.Model):
    """Something went wrong at an appointment: what is nice to send steps back until ``until``.

    Aftercare, reviews, retail ideas and marketing for that client wait; confirmations and
    reminders go on. ``item`` is the line by which the manager is told.
    """

    location = models.ForeignKey("integrations.Location", on_delete=models.CASCADE)
    client = models.ForeignKey("integrations.Client", on_delete=models.CASCADE)
    appointment = models.ForeignKey(
        "integrations.Appointment", null=True, blank=True, on_delete=models.SET_NULL
    )
    words = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(default=clock.now)
    until = models.DateTimeField()
    user = models.ForeignKey("integrations.User", null=True, on_delete=models.SET_NULL)
    user_name = models.CharField(max_length=200)
    item = models.ForeignKey(
        "approvals.ApprovalItem", null=True, blank=True, on_delete=models.SET_NULL
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by_name = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["client", "-until"], name="mishap_client")]

    def __str__(self) -> str:
        return f"Something went wrong ({self.user_name})"
