"""What texts of one location may say, and what the model may cost there."""

from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models


class LocationRules(models.Model):
    """One row per location; without one the defaults hold."""

    location = models.OneToOneField(
        "integrations.Location", on_delete=models.CASCADE, related_name="rules"
    )
    links = models.TextField(
        blank=True,
        help_text="Web addresses that a draft may mention, one per line. The booking page and the "
        "links of open forms are always allowed. Any other link is marked.",
    )
    never_say = models.TextField(
        "words we never use",
        blank=True,
        help_text="One word or phrase per line, for example a nickname or a rival's name.",
    )
    longest_text = models.PositiveSmallIntegerField(
        "longest text message",
        default=480,
        validators=[MinValueValidator(80)],
        help_text="In characters. A text message part holds 160.",
    )
    health_to_model = models.BooleanField(
        "the model may read health notes",
        default=False,
        help_text="Off: a sentence about health in a note is left out before a model sees it.",
    )
    daily_budget = models.DecimalField(
        "daily budget (USD)",
        max_digits=8,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
        help_text="What the model may cost here in a day. Above it drafts are the standard texts. "
        "Empty: no limit.",
    )
    monthly_budget = models.DecimalField(
        "monthly budget (USD)",
        max_digits=8,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
        help_text="The same for a calendar month.",
    )
    warned_day = models.DateField(null=True, blank=True, editable=False)
    warned_month = models.DateField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "what drafts may say"
        verbose_name_plural = "what drafts may say"

    def __str__(self) -> str:
        return f"Rules of {self.location}"

    @property
    def allowed_links(self) -> tuple[str, ...]:
        return _lines(self.links)

    @property
    def banned(self) -> tuple[str, ...]:
        return _lines(self.never_say)


class PriceOffer(models.Model):
    """Money off that a text may mention. What is not in this table is marked."""

    location = models.ForeignKey("integrations.Location", on_delete=models.CASCADE)
    words = models.CharField(
        max_length=200,
        help_text="As a text may say it, for example: 20% off your second visit in June.",
    )
    starts_on = models.DateField(null=True, blank=True, help_text="Empty: at once.")
    ends_on = models.DateField(null=True, blank=True, help_text="The last day. Empty: until ended.")

    class Meta:
        verbose_name = "offer"
        indexes = [models.Index(fields=["location", "starts_on"], name="price_offer_location")]

    def __str__(self) -> str:
        return self.words


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())
