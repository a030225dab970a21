"""ApprovalItem and what it holds: revisions, actions, evidence."""

from django.db import models
from django.db.models import Q

from core import clock


class RealDrafts(models.Manager["ApprovalItem"]):
    """Drafts without the planted tests of attention: whatever counts or tells counts these."""

    def get_queryset(self) -> models.QuerySet["ApprovalItem"]:
        return super().get_queryset().filter(seeded=False)


class ApprovalItem(models.Model):
    """What an agent wants to do, waiting for a person ("draft" in the interface).

    One live item per (agent, location, subject, occasion). ``due_at`` is the business moment after
    which it is worth nothing; ``moment`` says in words what that moment is.
    """

    class State(models.TextChoices):
        DRAFTING = "drafting", "being written"
        PENDING = "pending", "waiting"
        APPROVED = "approved", "approved, held"
        SENDING = "sending", "going out"
        SENT = "sent", "sent"
        REJECTED = "rejected", "rejected"
        SUPERSEDED = "superseded", "replaced by a newer draft"
        STALE = "stale", "something changed"
        MISSED = "missed", "missed"
        WITHDRAWN = "withdrawn", "withdrawn"
        FAILED = "failed", "could not be sent"
        UNKNOWN = "unknown", "may have been sent"
        BY_HAND = "by_hand", "done by hand"
        MANUAL = "manual", "to do by hand"

    # States in which the item may still lead to something: one of these per subject and occasion.
    # What is going out, or may have gone out, cannot be replaced: a newer draft stands beside it.
    LIVE = (
        State.DRAFTING,
        State.PENDING,
        State.APPROVED,
        State.STALE,
        State.FAILED,
        State.MANUAL,
    )
    # States shown in the queue: a person has something to do.
    OPEN = (State.DRAFTING, State.PENDING, State.STALE, State.FAILED, State.UNKNOWN, State.MANUAL)

    class Stage(models.TextChoices):
        OBSERVE = "observe", "observe"
        REVIEW = "review", "review"
        AUTO = "auto", "automatic"

    class Care(models.TextChoices):
        ONE_KEY = "one_key", "one key"
        OPEN_CARD = "open_card", "open card"
        PRESS_HOLD = "press_hold", "press and hold"

    class LossRisk(models.TextChoices):
        NONE = "", "not scored"
        LOW = "low", "low"
        MEDIUM = "medium", "medium"
        HIGH = "high", "high"

    connection = models.ForeignKey("integrations.Connection", on_delete=models.CASCADE)
    location = models.ForeignKey("integrations.Location", on_delete=models.CASCADE)
    agent = models.CharField(max_length=60)
    right = models.CharField(max_length=40, default="review_messages")
    purpose = models.CharField(max_length=20, default="transactional")
    subject = models.CharField(max_length=120, help_text="What it is about: contact:12, visit:…")
    occasion = models.CharField(max_length=120, help_text="Why now: booked, reminder:2026-06-15 …")
    client = models.ForeignKey(
        "integrations.Client", null=True, blank=True, on_delete=models.SET_NULL
    )
    appointment = models.ForeignKey(
        "integrations.Appointment", null=True, blank=True, on_delete=models.SET_NULL
    )
    staff = models.ForeignKey(
        "integrations.StaffMember", null=True, blank=True, on_delete=models.SET_NULL
    )
    covers = models.JSONField(default=list, help_text="Appointments it speaks of: [[id, start], …]")
    state = models.CharField(max_length=12, choices=State, default=State.DRAFTING)
    state_reason = models.CharField(max_length=400, blank=True)
    changes = models.JSONField(default=list, help_text="What changed since: [{label, before, now}]")
    stage = models.CharField(max_length=8, choices=Stage, default=Stage.REVIEW)
    title = models.CharField(max_length=200, blank=True)
    preview = models.CharField(max_length=200, blank=True)
    origin = models.CharField(max_length=200, blank=True, help_text="The crumb above the title.")
    tag = models.CharField(max_length=60, blank=True)
    group = models.CharField(max_length=40, default="messages")
    loss_risk = models.CharField(max_length=8, choices=LossRisk, default="", blank=True)
    care = models.CharField(max_length=12, choices=Care, default=Care.OPEN_CARD)
    care_reasons = models.JSONField(default=list)
    known_facts = models.JSONField(
        default=list,
        help_text="What a text may state: [{kind, texts, source}], see approvals/facts.py",
    )
    facts_ok = models.BooleanField(default=False, help_text="Every fact in the text was verified.")
    note = models.CharField(max_length=300, blank=True, help_text="E.g. written from the template.")
    value = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    moment = models.CharField(max_length=80, blank=True)
    send_at = models.DateTimeField(
        null=True, blank=True, help_text="Not before this hour (a reminder drafted the day before)."
    )
    snoozed_until = models.DateTimeField(null=True, blank=True)
    revision = models.ForeignKey(
        "approvals.Revision", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    superseded_by = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL)
    batch = models.CharField(max_length=80, blank=True)
    version = models.PositiveIntegerField(default=1)
    event_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    pending_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    seeded = models.BooleanField(
        default=False, help_text="A planted test of attention: nothing can ever be sent from it."
    )

    objects: models.Manager["ApprovalItem"] = models.Manager()
    real = RealDrafts()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agent", "location", "subject", "occasion"],
                condition=Q(
                    state__in=["drafting", "pending", "approved", "stale", "failed", "manual"]
                ),
                name="one_live_item",
            )
        ]
        indexes = [
            models.Index(
                fields=["location", "due_at", "id"],
                name="item_open",
                condition=Q(
                    state__in=["drafting", "pending", "stale", "failed", "unknown", "manual"]
                ),
            ),
            models.Index(fields=["client", "-id"], name="item_client"),
            models.Index(fields=["location", "-closed_at"], name="item_closed"),
            models.Index(fields=["location", "pending_at"], name="item_drafted"),
            models.Index(fields=["pending_at"], name="item_watched", condition=Q(stage="observe")),
            models.Index(
                fields=["due_at"],
                name="item_expiring",
                condition=Q(state__in=["drafting", "pending", "stale", "failed", "manual"]),
            ),
        ]

    def __str__(self) -> str:
        return self.title or f"draft {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN


class Revision(models.Model):
    """One exact text of an item; the model wrote it, the template did, or a person."""

    class Writer(models.TextChoices):
        MODEL = "model", "the model"
        TEMPLATE = "template", "the template"
        PERSON = "person", "a person"

    item = models.ForeignKey(ApprovalItem, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    writer = models.CharField(max_length=10, choices=Writer)
    author = models.ForeignKey(
        "integrations.User", null=True, blank=True, on_delete=models.SET_NULL
    )
    channel = models.CharField(max_length=10, blank=True)
    subject = models.CharField(max_length=300, blank=True)
    body = models.TextField(blank=True)
    language = models.CharField(max_length=8, default="en")
    template_version = models.CharField(max_length=80, blank=True)
    facts = models.JSONField(default=list, help_text="Spans of the body: see approvals/facts.py")
    warnings = models.JSONField(default=list)
    reasons = models.JSONField(default=list, help_text="Why this draft: [{text, source}]")
    evidence_sha256 = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "number"], name="revision_number"),
        ]


class Action(models.Model):
    """One typed effect a revision asks for, as the exact bytes that would go out.

    ``payload`` is the canonical JSON; frozen by a trigger once written, except that erasing may
    empty it. (id, revision, body_sha256) is what an Effect's foreign key points at.
    """

    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="actions")
    position = models.PositiveSmallIntegerField(default=0)
    type = models.CharField(max_length=40)
    payload = models.BinaryField(null=True)
    body_sha256 = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["revision", "position"], name="action_position"),
            models.UniqueConstraint(fields=["id", "revision", "body_sha256"], name="action_bytes"),
        ]


class Evidence(models.Model):
    """A fact the draft rests on, and which check re-reads it before sending."""

    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="evidence")
    position = models.PositiveSmallIntegerField(default=0)
    label = models.CharField(max_length=120)
    value = models.TextField(blank=True)
    source_kind = models.CharField(max_length=40, blank=True)
    source_id = models.CharField(max_length=80, blank=True)
    source_label = models.CharField(max_length=120, blank=True)
    read_at = models.DateTimeField(default=clock.now)
    check_kind = models.CharField(max_length=60, blank=True)
    check_params = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["revision", "position"], name="evidence_order")]
