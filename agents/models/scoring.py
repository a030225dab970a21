"""What was learned from a connection's own past about visits that are lost."""

from django.db import models
from django.db.models import Q

from core import clock


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
