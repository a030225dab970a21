"""How an agent is set up: per connection, and per location where it differs; its prompts."""

from django.core.validators import MaxValueValidator
from django.db import models

from core import clock


def agent_choices() -> list[tuple[str, str]]:
    """A function, so that adding an agent makes no migration."""
    from agents.registry import agents

    return agents.choices()


class PromptVersion(models.Model):
    """One version of an agent's prompt. Version 1 is seeded from ``prompts/<agent>.md``.

    ``connection`` is whose people wrote it; empty: shipped, and everybody's. The same text may be a
    version twice: going back to an older one is a new version.
    """

    agent = models.CharField(max_length=60, choices=agent_choices)
    connection = models.ForeignKey(
        "integrations.Connection", null=True, blank=True, on_delete=models.CASCADE
    )
    number = models.PositiveIntegerField()
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    note = models.CharField(max_length=200, blank=True)
    created_by = models.CharField(max_length=160, default="shipped with the product")
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agent", "number"], name="prompt_number"),
        ]
        ordering = ["agent", "-number"]

    def __str__(self) -> str:
        return f"{self.agent} v{self.number}"


class AgentConfig(models.Model):
    """Settings of one agent: a row without location holds for the connection, one with it wins.

    ``services`` are ids of the services it is for, none: all. ``holdout_percent`` of the clients
    get the standard text, so that what the model adds can be measured.
    """

    class Stage(models.TextChoices):
        OBSERVE = "observe", "observe: keep drafts for comparison, show managers only"
        REVIEW = "review", "review: a person decides"
        AUTO = "auto", "automatic under a standing decision"

    connection = models.ForeignKey("integrations.Connection", on_delete=models.CASCADE)
    location = models.ForeignKey(
        "integrations.Location", null=True, blank=True, on_delete=models.CASCADE
    )
    agent = models.CharField(max_length=60, choices=agent_choices)
    enabled = models.BooleanField(default=False)
    enabled_at = models.DateTimeField(null=True, blank=True)
    stage = models.CharField(max_length=8, choices=Stage, default=Stage.REVIEW)
    settings = models.JSONField(default=dict, blank=True)
    model = models.CharField(max_length=80, blank=True)
    # Not PROTECT: that would keep a connection from being removed together with its prompts.
    prompt = models.ForeignKey(PromptVersion, null=True, blank=True, on_delete=models.RESTRICT)
    daily_limit = models.PositiveIntegerField(default=300)
    services = models.JSONField(default=list, blank=True)
    new_clients_only = models.BooleanField(default=False)
    holdout_percent = models.PositiveSmallIntegerField(
        default=0, validators=[MaxValueValidator(50)]
    )
    changed_by = models.CharField(max_length=160, blank=True)
    changed_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = "agent"
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "location", "agent"],
                name="agent_config_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.agent} · {self.location or self.connection}"
