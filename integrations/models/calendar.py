"""Appointments, the waitlist and shifts."""

from django.db import models

from integrations.models.base import MirrorRecord, one_per_connection


class Appointment(MirrorRecord):
    """One service for one client at one time. ``visit_id`` joins the services of one visit."""

    class Status(models.TextChoices):
        BOOKED = "booked", "booked"
        CONFIRMED = "confirmed", "confirmed"
        CHECKED_IN = "checked_in", "checked in"
        COMPLETED = "completed", "completed"
        CANCELLED = "cancelled", "cancelled"
        NO_SHOW = "no_show", "no-show"

    UPCOMING = (Status.BOOKED, Status.CONFIRMED)

    client = models.ForeignKey(
        "integrations.Client", null=True, on_delete=models.CASCADE, related_name="appointments"
    )
    location = models.ForeignKey("integrations.Location", on_delete=models.CASCADE)
    service = models.ForeignKey(
        "integrations.Service", null=True, blank=True, on_delete=models.SET_NULL
    )
    service_name = models.CharField(max_length=200, blank=True)
    staff = models.ForeignKey(
        "integrations.StaffMember", null=True, blank=True, on_delete=models.SET_NULL
    )
    staff_name = models.CharField(max_length=160, blank=True)
    resource_id = models.CharField(max_length=80, blank=True)
    visit_id = models.CharField(max_length=80, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    status = models.CharField(max_length=12, choices=Status, default=Status.BOOKED)
    price = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, default="USD")
    source = models.CharField(max_length=40, blank=True)
    booked_at = models.DateTimeField(null=True, blank=True)
    notes = models.TextField(blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancel_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [one_per_connection("appointment")]
        indexes = [
            models.Index(fields=["location", "starts_at"], name="appointment_day"),
            models.Index(fields=["client", "starts_at"], name="appointment_client"),
            models.Index(fields=["connection", "visit_id"], name="appointment_visit"),
        ]

    @property
    def is_upcoming(self) -> bool:
        return self.status in self.UPCOMING and self.deleted_at is None


class WaitlistEntry(MirrorRecord):
    client = models.ForeignKey("integrations.Client", on_delete=models.CASCADE)
    location = models.ForeignKey("integrations.Location", on_delete=models.CASCADE)
    service = models.ForeignKey(
        "integrations.Service", null=True, blank=True, on_delete=models.SET_NULL
    )
    staff_ids = models.JSONField(default=list)
    windows = models.JSONField(default=list)
    status = models.CharField(max_length=12, default="waiting")
    priority = models.CharField(max_length=20, blank=True)
    note = models.TextField(blank=True)
    waiting_since = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [one_per_connection("waitlist")]
        indexes = [
            models.Index(fields=["location", "status"], name="waitlist_open"),
            # Who waits here for one of these services: read for every slot that becomes free.
            models.Index(
                fields=["location", "service"],
                name="waitlist_waiting",
                condition=models.Q(status="waiting", deleted_at=None),
            ),
        ]


class Shift(MirrorRecord):
    staff = models.ForeignKey("integrations.StaffMember", on_delete=models.CASCADE)
    location = models.ForeignKey("integrations.Location", on_delete=models.CASCADE)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        constraints = [one_per_connection("shift")]
        indexes = [models.Index(fields=["location", "starts_at"], name="shift_day")]
