"""What a manager sets for the trust in a location's drafts."""

from decimal import Decimal

from django.db import transaction

from approvals.errors import NoRight
from approvals.models import LocationTrust
from approvals.permissions import MANAGER_RIGHT, rights_of
from core import clock
from core.audit import audit_record
from integrations.models import Location, User


def trust_set(
    *, user: User, location: Location, seeded_percent: int, earn_after: int, most_value: Decimal
) -> LocationTrust:
    """Save it; what is in force already keeps the limits it was given with. Raises NoRight."""
    if not rights_of(user).has(location.pk, MANAGER_RIGHT):
        raise NoRight("Only a manager of the location decides that.")
    values = {
        "seeded_percent": seeded_percent,
        "earn_after": earn_after,
        "most_value": most_value,
        "changed_by": user.name,
        "changed_at": clock.now(),
    }
    with transaction.atomic():
        trust, _ = LocationTrust.objects.update_or_create(location=location, defaults=values)
        audit_record(
            action="trust.set",
            actor=user.as_actor(),
            connection=location.connection_id,
            location=location.pk,
            subject=f"trust:{location.pk}",
            facts={
                "seeded_percent": seeded_percent,
                "earn_after": earn_after,
                "most_value": str(most_value),
            },
        )
    return trust
