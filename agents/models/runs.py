"""AgentRun: one agent on one event."""

from django.db import models

from core import clock
from core.work import WorkRow, work_indexes


class AgentRun(WorkRow):
    """Context as gathered, prompt version, model, tokens, cost, latency, outcome."""

    class Outcome(models.TextChoices):
        NONE = "", "not yet"
        DRAFTED = "drafted", "drafted"
        NOTHING = "nothing", "nothing to say"
        SKIPPED = "skipped", "skipped"
        MISSED = "missed", "too late"

    connection = models.ForeignKey("integrations.Connection", on_delete=models.CASCADE)
    location = models.ForeignKey("integrations.Location", on_delete=models.CASCADE)
    agent = models.CharField(max_length=60)
    event_key = models.CharField(max_length=200)
    event = models.JSONField()
    item = models.ForeignKey(
        "approvals.ApprovalItem", null=True, blank=True, on_delete=models.SET_NULL
    )
    instruction = models.CharField(
        max_length=500, blank=True, help_text="What the desk asked for when it regenerated."
    )
    context = models.JSONField(default=dict)
    prompt = models.ForeignKey(
        "agents.PromptVersion", null=True, blank=True, on_delete=models.SET_NULL
    )
    writer = models.CharField(max_length=10, blank=True)
    holdout = models.BooleanField(
        default=False, help_text="Got the standard text, to measure what the model adds."
    )
    compared = models.BooleanField(
        default=False,
        help_text="Could have drawn the standard text: only these are compared with it.",
    )
    facts_missing = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Facts of the text that no record knew."
    )
    fallback = models.CharField(max_length=200, blank=True)
    house_rules = models.JSONField(
        default=list, help_text="Ids of the house rules in force when it was written."
    )
    refused = models.JSONField(
        default=list,
        help_text="Texts of the model that were not used: [{text, why}].",
    )
    model = models.CharField(max_length=80, blank=True)
    input_tokens = models.PositiveIntegerField(default=0)
    cached_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(max_digits=10, decimal_places=6, default=0)
    model_ms = models.PositiveIntegerField(default=0)
    latency_ms = models.PositiveIntegerField(default=0)
    outcome = models.CharField(max_length=8, choices=Outcome, default=Outcome.NONE, blank=True)
    why_nothing = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agent", "location", "event_key"], name="run_once_per_event"
            )
        ]
        indexes = [
            *work_indexes("agentrun"),
            models.Index(fields=["agent", "location", "-id"], name="agentrun_recent"),
            models.Index(
                fields=["location", "created_at"],
                name="agentrun_compared",
                condition=models.Q(compared=True),
            ),
        ]
