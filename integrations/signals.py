"""Rights follow their table at once, whoever edits it and where."""

from typing import Any

from django.db.models.signals import post_delete, post_save, pre_save
from django.dispatch import receiver

from integrations.models import RoleRight
from integrations.roles import rights_reapply


@receiver(pre_save, sender=RoleRight)
def role_before(sender: Any, instance: RoleRight, **more: Any) -> None:
    """A row may be changed from one role to another: both follow."""
    before = RoleRight.objects.filter(pk=instance.pk).first()
    instance.__dict__["_role_before"] = before.role if before else ""


@receiver([post_save, post_delete], sender=RoleRight)
def role_right_changed(sender: Any, instance: RoleRight, **more: Any) -> None:
    for role in {instance.role, instance.__dict__.get("_role_before") or instance.role}:
        rights_reapply(role)
