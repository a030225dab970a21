"""Browsers that a person wants to be told on."""

import hashlib

from django.db import transaction

from approvals.errors import NotPossible
from approvals.models import PushDevice
from core.audit import audit_record
from integrations.channels.push import Target, is_target
from integrations.models import User

MOST = 10


def device_add(*, user: User, target: Target, label: str = "") -> PushDevice:
    """This browser is told from now on; one that belonged to somebody else here changes hands."""
    if not is_target(target) or len(target.endpoint) > 600:
        raise NotPossible("This browser gave no address where it can be told.")
    with transaction.atomic():
        device, made = PushDevice.objects.update_or_create(
            endpoint_sha256=hashlib.sha256(target.endpoint.encode()).hexdigest(),
            defaults={
                "user": user,
                "endpoint": target.endpoint,
                "public_key": target.public_key,
                "secret": target.secret,
                "label": label[:80],
                "failed_at": None,
            },
        )
        mine = PushDevice.objects.filter(user=user).order_by("-pk")
        PushDevice.objects.filter(pk__in=[one.pk for one in mine[MOST:]]).delete()
        if made:
            audit_record(action="push.on", actor=user.as_actor(), subject=f"device:{device.pk}")
        return device


def device_remove(*, user: User, device_id: int) -> bool:
    """This browser is not told any more."""
    with transaction.atomic():
        gone, _ = PushDevice.objects.filter(user=user, pk=device_id).delete()
        if gone:
            audit_record(action="push.off", actor=user.as_actor(), subject=f"device:{device_id}")
        return bool(gone)
