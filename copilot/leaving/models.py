"""Leaving: the jobs that pack or erase a connection's data, and the packed file itself."""

from django.db import models
from django.db.models import Q

from core import clock
from core.work import WorkRow, work_indexes


class Leaving(WorkRow):
    """One export or one erasure of a connection, and the work of it.

    ``tables`` holds what was counted: ``[{table, before, after}]``; of an export ``after`` is null.
    ``proof`` is what proving the audit afterwards found. The row itself stays after an erasure: it
    is the proof.
    """

    class Kind(models.TextChoices):
        EXPORT = "export", "export"
        ERASE = "erase", "erasure"

    class Outcome(models.TextChoices):
        NONE = "", "not yet"
        READY = "ready", "ready to be taken"
        TAKEN = "taken", "taken"
        GONE = "gone", "nobody took it in time"
        ERASED = "erased", "erased"
        STOPPED = "stopped", "stopped in time"

    connection = models.ForeignKey(
        "integrations.Connection", on_delete=models.CASCADE, related_name="leavings"
    )
    kind = models.CharField(max_length=8, choices=Kind)
    outcome = models.CharField(max_length=8, choices=Outcome, default=Outcome.NONE, blank=True)
    asked_by = models.ForeignKey(
        "integrations.User", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    asked_by_name = models.CharField(max_length=200)
    asked_at = models.DateTimeField(default=clock.now)
    step = models.CharField(max_length=60, blank=True)
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(default=0)
    tables = models.JSONField(default=list)
    size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    proof = models.JSONField(default=dict)
    done_at = models.DateTimeField(null=True, blank=True)
    taken_at = models.DateTimeField(null=True, blank=True)
    taken_by_name = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "kind"],
                condition=Q(outcome="", state__in=["waiting", "leased"]),
                name="leaving_one_at_a_time",
            )
        ]
        indexes = work_indexes("leaving")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.connection_id}"

    @property
    def percent(self) -> int:
        return min(100, 100 * self.done // self.total) if self.total else 0


class LeavingPart(models.Model):
    """A piece of the packed file. In the database and not on a disk: the worker that packs and the
    web process that hands it out need not share one. Deleted once the file was taken."""

    leaving = models.ForeignKey(Leaving, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    body = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["leaving", "number"], name="leaving_part_once")
        ]
