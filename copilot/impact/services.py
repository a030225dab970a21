"""What a manager sets for the impact page."""

from collections.abc import Sequence
from decimal import Decimal

from django.db import transaction

from approvals.errors import NoRight
from approvals.permissions import MANAGER_RIGHT, rights_of
from copilot.impact.models import ImpactAssumption
from core import clock
from core.audit import audit_record
from integrations.models import Location, User


def assumption_set(
    *,
    user: User,
    locations: Sequence[Location],
    call_minutes: Decimal,
    hour_cost: Decimal | None,
) -> int:
    """The same assumption for each of these; returns how many changed. NoRight where one of them is
    not this manager's."""
    rights = rights_of(user)
    if not all(rights.has(one.pk, MANAGER_RIGHT) for one in locations):
        raise NoRight
    values = {"call_minutes": call_minutes, "hour_cost": hour_cost}
    changed = 0
    with transaction.atomic():
        for place in locations:
            row, made = ImpactAssumption.objects.select_for_update().get_or_create(location=place)
            if not made and all(getattr(row, name) == value for name, value in values.items()):
                continue
            now = {"changed_by": user.name, "changed_at": clock.now()}
            ImpactAssumption.objects.filter(pk=row.pk).update(**values, **now)
            facts = {name: str(value) for name, value in values.items()}
            audit_record(
                action="impact.assumed",
                actor=user.as_actor(),
                connection=place.connection_id,
                location=place.pk,
                facts=facts,
            )
            changed += 1
    return changed
