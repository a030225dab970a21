"""Rights on locations: guardian's permissions in tables with a direct foreign key.

The default generic tables cast the primary key to text and lose the index on it.
"""

from django.contrib.auth.models import Group
from django.db import models
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from integrations.models.connections import Location

# A closed list: a page may ask for these and no others.
RIGHTS = (
    "review_messages",
    "review_offers",
    "review_retail",
    "review_changes",
    "review_orders",
    "read_digest",
    "read_audit",
    "ask",
    "tune_agents",
)
ROLES = ("owner", "manager", "front_desk", "provider")


class LocationUserPermission(UserObjectPermissionBase):
    content_object = models.ForeignKey(Location, on_delete=models.CASCADE)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "permission", "content_object"], name="location_user_right"
            )
        ]


class LocationGroupPermission(GroupObjectPermissionBase):
    content_object = models.ForeignKey(Location, on_delete=models.CASCADE)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["group", "permission", "content_object"], name="location_group_right"
            )
        ]


class LocationRole(models.Model):
    """The mirror of one platform role at one location: one group."""

    location = models.ForeignKey(Location, on_delete=models.CASCADE, related_name="roles")
    role = models.CharField(max_length=40)
    group = models.OneToOneField(Group, on_delete=models.CASCADE)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["location", "role"], name="location_role_once")
        ]

    def __str__(self) -> str:
        return f"{self.role} at {self.location}"


class RoleRight(models.Model):
    """Which right a platform role brings here. A table, so that an admin can edit it."""

    role = models.CharField(max_length=40)
    right = models.CharField(max_length=40, choices=[(right, right) for right in RIGHTS])

    class Meta:
        constraints = [models.UniqueConstraint(fields=["role", "right"], name="role_right_once")]

    def __str__(self) -> str:
        return f"{self.role}: {self.right}"
