"""The appointments of one client that somebody may see and speak about."""

from datetime import timedelta

from django.db.models import Q

from approvals.errors import NoRight
from approvals.permissions import Rights
from approvals.selectors.threads import places_of
from core import clock
from integrations.models import Appointment, Client

# Somebody who is late for this morning's visit, or wants to speak about it, calls the same day.
SINCE = timedelta(hours=14)


def visits_seen(rights: Rights) -> Q:
    """Whole locations, and of those where one is a provider only, the own appointments."""
    full, own = places_of(rights)
    mine = Q(location_id__in=own, staff_id=rights.staff_id) if rights.staff_id else Q(pk__in=[])
    return Q(location_id__in=full) | mine


def visit_seen(rights: Rights, client: Client, appointment_id: int) -> Appointment:
    """One appointment of this client; raises NoRight for any other."""
    visit = (
        Appointment.objects.select_related(
            "location", "service", "staff", "client", "connection", "location__connection"
        )
        .filter(visits_seen(rights), pk=appointment_id, client=client, deleted_at=None)
        .first()
    )
    if visit is None:
        raise NoRight("There is no such appointment.")
    return visit


def visits_near(rights: Rights, client: Client) -> list[Appointment]:
    """Today's and the coming ones, in order."""
    rows = Appointment.objects.select_related("location", "service", "staff").filter(
        visits_seen(rights),
        client=client,
        deleted_at=None,
        starts_at__gte=clock.now() - SINCE,
    )
    return list(rows.order_by("starts_at", "pk")[:12])


def visits_together(visit: Appointment) -> list[Appointment]:
    """Several services of one visit are confirmed, moved and called off as one."""
    if not visit.visit_id:
        return [visit]
    rows = Appointment.objects.select_related("location", "service", "staff", "client").filter(
        connection=visit.connection_id,
        visit_id=visit.visit_id,
        client=visit.client_id,
        location=visit.location_id,
        deleted_at=None,
        status__in=Appointment.UPCOMING,
    )
    found = list(rows.order_by("starts_at", "pk"))
    return found if any(one.pk == visit.pk for one in found) else [visit]
