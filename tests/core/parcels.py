"""A table of durable work that belongs to no app."""

from django.db import models

from core.work import WorkRow, work_indexes


class Parcel(WorkRow):
    note = models.CharField(max_length=40, default="", blank=True)

    class Meta:
        app_label = "toys"
        indexes = work_indexes("parcel")
