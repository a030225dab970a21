"""What people changed in drafts, and the house rules that came of it."""

from django.db import models
from django.db.models import Q

from core import clock


class Correction(models.Model):
    """What a person changed in one text that was then sent, word by word.

    One of each draft; of a list of offers one of each text that went out in a person's words.

    ``changes``: [{removed, inserted, before, after}], where every name, time, price and link
    already is one word of its kind (``_time_``). Emptied with the draft's own texts.
    """

    location = models.ForeignKey("integrations.Location", on_delete=models.CASCADE)
    item = models.ForeignKey(
        "approvals.ApprovalItem", on_delete=models.CASCADE, related_name="corrections"
    )
    client = models.ForeignKey(
        "integrations.Client",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        help_text="Of a list of offers: to whom the text went. Empty where the draft says so.",
    )
    agent = models.CharField(max_length=60)
    writer = models.CharField(max_length=10, help_text="Who wrote the draft: model or template.")
    model = models.CharField(max_length=80, blank=True)
    prompt = models.ForeignKey(
        "agents.PromptVersion", null=True, blank=True, on_delete=models.SET_NULL
    )
    language = models.CharField(max_length=8, default="en")
    changes = models.JSONField(default=list)
    words_changed = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item"], condition=models.Q(client=None), name="correction_once"
            ),
            models.UniqueConstraint(fields=["item", "client"], name="correction_once_each"),
        ]
        indexes = [models.Index(fields=["location", "agent", "-id"], name="correction_recent")]

    def __str__(self) -> str:
        return f"{self.agent}, {self.words_changed} words changed"


class HouseRule(models.Model):
    """Wording that one agent keeps to at one location, in one language: use this, not that.

    Never changed once decided: an edit is a new row (``number``) that replaces the older. In force
    while ``accepted``. It holds for wording only, never for a fact (agents/learning/policy.py).
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", "proposed"
        ACCEPTED = "accepted", "in force"
        DECLINED = "declined", "declined"
        REPLACED = "replaced", "replaced by an edit"
        REVOKED = "revoked", "ended"

    OPEN = (State.PROPOSED, State.ACCEPTED)

    location = models.ForeignKey("integrations.Location", on_delete=models.CASCADE)
    agent = models.CharField(max_length=60)
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)
    language = models.CharField(max_length=8, default="en")
    avoid = models.CharField("not", max_length=120)
    use = models.CharField("but", max_length=120, blank=True)
    drafts = models.PositiveIntegerField(default=0, help_text="How many drafts were changed so.")
    replaces = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    proposed_by = models.CharField(max_length=160, blank=True)
    proposed_at = models.DateTimeField(default=clock.now)
    decided_by = models.CharField(max_length=160, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "house rule"
        constraints = [
            models.UniqueConstraint(
                fields=["location", "agent", "number"], name="house_rule_number"
            ),
            models.UniqueConstraint(
                fields=["location", "agent", "language", "avoid"],
                condition=Q(state__in=["proposed", "accepted"]),
                name="house_rule_once",
            ),
        ]
        ordering = ["location", "agent", "-number"]

    def __str__(self) -> str:
        return f"“{self.use}”, not “{self.avoid}”" if self.use else f"without “{self.avoid}”"
