"""A role at a location with its rights, in few statements: nearly every test makes one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from django.contrib.auth.models import Group, Permission

from integrations.models import Location, LocationGroupPermission, LocationRole


def group_make(name: str, location: Location, role: str, rights: Sequence[str]) -> Group:
    """The group that mirrors this platform role, as the sync would leave it."""
    group = Group.objects.create(name=name)
    LocationRole.objects.create(location=location, role=role, group=group)
    LocationGroupPermission.objects.bulk_create(
        LocationGroupPermission(group=group, permission_id=_permissions()[right],
                                content_object=location)
        for right in rights
    )  # fmt: skip
    return group


@cache
def _permissions() -> dict[str, int]:
    """Rows of migrations that no test changes and none takes away (see seeds)."""
    rows = Permission.objects.filter(content_type__app_label="integrations")
    return dict(rows.values_list("codename", "pk"))
