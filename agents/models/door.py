"""The model: where it is, what it costs, and every call that was made."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from core import clock


class LanguageModel(models.Model):
    """A model server that speaks OpenAI's chat completions, for one connection or for all.

    Without a row the environment's OPENAI_… settings hold. ``key_ref`` is a secret's reference.
    """

    connection = models.OneToOneField(
        "integrations.Connection",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="language_model",
        help_text="Empty: for every connection that has none of its own.",
    )
    base_url = models.URLField(
        "address",
        blank=True,
        help_text="Empty for OpenAI. Anthropic, Azure, Ollama, vLLM and LiteLLM have an address of "
        "their own that ends in /v1.",
    )
    key_ref = models.CharField(max_length=200, blank=True, editable=False)
    model = models.CharField(
        max_length=80, help_text="As that server calls it, for example gpt-5-mini."
    )
    fallback_model = models.CharField(
        max_length=80,
        blank=True,
        help_text="Asked once when the first one fails. Empty: the standard text is used at once.",
    )
    embedding_model = models.CharField(
        "model for searching",
        max_length=80,
        blank=True,
        help_text="Finds the salon's own texts by their meaning, for example "
        "text-embedding-3-small. Empty: the built-in one, which needs no account.",
    )
    seconds = models.PositiveSmallIntegerField(
        "time for one draft",
        default=20,
        validators=[MinValueValidator(2), MaxValueValidator(120)],
        help_text="Seconds, all tries together. After that the standard text is used.",
    )
    changed_by = models.CharField(max_length=160, blank=True, editable=False)
    changed_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "model"
        constraints = [
            models.UniqueConstraint(
                fields=["connection"], name="language_model_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.model} for {self.connection or 'every connection'}"


class ModelPrice(models.Model):
    """US dollars per million tokens. The longest name that a model's name begins with counts."""

    name = models.CharField(
        max_length=80, unique=True, help_text="The model's name, or how it begins: gpt-5-mini."
    )
    fresh = models.DecimalField("input", max_digits=10, decimal_places=4)
    cached = models.DecimalField(
        "cached input",
        max_digits=10,
        decimal_places=4,
        default=Decimal(0),
        help_text="For the part of a prompt that the server has read before.",
    )
    written = models.DecimalField("output", max_digits=10, decimal_places=4)

    class Meta:
        verbose_name = "model price"

    def __str__(self) -> str:
        return self.name


class ModelCall(models.Model):
    """One call: what it was for, what came of it, what it took. Never a word of it."""

    class Purpose(models.TextChoices):
        DRAFT = "draft", "a draft"
        CORRECTION = "correction", "a correction"
        TRY = "try", "trying a change"
        TEST = "test", "testing the connection"
        SEARCH = "search", "searching the material"

    connection = models.ForeignKey(
        "integrations.Connection", null=True, blank=True, on_delete=models.CASCADE
    )
    location = models.ForeignKey(
        "integrations.Location", null=True, blank=True, on_delete=models.CASCADE
    )
    agent = models.CharField(max_length=60, blank=True)
    run = models.ForeignKey(
        "agents.AgentRun", null=True, blank=True, on_delete=models.SET_NULL, related_name="calls"
    )
    prompt = models.ForeignKey(
        "agents.PromptVersion", null=True, blank=True, on_delete=models.SET_NULL
    )
    purpose = models.CharField(max_length=10, choices=Purpose, default=Purpose.DRAFT)
    model = models.CharField(max_length=80, blank=True)
    outcome = models.CharField(max_length=200, blank=True, help_text="Empty: a usable answer.")
    input_tokens = models.PositiveIntegerField(default=0)
    cached_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(max_digits=10, decimal_places=6, default=0)
    milliseconds = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [models.Index(fields=["location", "at"], name="model_call_location")]

    def __str__(self) -> str:
        return f"{self.model} at {self.at:%Y-%m-%d %H:%M}"
