"""Who is expected back, whom we wrote to or left alone on purpose, and what came of it."""

from django.db import models
from django.db.models import Q

from core import clock
from core.work import WorkRow, work_indexes


class ReturnModel(models.Model):
    """One fit of who comes back: its data, its figures and its coefficients; the newest is in use.

    ``fitted`` is ``agents.returning.fitting.Returning`` as JSON, ``figures`` what decided between
    a learned ranking and expected visits.
    """

    class Kind(models.TextChoices):
        LEARNED = "learned", "learned from this salon's clients"
        EXPECTED = "expected", "expected visits (BG/NBD)"
        RHYTHM = "rhythm", "each client's own rhythm: too little is known to fit"

    connection = models.ForeignKey(
        "integrations.Connection", on_delete=models.CASCADE, related_name="return_models"
    )
    kind = models.CharField(max_length=10, choices=Kind)
    fitted_at = models.DateTimeField(default=clock.now)
    data_from = models.DateField()
    data_to = models.DateField()
    clients = models.PositiveIntegerField("clients learned from")
    figures = models.JSONField(default=dict)
    fitted = models.JSONField(default=dict)

    class Meta:
        ordering = ["-fitted_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.clients} clients until {self.data_to}, {self.get_kind_display()}"


class ClientOutlook(WorkRow):
    """What is to be expected of one client, and the work of looking again after a visit.

    ``chance``: of a visit within eight weeks. ``rhythm_days``: between their visits. ``worth``:
    what a year at that rhythm brings. ``at_risk``: the part of it that is likely lost.
    ``segments``: of ``agents.returning.outlook.SEGMENTS``; ``tagged``: as the platform has them.
    """

    client = models.OneToOneField(
        "integrations.Client", on_delete=models.CASCADE, related_name="outlook"
    )
    location = models.ForeignKey("integrations.Location", on_delete=models.CASCADE)
    visits = models.PositiveIntegerField(default=0)
    last_visit_on = models.DateField(null=True, blank=True)
    rhythm_days = models.FloatField(default=0)
    chance = models.FloatField(default=0)
    expected_visits = models.FloatField(default=0)
    worth = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    at_risk = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    slipping = models.BooleanField(default=False)
    segments = models.JSONField(default=list)
    tagged = models.JSONField(default=list)
    scored_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            *work_indexes("client_outlook"),
            models.Index(
                fields=["location", "-at_risk"], name="outlook_slipping", condition=Q(slipping=True)
            ),
        ]

    def __str__(self) -> str:
        return f"client {self.client_id}: {self.chance:.0%}"


class Outreach(models.Model):
    """One occasion to write to a client: asked, or left alone by a draw, and what came after.

    ``agent`` says why (winback, occasion, follow_up, review_request), ``key`` which occasion: one
    row each, so that a client is drawn once. ``held_out`` clients were written nothing. The four
    moments are joined back by night and stop at ``watched_until``; ``spent`` is what the visits of
    that stretch took, whoever wrote.
    """

    client = models.ForeignKey(
        "integrations.Client", on_delete=models.CASCADE, related_name="outreach"
    )
    location = models.ForeignKey("integrations.Location", on_delete=models.CASCADE)
    agent = models.CharField(max_length=40)
    key = models.CharField(max_length=80)
    batch = models.CharField(max_length=60, blank=True)
    held_out = models.BooleanField(default=False)
    drawn_at = models.DateTimeField(default=clock.now)
    watched_until = models.DateTimeField()
    chance = models.FloatField(default=0, help_text="Of coming back, on the day of the draw.")
    worth = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    asked_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    booked_at = models.DateTimeField(null=True, blank=True)
    came_at = models.DateTimeField(null=True, blank=True)
    spent = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    joined_at = models.DateTimeField(null=True, blank=True)
    told = models.CharField(
        max_length=200, blank=True, db_default="", help_text="As the client's record has it."
    )

    class Meta:
        verbose_name_plural = "outreach"
        constraints = [
            models.UniqueConstraint(fields=["agent", "client", "key"], name="outreach_drawn_once")
        ]
        indexes = [models.Index(fields=["location", "agent", "drawn_at"], name="outreach_outcome")]

    def __str__(self) -> str:
        return f"{self.agent}, client {self.client_id}: {self.key}"
