"""QuietRule: when the law lets a salon write to clients of its own accord."""

from datetime import time

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

ANYWHERE = ""


class QuietRule(models.Model):
    """Between which hours of the client's local time messages of one purpose may go out.

    ``region`` is a state ("US-FL"), a country ("US"), or empty: for clients whose state nobody
    knows. Every rule that concerns a client has to allow the hour; a day that a region's rules do
    not name is closed. Rows of a location stand in place of the general ones of that region.
    """

    class Purpose(models.TextChoices):
        MARKETING = "marketing", "offers and news"
        CARE = "care", "follow-ups"

    location = models.ForeignKey(
        "integrations.Location",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        help_text="Empty: every location.",
    )
    region = models.CharField(
        max_length=5,
        blank=True,
        validators=[RegexValidator(r"^(US(-[A-Z]{2})?)?$", "Write US, or a state such as US-FL.")],
        help_text="US, a state such as US-FL, or empty for clients whose state is not known.",
    )
    purpose = models.CharField(max_length=10, choices=Purpose, default=Purpose.MARKETING)
    days = models.CharField(
        max_length=7,
        default="1234567",
        validators=[RegexValidator(r"^[1-7]{1,7}$", "Digits 1 (Monday) to 7 (Sunday).")],
        help_text="Digits: 1 is Monday, 7 is Sunday.",
    )
    opens = models.TimeField(default=time(8))
    closes = models.TimeField(default=time(21))
    source = models.CharField(max_length=200, blank=True, help_text="Where this is from.")

    class Meta:
        ordering = ["region", "location", "days"]
        constraints = [
            models.UniqueConstraint(
                fields=["location", "region", "purpose", "days"],
                nulls_distinct=False,
                name="quiet_rule_once",
            ),
            models.CheckConstraint(
                condition=Q(opens__lt=F("closes")), name="quiet_rule_opens_before_it_closes"
            ),
        ]

    def __str__(self) -> str:
        where = self.region or "anywhere"
        return f"{where}: {self.opens:%H:%M} to {self.closes:%H:%M} on {self.days}"

    def clean(self) -> None:
        if self.opens and self.closes and self.opens >= self.closes:
            raise ValidationError({"closes": "It must end later than it begins."})
