"""What was asked and what was answered, and the answers that the salon wrote itself."""

from typing import Any

from django.db import models

from core import clock
from core.work import WorkRow, work_indexes


class AskTalk(models.Model):
    """One conversation of one person at one location, perhaps about one draft.

    ``veil`` holds what stands for whom while a model reads along (see copilot/ask/veil.py).
    """

    user = models.ForeignKey("integrations.User", on_delete=models.CASCADE, related_name="+")
    location = models.ForeignKey("integrations.Location", on_delete=models.CASCADE)
    station = models.ForeignKey(
        "integrations.Station", null=True, blank=True, on_delete=models.SET_NULL
    )
    item = models.ForeignKey(
        "approvals.ApprovalItem", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    veil = models.JSONField(default=dict)
    begun_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [models.Index(fields=["user", "-begun_at"], name="ask_talk_mine")]

    def __str__(self) -> str:
        return f"{self.user_id} at {self.begun_at:%Y-%m-%d %H:%M}"


class AskTurn(WorkRow):
    """One question and its answer, durable while it is being written.

    ``asked_as`` is the question as a model may read it. ``text`` grows; ``heard`` counts the pieces
    it was published in, so that a page which missed one knows. ``blocks`` are what tools found, by
    ids and plain facts; clients in them are drawn for a reader who may see them. ``odd``: facts of
    the text that no look-up bears out. ``clients``: everybody it is about, for erasing.
    """

    class By(models.TextChoices):
        NOBODY = "", "not yet"
        CODE = "code", "looked up"
        MODEL = "model", "written by the model"
        SALON = "salon", "the salon's own answer"

    talk = models.ForeignKey(AskTalk, on_delete=models.CASCADE, related_name="turns")
    question = models.TextField()
    look = models.CharField(max_length=20, blank=True)
    asked_as = models.TextField(blank=True)
    text = models.TextField(blank=True)
    heard = models.PositiveIntegerField(default=0)
    blocks = models.JSONField(default=list)
    sources = models.JSONField(default=list)
    odd = models.JSONField(default=list)
    clients = models.JSONField(default=list)
    by = models.CharField(max_length=8, choices=By, blank=True)
    why_not = models.CharField(max_length=200, blank=True, help_text="Why no model wrote it.")
    asked_at = models.DateTimeField(default=clock.now)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            *work_indexes("ask_turn"),
            models.Index(fields=["asked_at"], name="ask_turn_old"),
        ]

    def __str__(self) -> str:
        return f"{self.talk_id}: {self.question[:60]}"

    @property
    def is_over(self) -> bool:
        return self.state in (self.State.DONE, self.State.DEAD)

    @property
    def facts(self) -> dict[str, Any]:
        return {"turn": self.pk, "by": self.by, "blocks": [one["kind"] for one in self.blocks]}


class CannedAnswer(models.Model):
    """An answer in the salon's own words. ``location`` empty: at every location of the connection.

    ``phrasings``: other ways to ask it, a line each. It answers before anything else is looked at.
    """

    connection = models.ForeignKey("integrations.Connection", on_delete=models.CASCADE)
    location = models.ForeignKey(
        "integrations.Location", null=True, blank=True, on_delete=models.CASCADE
    )
    question = models.CharField(max_length=160)
    phrasings = models.TextField(blank=True)
    answer = models.TextField()
    changed_by = models.CharField(max_length=160)
    changed_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "location", "question"],
                nulls_distinct=False,
                name="canned_answer_once",
            )
        ]
        ordering = ["question", "id"]

    def __str__(self) -> str:
        return self.question
