"""When somebody gets their digest, what became of each day's, and which rows were marked fine."""

from datetime import time

from django.db import models
from django.db.models import Q

from core import clock
from core.work import WorkRow, work_indexes

DEFAULT_AT = time(7, 30)


class DigestChoice(models.Model):
    """One person's wishes. Without a row the defaults hold: half past seven, every day, by mail.

    ``place``: by whose clock; the first location they read it for where it is empty or no longer
    theirs. ``days_off``: weekdays, 0 is Monday. ``cover``: who reads it while they are away.
    """

    user = models.OneToOneField(
        "integrations.User", on_delete=models.CASCADE, related_name="digest_choice"
    )
    at = models.TimeField(default=DEFAULT_AT, db_default=DEFAULT_AT)
    place = models.ForeignKey(
        "integrations.Location", null=True, blank=True, on_delete=models.SET_NULL
    )
    by_mail = models.BooleanField(default=True)
    days_off = models.JSONField(default=list)
    away_from = models.DateField(null=True, blank=True)
    away_until = models.DateField(null=True, blank=True)
    cover = models.ForeignKey(
        "integrations.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    changed_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"{self.user}, {self.at:%H:%M}"


class Digest(WorkRow):
    """One person's digest of one local day, and the work of mailing it: at most one mail.

    ``begun_at`` is written before the mail server is told anything: a row that is found begun may
    have been mailed and is never mailed again. ``tells`` names people whose digest this one stands
    in for, because they did not open theirs.
    """

    class Outcome(models.TextChoices):
        NONE = "", "not yet"
        MAILED = "mailed", "sent by e-mail"
        PAGE = "page", "on the page"
        SKIPPED = "skipped", "day off"
        LATE = "late", "not sent: its time had passed"
        NOBODY = "nobody", "not theirs any more"

    user = models.ForeignKey("integrations.User", on_delete=models.CASCADE, related_name="digests")
    day = models.DateField()
    since = models.DateField(help_text="The first day it tells of; usually the day before.")
    due_at = models.DateTimeField()
    outcome = models.CharField(max_length=8, choices=Outcome, default=Outcome.NONE, blank=True)
    why = models.CharField(max_length=200, blank=True)
    begun_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    summary = models.CharField(max_length=300, blank=True)
    covers = models.JSONField(default=list, help_text="Whose cover this person is that day.")
    tells = models.JSONField(default=list)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "day"], name="digest_once_a_day")]
        indexes = work_indexes("digest")

    def __str__(self) -> str:
        return f"{self.user_id}, {self.day}"


class DigestUnopened(models.Model):
    """Somebody has not opened their digest for three working days: an owner is told, once.

    ``since`` is the first of those days; opening it ends the stretch.
    """

    user = models.ForeignKey("integrations.User", on_delete=models.CASCADE, related_name="+")
    owner = models.ForeignKey("integrations.User", on_delete=models.CASCADE, related_name="+")
    since = models.DateField()
    told_in = models.ForeignKey(Digest, null=True, blank=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "owner", "since"], name="unopened_told_once")
        ]
        indexes = [models.Index(fields=["owner"], name="unopened_open", condition=Q(told_in=None))]


class DigestMark(models.Model):
    """A row of a day's digest that somebody looked at and called fine; for everybody there."""

    location = models.ForeignKey("integrations.Location", on_delete=models.CASCADE)
    day = models.DateField()
    key = models.CharField(max_length=40)
    user = models.ForeignKey("integrations.User", null=True, on_delete=models.SET_NULL)
    user_name = models.CharField(max_length=200)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["location", "day", "key"], name="digest_mark_once")
        ]

    def __str__(self) -> str:
        return f"{self.key} on {self.day}: fine ({self.user_name})"
