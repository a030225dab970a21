"""Who read the brief of a visit, and which."""

from django.db import models

from core import clock


class BriefRead(models.Model):
    """A therapist's tick. ``item`` is the brief as it was then: a newer one is to be read anew."""

    appointment = models.ForeignKey("integrations.Appointment", on_delete=models.CASCADE)
    item = models.ForeignKey("approvals.ApprovalItem", on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(
        "integrations.User", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    user_name = models.CharField(max_length=160)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["appointment", "item"], name="brief_read_once")
        ]

    def __str__(self) -> str:
        return f"{self.user_name}, {self.at:%Y-%m-%d %H:%M}"
