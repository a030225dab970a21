"""What the desk adds to a conversation: words not sent yet, and "this needs no answer"."""

from django.db import models
from django.db.models import Q

from core import clock


class WrittenText(models.Model):
    """What somebody is writing to a client and has not sent, saved as they type."""

    user = models.ForeignKey("integrations.User", on_delete=models.CASCADE)
    client = models.ForeignKey(
        "integrations.Client", on_delete=models.CASCADE, related_name="written"
    )
    channel = models.CharField(max_length=10, blank=True)
    subject = models.CharField(max_length=300, blank=True)
    body = models.TextField(blank=True)
    caret = models.PositiveIntegerField(default=0)
    station = models.ForeignKey(
        "integrations.Station", null=True, blank=True, on_delete=models.SET_NULL
    )
    updated_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "client"], name="written_once_per_person")
        ]


class ThreadMark(models.Model):
    """Up to which moment a thread needs no answer, and who said so.

    A thread is a client's, or (``client`` empty) that of a number or mailbox nobody is known by.
    """

    connection = models.ForeignKey("integrations.Connection", on_delete=models.CASCADE)
    client = models.OneToOneField(
        "integrations.Client",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="thread_mark",
    )
    sender = models.CharField(max_length=254, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by_name = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "sender"],
                condition=Q(client=None),
                name="thread_mark_once_per_sender",
            )
        ]
