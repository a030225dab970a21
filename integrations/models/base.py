"""What every record of the working copy has in common."""

from django.db import models

from core import clock


class MirrorRecord(models.Model):
    """A copy of one record of the platform, which stays the system of record.

    ``platform_updated_at`` decides which of two readings is newer, never the order of arrival.
    ``as_of`` is set when the record came from a file: what the file said on that day.
    """

    connection = models.ForeignKey("integrations.Connection", on_delete=models.CASCADE)
    external_id = models.CharField(max_length=80)
    platform_updated_at = models.DateTimeField(null=True, blank=True)
    synced_at = models.DateTimeField(default=clock.now)
    deleted_at = models.DateTimeField(null=True, blank=True)
    as_of = models.DateField(null=True, blank=True)

    class Meta:
        abstract = True


def one_per_connection(name: str) -> models.UniqueConstraint:
    return models.UniqueConstraint(fields=["connection", "external_id"], name=f"{name}_external_id")
