"""Handing the desk over: who offered, who took it, and how much of what there was."""

from django.db import models

from core import clock


class HandOver(models.Model):
    """One shift hands a location to the next. What is handed over is read anew each time.

    ``found``: {section: how many}, as it stood when it was offered.
    """

    location = models.ForeignKey("integrations.Location", on_delete=models.CASCADE)
    given_by = models.ForeignKey(
        "integrations.User", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    given_by_name = models.CharField(max_length=200)
    given_at = models.DateTimeField(default=clock.now)
    found = models.JSONField(default=dict)
    accepted_by = models.ForeignKey(
        "integrations.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    accepted_by_name = models.CharField(max_length=200, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["location"],
                condition=models.Q(accepted_at=None),
                name="one_open_hand_over",
            )
        ]
