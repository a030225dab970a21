"""What a salon knows about itself: its menu, its rules, its answers. Never anything of a client."""

from datetime import date

from django.db import models
from django.db.models import Q
from pgvector.django import VectorField

from core import clock
from core.work import WorkRow, work_indexes


class KnowledgeSource(models.Model):
    """One text the salon answers from. ``location`` empty: it holds at every location of the
    connection. ``key`` names it for whoever brings it again: a newer one replaces the older."""

    class Kind(models.TextChoices):
        MENU = "menu", "services and prices"
        PRODUCTS = "products", "products"
        POLICY = "policy", "policies"
        AFTERCARE = "aftercare", "aftercare"
        QUESTIONS = "questions", "questions and answers"
        HOURS = "hours", "opening hours"
        OTHER = "other", "something else"

    class Origin(models.TextChoices):
        PLATFORM = "platform", "from the platform"
        FILE = "file", "a file"
        TEXT = "text", "typed or pasted"

    connection = models.ForeignKey("integrations.Connection", on_delete=models.CASCADE)
    location = models.ForeignKey(
        "integrations.Location", on_delete=models.CASCADE, null=True, blank=True
    )
    key = models.CharField(max_length=160)
    kind = models.CharField(max_length=10, choices=Kind)
    origin = models.CharField(max_length=8, choices=Origin)
    title = models.CharField(max_length=160)
    valid_from = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "location", "key"],
                nulls_distinct=False,
                name="knowledge_source_key",
            )
        ]
        ordering = ["kind", "title", "id"]

    def __str__(self) -> str:
        return self.title

    def holds_on(self, day: date) -> bool:
        """Whether answers of that day may rest on it."""
        begun = self.valid_from is None or self.valid_from <= day
        return begun and (self.valid_until is None or self.valid_until >= day) and self.live

    @property
    def live(self) -> bool:
        return self.retired_at is None


class KnowledgeVersion(models.Model):
    """A source as it was brought once. ``problem`` says why it was not taken; the older stays."""

    source = models.ForeignKey(KnowledgeSource, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    current = models.BooleanField(default=False)
    file_name = models.CharField(max_length=200, blank=True)
    sha256 = models.CharField(max_length=64)
    pieces = models.JSONField(default=list, help_text="Heading and text of each piece, in order.")
    problem = models.CharField(max_length=300, blank=True)
    added_by = models.CharField(max_length=160)
    added_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "number"], name="knowledge_version_number"),
            models.UniqueConstraint(
                fields=["source"], condition=Q(current=True), name="knowledge_version_current"
            ),
        ]
        ordering = ["source", "-number"]

    def __str__(self) -> str:
        return f"{self.source_id} version {self.number}"


class KnowledgeChunk(models.Model):
    """One piece of a current version, as it is searched. ``section`` counts headings from 0: the
    pieces below one heading belong together. ``length`` is its number of words. A vector is only
    ever compared with one of the same ``embedder``."""

    source = models.ForeignKey(KnowledgeSource, on_delete=models.CASCADE, related_name="chunks")
    connection = models.ForeignKey("integrations.Connection", on_delete=models.CASCADE)
    location = models.ForeignKey("integrations.Location", on_delete=models.CASCADE, null=True)
    place = models.PositiveIntegerField()
    section = models.PositiveIntegerField()
    heading = models.CharField(max_length=300, blank=True)
    text = models.TextField()
    length = models.PositiveIntegerField()
    vector = VectorField(null=True)
    embedder = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "place"], name="knowledge_chunk_place")
        ]
        indexes = [models.Index(fields=["connection", "location"], name="knowledge_chunk_where")]

    def __str__(self) -> str:
        return f"{self.heading}: {self.text[:60]}"


class KnowledgeWord(models.Model):
    """How often a folded, stemmed word stands in a chunk, and whether in its heading.

    ``connection`` and ``location`` are the chunk's, repeated here so that one index answers "these
    words, in this place": without them a question walked through every word of every piece there.
    """

    chunk = models.ForeignKey(KnowledgeChunk, on_delete=models.CASCADE, related_name="words")
    # They go with their chunk; a constraint of their own would be two more looks for every word.
    connection = models.ForeignKey(
        "integrations.Connection",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    location = models.ForeignKey(
        "integrations.Location",
        on_delete=models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    word = models.CharField(max_length=60)
    times = models.PositiveIntegerField()
    in_heading = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["chunk", "word"], name="knowledge_word_once")
        ]
        indexes = [
            models.Index(fields=["connection", "location", "word"], name="knowledge_word_where")
        ]

    def __str__(self) -> str:
        return self.word


class LocalEmbedder(models.Model):
    """The embedder fitted on a connection's own texts, for when there is no model server.

    ``weights`` are little-endian float32: one weight for each hashed piece of a word; ``axes``
    float16, pieces by dimensions. ``name`` carries a digest of both.
    """

    connection = models.OneToOneField("integrations.Connection", on_delete=models.CASCADE)
    name = models.CharField(max_length=80)
    dimensions = models.PositiveIntegerField()
    weights = models.BinaryField()
    axes = models.BinaryField()
    chunks = models.PositiveIntegerField("pieces learned from")
    texts_sha256 = models.CharField(max_length=64)
    fitted_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return self.name


class FitWanted(WorkRow):
    """A connection whose texts changed and are to get their vectors (agents/knowledge/fitting.py).

    ``read``: the platform's own menu, products and hours are read before.
    """

    connection = models.OneToOneField("integrations.Connection", on_delete=models.CASCADE)
    read = models.BooleanField(default=False)

    class Meta:
        indexes = work_indexes("fit_wanted")

    def __str__(self) -> str:
        return str(self.connection_id)
