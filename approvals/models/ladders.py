"""Openings, and the offers made for them one rung after the other."""

from django.db import models
from django.db.models import Q

from core import clock


class Opening(models.Model):
    """One free slot: what was given up, and what became of it.

    Its row is the arbiter of everything that happens to the slot: whoever releases an offer,
    claims, stops or books locks it first. ``held_by`` is the offer that was claimed; the unique
    constraint keeps one live opening per slot, so that nothing is offered through us twice.
    """

    class State(models.TextChoices):
        OPEN = "open", "free"
        OFFERING = "offering", "being offered"
        HELD = "held", "held for somebody"
        BOOKED = "booked", "booked"
        LAPSED = "lapsed", "nobody in time"
        WITHDRAWN = "withdrawn", "no longer offered"
        GIVEN = "given", "given to somebody at the desk"
        TAKEN = "taken", "taken on the calendar"

    # Still ours to give away.
    LIVE = (State.OPEN, State.OFFERING, State.HELD)

    class Cause(models.TextChoices):
        CANCELLED = "cancelled", "cancelled"
        MOVED = "moved", "moved"
        NO_SHOW = "no_show", "no-show"
        NEW_SHIFT = "new_shift", "a new shift"
        STILL_FREE = "still_free", "still free"

    connection = models.ForeignKey("integrations.Connection", on_delete=models.CASCADE)
    location = models.ForeignKey("integrations.Location", on_delete=models.CASCADE)
    service = models.ForeignKey(
        "integrations.Service", null=True, blank=True, on_delete=models.SET_NULL
    )
    staff = models.ForeignKey(
        "integrations.StaffMember", null=True, blank=True, on_delete=models.SET_NULL
    )
    resource_id = models.CharField(max_length=80, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    price = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, default="USD")
    cause = models.CharField(max_length=12, choices=Cause)
    appointment = models.ForeignKey(
        "integrations.Appointment",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="The one that was given up.",
    )
    given_up_by = models.ForeignKey(
        "integrations.Client", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    state_reason = models.CharField(max_length=400, blank=True)
    item = models.ForeignKey(
        "approvals.ApprovalItem", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    held_by = models.ForeignKey(
        "approvals.Offer", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    held_at = models.DateTimeField(null=True, blank=True)
    lead_minutes = models.PositiveIntegerField(
        default=60, help_text="Nothing more is offered this close to the start."
    )
    terms = models.JSONField(
        default=dict, help_text="How it is offered: see approvals/ladders/policy.OfferPolicy."
    )
    filled_by = models.ForeignKey(
        "integrations.Client", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    filled_appointment_id = models.CharField(
        max_length=120, blank=True, help_text="The booking as the platform names it."
    )
    filled_at = models.DateTimeField(null=True, blank=True)
    stopped_by = models.CharField(
        max_length=200, blank=True, help_text="The person who stopped offering it."
    )
    opened_at = models.DateTimeField(default=clock.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    value = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "location", "staff", "starts_at"],
                condition=Q(state__in=["open", "offering", "held"]),
                nulls_distinct=False,
                name="one_live_opening",
            ),
            models.CheckConstraint(
                name="opening_held_by_somebody",
                condition=~Q(state="held") | Q(held_by__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["starts_at"],
                name="opening_live",
                condition=Q(state__in=["open", "offering", "held"]),
            ),
            models.Index(fields=["location", "-opened_at"], name="opening_recent"),
        ]

    def __str__(self) -> str:
        return f"slot {self.pk} at {self.starts_at:%Y-%m-%d %H:%M}"

    @property
    def is_live(self) -> bool:
        return self.state in self.LIVE


class Offer(models.Model):
    """One rung: the slot offered to one client, with its own time to answer.

    ``released_at`` is when its text was let go; ``sent_at`` when it was proved (or may have been)
    sent, from which ``answer_until`` counts. Of the claim link only the hash is kept.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "waiting for its turn"
        SENT = "sent", "asked"
        ACCEPTED = "accepted", "took it"
        DECLINED = "declined", "said no"
        SILENT = "silent", "did not answer in time"
        LATE_YES = "late_yes", "next in line"
        GONE = "gone", "somebody else has it"
        WITHDRAWN = "withdrawn", "not asked any more"
        FAILED = "failed", "could not be reached"
        SKIPPED = "skipped", "skipped"

    class By(models.TextChoices):
        NOBODY = "", "not answered"
        TEXT = "text", "by text"
        LINK = "link", "by link"
        DESK = "desk", "at the desk"

    opening = models.ForeignKey(Opening, on_delete=models.CASCADE, related_name="offers")
    item = models.ForeignKey(
        "approvals.ApprovalItem", on_delete=models.CASCADE, related_name="offers"
    )
    position = models.PositiveSmallIntegerField()
    wave = models.PositiveSmallIntegerField()
    entry = models.ForeignKey(
        "integrations.WaitlistEntry", null=True, blank=True, on_delete=models.SET_NULL
    )
    client = models.ForeignKey(
        "integrations.Client", on_delete=models.CASCADE, related_name="offers"
    )
    channel = models.CharField(max_length=10)
    action = models.ForeignKey(
        "approvals.Action", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    effect = models.ForeignKey(
        "approvals.Effect", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    answer_minutes = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    released_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    unsure = models.BooleanField(default=False, help_text="Nobody can prove that it was sent.")
    answer_until = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.CharField(max_length=6, choices=By, default=By.NOBODY, blank=True)
    token_sha256 = models.CharField(max_length=64, unique=True)
    digit = models.CharField(max_length=1, default="1")
    instead_of = models.ForeignKey(
        "integrations.Appointment",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    gives_up = models.BooleanField(default=False, help_text="Lets go of the later appointment.")
    score = models.FloatField(default=0)
    reasons = models.JSONField(default=list, help_text="Why this person: [{text}]")
    doubts = models.JSONField(default=list, help_text="What speaks against it: [{text}]")
    skipped_reason = models.CharField(max_length=300, blank=True)
    skipped_by = models.CharField(
        max_length=200, blank=True, help_text="The person who skipped them; the rules otherwise."
    )
    edited_by = models.CharField(
        max_length=200, blank=True, help_text="The person whose words the offer's text is."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["opening"],
                condition=Q(state="accepted"),
                name="one_winner_per_opening",
            ),
        ]
        indexes = [
            models.Index(fields=["item", "position"], name="offer_rungs"),
            models.Index(fields=["client", "-sent_at"], name="offer_client"),
        ]

    def __str__(self) -> str:
        return f"offer {self.pk} of slot {self.opening_id}"


class OfferStep(models.Model):
    """One approved action of a rung: which it is, where it stands in the revision, its effect.

    ``position`` is the action's place in the revision, so that an edited revision keeps the rungs;
    ``effect`` is set when the ladder is approved.
    """

    class Role(models.TextChoices):
        OFFER = "offer", "the offer"
        BOOK = "book", "the booking"
        WAITLIST = "waitlist", "the waitlist entry"
        RELEASE = "release", "letting go of the later appointment"
        YOURS = "yours", "it is yours"
        NEXT = "next", "you are next in line"
        GONE = "gone", "it is gone"

    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="steps")
    role = models.CharField(max_length=10, choices=Role)
    position = models.PositiveSmallIntegerField()
    effect = models.OneToOneField(
        "approvals.Effect", null=True, blank=True, on_delete=models.SET_NULL, related_name="step"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["offer", "role"], name="step_once")]
