"""What the impact page has to assume, because no record says it."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from core import clock

CALL_MINUTES = Decimal(4)


class ImpactAssumption(models.Model):
    """One location's own figures. Without a row the defaults hold.

    ``call_minutes``: how long one call would have taken that an answer by text or link replaced,
    with dialling and voicemail. ``hour_cost``: what an hour at the desk costs; empty: hours are
    not turned into money.
    """

    location = models.OneToOneField(
        "integrations.Location", on_delete=models.CASCADE, related_name="impact_assumption"
    )
    call_minutes = models.DecimalField(
        max_digits=4,
        decimal_places=1,
        default=CALL_MINUTES,
        validators=[MinValueValidator(Decimal("0.5")), MaxValueValidator(Decimal(30))],
    )
    hour_cost = models.DecimalField(max_digits=8, decimal_places=2, null=True, blank=True)
    changed_by = models.CharField(max_length=200, blank=True)
    changed_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"{self.location}: {self.call_minutes} min a call"
