"""Audit, its seals, and secrets: the tables of core."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models

from core import clock


class AuditEvent(models.Model):
    """Append-only: who or what did what, when, to which client. No foreign keys, on purpose.

    ``action`` is a dotted name (``item.approved``). Ids and names are text so that a row outlives
    what it speaks of. What may have to be erased (names, texts) is in AuditDetail; the row keeps
    only its salted digest, so that erasing a client leaves the chain verifiable.
    """

    at = models.DateTimeField(default=clock.now)
    connection = models.CharField(max_length=40, blank=True)
    location = models.CharField(max_length=40, blank=True)
    action = models.CharField(max_length=60)
    actor_kind = models.CharField(max_length=12)
    actor_id = models.CharField(max_length=40, blank=True)
    actor_name = models.CharField(max_length=200, blank=True)
    actor_platform_id = models.CharField(max_length=80, blank=True)
    client = models.CharField(max_length=40, blank=True)
    subject = models.CharField(max_length=80, blank=True)
    correlation = models.CharField(max_length=40, blank=True)
    facts = models.JSONField(default=dict)
    detail_sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["connection", "id"], name="audit_connection"),
            models.Index(fields=["client", "id"], name="audit_client"),
            models.Index(fields=["subject", "id"], name="audit_subject"),
            # The audit page: the newest rows of one location first.
            models.Index(fields=["connection", "location", "-at", "-id"], name="audit_page"),
            BrinIndex(fields=["at"], name="audit_at"),
        ]


class AuditDetail(models.Model):
    """The erasable part of an audit row. Its digest is in the chained row."""

    event_id = models.BigIntegerField(unique=True)
    client = models.CharField(max_length=40, blank=True, db_index=True)
    salt = models.CharField(max_length=32)
    data = models.JSONField()


class AuditSeal(models.Model):
    """One link of a connection's hash chain: seals one AuditEvent."""

    connection = models.CharField(max_length=40)
    sequence = models.BigIntegerField()
    event_id = models.BigIntegerField(unique=True)
    sealed_at = models.DateTimeField(default=clock.now)
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "sequence"], name="seal_sequence")
        ]


class AuditProof(models.Model):
    """What proving one connection's chain found, and when: "last verified" on the audit page."""

    connection = models.CharField(max_length=40)
    at = models.DateTimeField(default=clock.now)
    whole = models.BooleanField()
    sealed = models.BigIntegerField()
    head = models.CharField(max_length=64)

    class Meta:
        indexes = [models.Index(fields=["connection", "-at"], name="audit_proof_last")]

    def __str__(self) -> str:
        return f"{self.connection}: {'whole' if self.whole else 'broken'}, {self.sealed} rows"


class Secret(models.Model):
    """A secret typed into admin, encrypted at rest and never shown again."""

    name = models.CharField(max_length=80)
    encrypted = models.BinaryField()
    created_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return self.name


class Heartbeat(models.Model):
    """When a worker of each kind last said that it lives (read by /readyz)."""

    name = models.CharField(max_length=60, primary_key=True)
    at = models.DateTimeField()
