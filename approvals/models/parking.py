"""Where somebody left off: the page, the place on it, and the words of a field that was open."""

from django.db import models

from core import clock


class ParkedSpot(models.Model):
    """One key put everything aside; the same key brings it back, on any device of theirs.

    ``station`` is where it was parked: whoever takes that device over next lands on the same page.
    What was typed into a draft is a TypedText and not kept twice.
    """

    user = models.OneToOneField(
        "integrations.User", on_delete=models.CASCADE, related_name="parked_spot"
    )
    station = models.ForeignKey(
        "integrations.Station", null=True, blank=True, on_delete=models.SET_NULL
    )
    item = models.ForeignKey(
        "approvals.ApprovalItem", null=True, blank=True, on_delete=models.SET_NULL
    )
    path = models.CharField(max_length=500)
    field = models.CharField(max_length=60, blank=True)
    text = models.CharField(max_length=500, blank=True)
    caret = models.PositiveIntegerField(default=0)
    scroll = models.PositiveIntegerField(default=0)
    list_scroll = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(default=clock.now)
