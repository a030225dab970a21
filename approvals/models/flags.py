"""A draft that somebody on the desk wants an admin to look at."""

from django.db import models
from django.db.models import Q

from core import clock


class Flag(models.Model):
    """One press on "Flag this": whose, on which draft, in what words; and what an admin said to it.

    ``words`` and ``answer`` may be about a client, and leave with the draft's texts.
    """

    item = models.ForeignKey(
        "approvals.ApprovalItem", on_delete=models.CASCADE, related_name="flags"
    )
    by = models.ForeignKey(
        "integrations.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    by_name = models.CharField(max_length=200)
    words = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField(default=clock.now)
    answer = models.CharField(max_length=500, blank=True)
    settled_by_name = models.CharField(max_length=200, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item", "by"], condition=Q(settled_at=None), name="flag_once"
            )
        ]
        indexes = [models.Index(fields=["settled_at", "-id"], name="flag_open")]

    def __str__(self) -> str:
        return f"flagged by {self.by_name}"
