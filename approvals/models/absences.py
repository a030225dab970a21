"""Somebody is out: for when, who is affected, and what each client is offered."""

from django.db import models

from core import clock


class Absence(models.Model):
    """One person out at one location for a span. No reason is kept: it is nobody's business.

    ``item`` is the one draft that lists everybody affected; each line approved from it becomes a
    draft of its own, decided by the same press, so that every text keeps its own checks and undo.
    """

    connection = models.ForeignKey("integrations.Connection", on_delete=models.CASCADE)
    location = models.ForeignKey("integrations.Location", on_delete=models.CASCADE)
    staff = models.ForeignKey("integrations.StaffMember", on_delete=models.CASCADE)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    item = models.OneToOneField(
        "approvals.ApprovalItem",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="absence",
    )
    told_by_name = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=clock.now)
    looked_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [models.Index(fields=["location", "-ends_at"], name="absence_recent")]

    def __str__(self) -> str:
        return f"{self.staff} is out"


class AbsenceLine(models.Model):
    """One affected client with the proposal for them.

    ``parts`` are their appointments as they stood: [[id, start, end], …]. ``choice`` is the
    proposal, ``others`` what else is possible: {staff, kind, parts: [[id, start, room], …]}.
    ``body`` is the exact text, ``done_body`` the one that follows a yes to another time.
    """

    class Kind(models.TextChoices):
        SAME_TIME = "same_time", "same time, with somebody else"
        OTHER_TIME = "other_time", "another time"
        CALL = "call", "a call"

    class State(models.TextChoices):
        OPEN = "open", "to be decided"
        APPROVED = "approved", "approved"
        AGREED = "agreed", "agreed"
        REFUSED = "refused", "would rather have something else"
        SETTLED = "settled", "cared for"

    absence = models.ForeignKey(Absence, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField(default=0)
    client = models.ForeignKey(
        "integrations.Client", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    appointment = models.ForeignKey(
        "integrations.Appointment", on_delete=models.CASCADE, related_name="absence_lines"
    )
    parts = models.JSONField(default=list)
    kind = models.CharField(max_length=12, choices=Kind)
    choice = models.JSONField(default=dict)
    others = models.JSONField(default=list)
    why_call = models.CharField(max_length=300, blank=True)
    channel = models.CharField(max_length=10, blank=True)
    language = models.CharField(max_length=8, default="en")
    body = models.TextField(blank=True)
    done_body = models.TextField(blank=True)
    yes_digit = models.CharField(max_length=1, blank=True)
    no_digit = models.CharField(max_length=1, blank=True)
    edited = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    note = models.CharField(max_length=400, blank=True, help_text="Why it was left out, or how.")
    item = models.ForeignKey(
        "approvals.ApprovalItem", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    on_yes = models.ForeignKey(
        "approvals.ApprovalItem", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    settled_by_name = models.CharField(max_length=200, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["absence", "position"], name="absence_order"),
            models.Index(fields=["client", "state"], name="absence_client"),
        ]

    def __str__(self) -> str:
        return f"{self.client}: {self.get_kind_display()}"
