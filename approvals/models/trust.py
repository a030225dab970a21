"""What trust in a location's drafts rests on: what is earned, watched and tested."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from core import clock

EARN_AFTER = 50
MOST_VALUE = Decimal(200)
MOST_TESTS = 10


class LocationTrust(models.Model):
    """What a manager sets for a location. ``seeded_percent`` of 0, the default, means no tests.

    ``earn_after``: so many drafts of one standard text approved in a row, unedited and without
    regret, before the page proposes to let it go by itself. ``most_value``: a visit worth more
    always waits for a person.
    """

    location = models.OneToOneField(
        "integrations.Location", on_delete=models.CASCADE, related_name="trust"
    )
    earn_after = models.PositiveIntegerField(
        default=EARN_AFTER, validators=[MinValueValidator(20), MaxValueValidator(1000)]
    )
    most_value = models.DecimalField(max_digits=10, decimal_places=2, default=MOST_VALUE)
    seeded_percent = models.PositiveSmallIntegerField(
        default=0, validators=[MaxValueValidator(MOST_TESTS)]
    )
    changed_by = models.CharField(max_length=200, blank=True)
    changed_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"Trust at {self.location}"


class SeededDraft(models.Model):
    """A wrong draft planted to see whether it is noticed. Who met it is kept nowhere.

    ``planted`` is the wrong word in its text. The database refuses every Effect and every approval
    of such a draft (``ApprovalItem.seeded``).
    """

    class Kind(models.TextChoices):
        WRONG_NAME = "wrong_name", "wrong name"
        WRONG_DAY = "wrong_day", "wrong day"

    class Outcome(models.TextChoices):
        OPEN = "", "nobody met it"
        CAUGHT = "caught", "caught"
        MISSED = "missed", "missed"
        ASIDE = "aside", "put aside"

    item = models.OneToOneField(
        "approvals.ApprovalItem", on_delete=models.CASCADE, related_name="seed"
    )
    location = models.ForeignKey("integrations.Location", on_delete=models.CASCADE)
    kind = models.CharField(max_length=12, choices=Kind)
    planted = models.CharField(max_length=40)
    outcome = models.CharField(max_length=8, choices=Outcome, default="", blank=True)
    planted_at = models.DateTimeField(default=clock.now)
    # The day only: beside the audit's hours a moment would say who was at the desk.
    answered_on = models.DateField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["location", "answered_on"], name="seeded_answered")]

    def __str__(self) -> str:
        return f"Test: {self.kind}"


class ObservedDraft(models.Model):
    """A draft that was only kept for comparison, beside what staff did by themselves.

    ``similarity`` 0 to 1 is how many of the words are the same; ``minutes`` from the draft being
    ready to the message that staff sent, negative where they were faster.
    """

    class Outcome(models.TextChoices):
        SAME = "same", "staff wrote the same facts"
        OTHER = "other", "staff wrote something else"
        NOTHING = "nothing", "staff wrote nothing"

    item = models.OneToOneField(
        "approvals.ApprovalItem", on_delete=models.CASCADE, related_name="observed"
    )
    location = models.ForeignKey("integrations.Location", on_delete=models.CASCADE)
    agent = models.CharField(max_length=60)
    outcome = models.CharField(max_length=8, choices=Outcome)
    similarity = models.FloatField(null=True, blank=True)
    minutes = models.IntegerField(null=True, blank=True)
    drafted_at = models.DateTimeField()
    compared_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [models.Index(fields=["location", "drafted_at"], name="observed_drafted")]

    def __str__(self) -> str:
        return f"{self.agent}: {self.get_outcome_display()}"
