"""What clashes on a calendar, found once and kept until it is gone; and where to look for it."""

from django.db import models
from django.db.models import Q

from core import clock
from core.work import WorkRow, work_indexes


class ScheduleConflict(models.Model):
    """Two at once, a room twice, the wrong hands, two shifts at once: one row while it lasts.

    ``key`` names the pair, whichever of them changed last, so that a clash is shown once. One that
    went away and comes back later is another row; one that a person dismissed stays dismissed
    until it is gone.
    """

    class Kind(models.TextChoices):
        STAFF = "staff", "two appointments at once"
        ROOM = "room", "a room or device twice"
        SKILL = "skill", "not trained for it"
        SHIFTS = "shifts", "two shifts at once"

    class State(models.TextChoices):
        OPEN = "open", "to be looked at"
        DISMISSED = "dismissed", "meant to be so"
        GONE = "gone", "gone"

    LIVE = (State.OPEN, State.DISMISSED)

    connection = models.ForeignKey("integrations.Connection", on_delete=models.CASCADE)
    location = models.ForeignKey("integrations.Location", on_delete=models.CASCADE)
    kind = models.CharField(max_length=8, choices=Kind)
    key = models.CharField(max_length=160)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    staff = models.ForeignKey(
        "integrations.StaffMember", null=True, blank=True, on_delete=models.SET_NULL
    )
    resource_id = models.CharField(max_length=80, blank=True)
    first_id = models.PositiveBigIntegerField(help_text="An appointment, or a shift.")
    second_id = models.PositiveBigIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    reason = models.CharField(max_length=200, blank=True)
    dismissed_by_name = models.CharField(max_length=200, blank=True)
    found_at = models.DateTimeField(default=clock.now)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["location", "key"],
                condition=Q(state__in=["open", "dismissed"]),
                name="one_live_conflict",
            )
        ]
        indexes = [
            models.Index(
                fields=["location", "starts_at"],
                name="conflict_live",
                condition=Q(state__in=["open", "dismissed"]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.key})"


class CalendarLook(WorkRow):
    """A place on a location's calendar that changed and is to be looked at; gone once it was.

    One row per change, never shared: written in the transaction of the change, it is seen exactly
    when the change is, and two deliveries of the same day need not wait for each other. One look
    answers all that wait for a location.
    """

    location = models.ForeignKey("integrations.Location", on_delete=models.CASCADE)
    at = models.DateTimeField(
        null=True, blank=True, help_text="A moment on the day; empty: the next two weeks."
    )

    class Meta:
        indexes = work_indexes("calendar_look")

    def __str__(self) -> str:
        return f"{self.location_id}: {self.at or 'the next two weeks'}"
