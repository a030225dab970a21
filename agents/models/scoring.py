"""What was learned from a connection's own past about visits that are lost."""

from django.db import models
from django.db.models import Q

from core import clock
from core.work import WorkRow, work_indexes


class RiskModel(models.Model):
    """One fit of the scorer: its data, its figures, its coefficients, and whether it is in use.

    ``scorer`` is ``agents.scoring.fitting.Scorer`` as JSON. ``figures`` hold what decided about it:
    Brier and area under the curve of it and of the one in use, on rows that neither had seen.
    """

    class State(models.TextChoices):
        IN_USE = "in_use", "in use"
        NOT_BETTER = "not_better", "not better than the one in use"
        REPLACED = "replaced", "replaced"

    connection = models.ForeignKey(
        "integrations.Connection", on_delete=models.CASCADE, related_name="risk_models"
    )
    state = models.CharField(max_length=12, choices=State)
    fitted_at = models.DateTimeField(default=clock.now)
    data_from = models.DateTimeField()
    data_to = models.DateTimeField()
    rows = models.PositiveIntegerField("visits learned from")
    lost = models.PositiveIntegerField("of them lost")
    figures = models.JSONField(default=dict)
    scorer = models.JSONField(default=dict)
    drift = models.JSONField(default=dict, help_text="How it did on the visits since, by night.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection"], condition=Q(state="in_use"), name="risk_model_in_use"
            )
        ]
        ordering = ["-fitted_at"]

    def __str__(self) -> str:
        return f"{self.rows} visits until {self.data_to:%Y-%m-%d}, {self.get_state_display()}"


class VisitRisk(WorkRow):
    """The loss risk of one upcoming appointment as the facts stand now, and the work of scoring it
    again: a fact that changed puts the row back to *waiting*.

    ``starts_at`` is the time it was scored for. ``stand_ins`` are waitlist entries (ids, best
    first) that would fit its time if it were given up: ranked beforehand, shown to nobody, and
    nothing is held.
    """

    class Level(models.TextChoices):
        NONE = "", "not scored"
        LOW = "low", "low"
        MEDIUM = "medium", "medium"
        HIGH = "high", "high"

    appointment = models.OneToOneField(
        "integrations.Appointment", on_delete=models.CASCADE, related_name="visit_risk"
    )
    level = models.CharField(max_length=8, choices=Level, default=Level.NONE, blank=True)
    chance = models.FloatField(default=0)
    reasons = models.JSONField(default=list)
    starts_at = models.DateTimeField(null=True, blank=True)
    was_high = models.BooleanField(default=False, help_text="At some time before this very start.")
    scored_at = models.DateTimeField(null=True, blank=True)
    stand_ins = models.JSONField(default=list)

    class Meta:
        indexes = work_indexes("visit_risk")

    def __str__(self) -> str:
        return f"appointment {self.appointment_id}: {self.level or 'not scored'}"
