"""Standing decisions, as the managers of their locations see them."""

from collections.abc import Collection

from django.db.models import Count, Max, QuerySet

from approvals.models import StandingGrant


def grants_at(location_ids: Collection[int]) -> QuerySet[StandingGrant]:
    """The newest first, each with how often it acted and when it did so last."""
    rows = StandingGrant.objects.filter(location_id__in=list(location_ids))
    counted = rows.annotate(acted=Count("decision"), acted_at=Max("decision__at"))
    return counted.select_related("location").order_by("revoked_at", "-pk")
