"""Decisions by people, and the effects they release."""

from collections.abc import Sequence

from django.db import models
from django.db.models import Q

from core import clock
from core.work import WorkRow, work_indexes


class StandingGrant(models.Model):
    """A standing decision: agent, location, action types, one template version, limits, expiry."""

    location = models.ForeignKey("integrations.Location", on_delete=models.CASCADE)
    agent = models.CharField(max_length=60)
    action_types = models.JSONField(default=list)
    template_version = models.CharField(max_length=80)
    daily_limit = models.PositiveIntegerField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    granted_by = models.ForeignKey("integrations.User", null=True, on_delete=models.SET_NULL)
    granted_by_name = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    earned = models.BooleanField(
        default=False, help_text="Earned by an agent's unedited approvals: see approvals/autonomy."
    )
    sample_percent = models.PositiveSmallIntegerField(
        default=0, help_text="So many of a hundred go to a person all the same."
    )
    most_value = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)


class Decision(models.Model):
    """What a person did. Never changed afterwards (a trigger refuses it)."""

    class Kind(models.TextChoices):
        APPROVE = "approve", "approved"
        REJECT = "reject", "rejected"
        SNOOZE = "snooze", "put off"
        UNDO = "undo", "taken back"
        EDIT = "edit", "edited"
        REGENERATE = "regenerate", "asked for another draft"
        HANDLED = "handled", "already handled"
        BY_HAND = "by_hand", "done by hand"
        SETTLED = "settled", "outcome settled by hand"

    class Scope(models.TextChoices):
        NONE = "", "not an approval"
        ITEM = "item", "these bytes"
        LADDER = "ladder", "every rung of a ladder"
        STANDING = "standing", "a standing decision"

    item = models.ForeignKey(
        "approvals.ApprovalItem", null=True, on_delete=models.CASCADE, related_name="decisions"
    )
    kind = models.CharField(max_length=12, choices=Kind)
    scope = models.CharField(max_length=10, choices=Scope, default=Scope.NONE, blank=True)
    revision = models.ForeignKey("approvals.Revision", null=True, on_delete=models.CASCADE)
    evidence_sha256 = models.CharField(max_length=64, blank=True)
    standing = models.ForeignKey(StandingGrant, null=True, on_delete=models.PROTECT)
    actor = models.ForeignKey("integrations.User", null=True, on_delete=models.SET_NULL)
    actor_name = models.CharField(max_length=200)
    actor_platform_id = models.CharField(max_length=80, blank=True)
    reason = models.CharField(max_length=40, blank=True)
    words = models.CharField(max_length=500, blank=True)
    seconds = models.FloatField(null=True, help_text="From the card being visible to the press.")
    at = models.DateTimeField(default=clock.now)
    # What an approval wrote, in order, for whoever made it; empty on a row read from the database.
    made: "Sequence[Effect]" = ()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["id", "revision"], name="decision_revision"),
            models.CheckConstraint(
                name="approval_says_what",
                condition=~Q(kind="approve")
                | (Q(scope__in=["item", "ladder"]) & Q(revision__isnull=False))
                | (Q(scope="standing") & Q(standing__isnull=False)),
            ),
        ]
        indexes = [models.Index(fields=["item", "id"], name="decision_item")]


class Effect(WorkRow):
    """One action on its way out: exact bytes, stable key, attempts, outcome.

    ``body`` is emptied by retention after the effect is settled; until then the database checks it
    against its hash, and the hash against what the decision approved.
    """

    class Outcome(models.TextChoices):
        NONE = "", "not yet"
        SENT = "sent", "sent"
        FAILED = "failed", "failed"
        UNKNOWN = "unknown", "may have been sent"
        BY_HAND = "by_hand", "done by hand"
        WITHDRAWN = "withdrawn", "withdrawn"
        STALE = "stale", "not sent: something changed"

    item = models.ForeignKey(
        "approvals.ApprovalItem", on_delete=models.CASCADE, related_name="effects"
    )
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="effects")
    revision = models.ForeignKey("approvals.Revision", on_delete=models.PROTECT)
    action = models.ForeignKey("approvals.Action", on_delete=models.PROTECT)
    position = models.PositiveSmallIntegerField(default=0)
    key = models.CharField(max_length=80, unique=True)
    type = models.CharField(max_length=40)
    body = models.BinaryField(null=True)
    body_sha256 = models.CharField(max_length=64)
    channel = models.CharField(max_length=20, blank=True)
    through = models.CharField(
        max_length=40,
        blank=True,
        help_text="The number or mailbox fixed at approval; empty: the platform itself.",
    )
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.NONE, blank=True)
    held_until = models.DateTimeField()
    call_started_at = models.DateTimeField(null=True, blank=True)
    doubt_since = models.DateTimeField(
        null=True, blank=True, help_text="The first call whose answer was lost."
    )
    reference = models.CharField(max_length=120, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    plain_error = models.CharField(max_length=400, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [
            *work_indexes("effect"),
            models.Index(fields=["item", "position"], name="effect_item"),
        ]


class TypedText(models.Model):
    """What somebody is typing into a draft, saved as they type."""

    item = models.ForeignKey(
        "approvals.ApprovalItem", on_delete=models.CASCADE, related_name="typed"
    )
    user = models.ForeignKey("integrations.User", on_delete=models.CASCADE)
    subject = models.CharField(max_length=300, blank=True)
    body = models.TextField(blank=True)
    base_revision = models.PositiveIntegerField(default=0)
    offer = models.ForeignKey(
        "approvals.Offer",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="The rung whose text it is, where it is not the one on the card.",
    )
    caret = models.PositiveIntegerField(default=0)
    station = models.ForeignKey(
        "integrations.Station",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        help_text="The shared device it was typed at: whoever works there next is shown it.",
    )
    updated_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "user"], name="typed_once_per_person")
        ]
