"""Stations: shared devices of a location, and the PINs by which people take one over."""

from django.db import models

from core import clock

# Where a session keeps who took the device over.
SESSION_PERSON = "station_person"


class Station(models.Model):
    """A browser that belongs to a location. Only the hash of the secret in its cookie is kept.

    ``counter``: its screen faces clients, so details stay covered until somebody looks at them.
    """

    location = models.ForeignKey(
        "integrations.Location", on_delete=models.CASCADE, related_name="stations"
    )
    name = models.CharField(max_length=80)
    secret_sha256 = models.CharField(max_length=64, unique=True)
    counter = models.BooleanField(default=True)
    created_by = models.CharField(max_length=160)
    created_at = models.DateTimeField(default=clock.now)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.CharField(max_length=160, blank=True)
    last_person = models.ForeignKey(
        "integrations.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    taken_over_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["location", "revoked_at"], name="station_of_location")]

    def __str__(self) -> str:
        return self.name


class Pin(models.Model):
    """Four to six digits by which a person takes over a station; hashed like a password.

    ``failures`` counts wrong ones in a row. ``locked_at``: nobody gets in by it until a manager
    gives a new one. ``temporary``: a manager gave it, and its owner chooses another at once.
    """

    user = models.OneToOneField("integrations.User", on_delete=models.CASCADE, related_name="pin")
    digest = models.CharField(max_length=128)
    temporary = models.BooleanField(default=False)
    failures = models.PositiveSmallIntegerField(default=0)
    locked_at = models.DateTimeField(null=True, blank=True)
    set_at = models.DateTimeField(default=clock.now)
    set_by = models.CharField(max_length=160)

    def __str__(self) -> str:
        return f"PIN of {self.user}"
