"""People who sign in."""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models

from core import clock
from core.audit import Actor

if TYPE_CHECKING:
    from integrations.models.stations import Station


LANGUAGES = frozenset(code for code, _name in settings.LANGUAGES)


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str, **fields: Any) -> "User":
        return self.create_user(
            email, password, **{"is_staff": True, "is_superuser": True, **fields}
        )


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody with a sign-in. ``is_superuser`` opens admin and counts for nothing at the desk."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=160)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False, help_text="May open the admin pages.")
    preferences = models.JSONField(default=dict, blank=True)
    date_joined = models.DateTimeField(default=clock.now)

    objects = UserManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    # Set for one request while this person works at a shared device: rights end at its location.
    at_station: "Station | None" = None

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split(" ")[0]

    @property
    def language(self) -> str:
        """The interface's language as this person chose it; '' where the browser decides."""
        chosen = self.preferences.get("language", "")
        return chosen if chosen in LANGUAGES else ""

    @property
    def languages(self) -> list[str]:
        """The languages this person reads: as they said, else the interface's and English."""
        chosen = [one for one in self.preferences.get("languages") or [] if one in LANGUAGES]
        return chosen or sorted({self.language or "en", "en"})

    def as_actor(self) -> Actor:
        """This person for the audit, with the platform's id of theirs where there is one."""
        staff = getattr(self, "staff", None)
        at = f"{self.at_station.pk}: {self.at_station.name}" if self.at_station else ""
        return Actor("person", str(self.pk), self.name, staff.external_id if staff else "", at)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """At a station admin rights are set aside in memory; that must never be written."""
        if self.at_station is not None and kwargs.get("update_fields") is None:
            raise RuntimeError("A person at a station is saved by named fields only.")
        super().save(*args, **kwargs)


class HandGrant(models.Model):
    """A person added by an admin (temp, virtual receptionist): a sync never overwrites it."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="hand_grants")
    location = models.ForeignKey("integrations.Location", on_delete=models.CASCADE)
    role = models.CharField(max_length=40)
    ends_on = models.DateField(null=True, blank=True)
    granted_by = models.CharField(max_length=160)
    granted_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "location", "role"], name="hand_grant_once")
        ]


class Invitation(models.Model):
    """A single-use link to a staff member's e-mail address. Only the hash of the link is kept."""

    connection = models.ForeignKey("integrations.Connection", on_delete=models.CASCADE)
    staff = models.ForeignKey(
        "integrations.StaffMember", null=True, blank=True, on_delete=models.CASCADE
    )
    grant_location = models.ForeignKey(
        "integrations.Location", null=True, blank=True, on_delete=models.CASCADE
    )
    grant_role = models.CharField(max_length=40, blank=True)
    grant_ends_on = models.DateField(null=True, blank=True)
    email = models.EmailField()
    name = models.CharField(max_length=160)
    token_sha256 = models.CharField(max_length=64, unique=True)
    created_by = models.CharField(max_length=160)
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
