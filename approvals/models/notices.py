"""Being noticed: devices that may be told, and what they were told."""

from django.db import models
from django.db.models import Q

from core import clock
from core.work import WorkRow, work_indexes


class PushDevice(models.Model):
    """One browser that agreed to be told, of one person. Its keys are the browser's own."""

    user = models.ForeignKey("integrations.User", on_delete=models.CASCADE)
    endpoint = models.URLField(max_length=600)
    endpoint_sha256 = models.CharField(max_length=64, unique=True)
    public_key = models.CharField(max_length=120)
    secret = models.CharField(max_length=60)
    label = models.CharField(max_length=80, blank=True, help_text="Chrome on Android, …")
    created_at = models.DateTimeField(default=clock.now)
    failed_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.label or "A browser"


class Notice(WorkRow):
    """Somebody is told that drafts wait at one location: by push, then by e-mail if unseen.

    It holds numbers and the location, nothing of any client. ``key`` is what it is about, so that
    the same is told to the same person once.
    """

    class Kind(models.TextChoices):
        WAITING = "waiting", "drafts wait"
        SHORT = "short", "time is short"
        MISHAP = "mishap", "something went wrong"
        LATE = "late", "a client comes late"
        BRIEF = "brief", "a brief is to be read"

    user = models.ForeignKey("integrations.User", on_delete=models.CASCADE)
    location = models.ForeignKey("integrations.Location", on_delete=models.CASCADE)
    kind = models.CharField(max_length=10, choices=Kind)
    key = models.CharField(max_length=120)
    created_at = models.DateTimeField(default=clock.now)
    pushed_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)
    emailed_at = models.DateTimeField(null=True, blank=True)
    why = models.CharField(max_length=120, blank=True, help_text="What became of it, in words.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="notice_once")]
        indexes = [
            *work_indexes("notice"),
            models.Index(fields=["user"], name="notice_unseen", condition=Q(seen_at=None)),
        ]
