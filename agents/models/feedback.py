"""What was learned from a connection's own reviews."""

from django.db import models

from core import clock


class LowStarsModel(models.Model):
    """Which words go with few stars at one connection; one row, replaced by night.

    ``fitted`` is ``agents.feedback.learning.LowStars`` as JSON. ``figures``: its area under the
    curve on reviews it had not seen, and that of the hand-written words.
    """

    connection = models.OneToOneField(
        "integrations.Connection", on_delete=models.CASCADE, related_name="low_stars"
    )
    fitted_at = models.DateTimeField(default=clock.now)
    reviews = models.PositiveIntegerField()
    in_use = models.BooleanField(default=False, help_text="Better than the hand-written words.")
    figures = models.JSONField(default=dict)
    fitted = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.reviews} reviews, {'in use' if self.in_use else 'not better'}"
