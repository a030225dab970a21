"""Answer: what an incoming message meant, which question it answered, and what came of it."""

from django.db import models

from core import clock


class Answer(models.Model):
    """One incoming message, read once. Its row is the promise that it is not acted on twice.

    ``meaning`` as integrations/phrases reads it ('' where a person has to). The question it answers
    is ``offer`` or ``asked`` (the draft whose text asked for an answer); ``item`` is the draft that
    was made of it. ``words`` says in plain words what came of it.
    """

    class Outcome(models.TextChoices):
        PERSON = "person", "left to a person"
        NOTHING = "nothing", "needs no answer"
        STRANGER = "stranger", "nobody is known by this number"
        STOPPED = "stopped", "asked for no more messages"
        STARTED = "started", "wants messages again"
        HELPED = "helped", "asked for help"
        ACCEPTED = "accepted", "said yes to an open slot"
        DECLINED = "declined", "said no to an open slot"
        CONFIRMED = "confirmed", "confirmed a visit"
        CALLED_OFF = "called_off", "cannot come"
        LATE = "late", "comes late"
        AGREED = "agreed", "agreed to a change"
        OTHERWISE = "otherwise", "would rather have something else"

    message = models.OneToOneField(
        "integrations.Message", on_delete=models.CASCADE, related_name="answer"
    )
    client = models.ForeignKey(
        "integrations.Client", null=True, blank=True, on_delete=models.CASCADE
    )
    meaning = models.CharField(max_length=10, blank=True)
    digit = models.CharField(max_length=1, blank=True)
    minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome)
    words = models.CharField(max_length=300, blank=True)
    offer = models.ForeignKey(
        "approvals.Offer", null=True, blank=True, on_delete=models.SET_NULL, related_name="answers"
    )
    asked = models.ForeignKey(
        "approvals.ApprovalItem",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="answers",
    )
    item = models.ForeignKey(
        "approvals.ApprovalItem", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [models.Index(fields=["client", "-at"], name="answer_client")]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()} (message {self.message_id})"
