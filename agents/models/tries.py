"""Trying a change: what it was, and what each of the last drafts would have been with it."""

from django.db import models

from core import clock
from core.work import WorkRow, work_indexes


class TryRun(models.Model):
    """One press of "Try it": the prompt and settings as typed, saved nowhere else.

    Kept for a few days, because its rows hold texts to clients.
    """

    location = models.ForeignKey("integrations.Location", on_delete=models.CASCADE)
    agent = models.CharField(max_length=60)
    prompt_text = models.TextField(blank=True)
    settings = models.JSONField(default=dict)
    model = models.CharField(max_length=80, blank=True)
    house_rules = models.JSONField(
        null=True, blank=True, help_text="[{avoid, use, language}] to try; none: those in force."
    )
    changes = models.JSONField(default=list, help_text="What differs from now, in plain words.")
    typed = models.JSONField(default=dict, help_text="The form as it was, to come back to.")
    back = models.CharField(max_length=200, blank=True, help_text="The page it was pressed on.")
    started_by = models.CharField(max_length=160)
    started_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = "try"
        verbose_name_plural = "tries"
        indexes = [models.Index(fields=["started_at"], name="tryrun_started")]

    def __str__(self) -> str:
        return f"{self.agent} tried by {self.started_by}"


class TryRow(WorkRow):
    """One earlier run's kept context through the change. It ends as a text here and nowhere else.

    ``facts`` are spans of ``body`` as in approvals/facts.py. ``why_nothing`` says why there is no
    new text.
    """

    try_run = models.ForeignKey(TryRun, on_delete=models.CASCADE, related_name="rows")
    run = models.ForeignKey("agents.AgentRun", on_delete=models.CASCADE, related_name="tries")
    old_subject = models.CharField(max_length=300, blank=True)
    old_body = models.TextField(blank=True)
    old_writer = models.CharField(max_length=10, blank=True)
    subject = models.CharField(max_length=300, blank=True)
    body = models.TextField(blank=True)
    writer = models.CharField(max_length=10, blank=True)
    note = models.CharField(max_length=300, blank=True)
    facts = models.JSONField(default=list)
    refused = models.JSONField(default=list)
    input_tokens = models.PositiveIntegerField(default=0)
    cached_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(max_digits=10, decimal_places=6, default=0)
    model_ms = models.PositiveIntegerField(default=0)
    why_nothing = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["try_run", "run"], name="try_row_once"),
        ]
        indexes = work_indexes("tryrow")
