"""A therapist ticks that they read the brief."""

from django.db import transaction

from approvals.errors import NotPossible
from approvals.permissions import rights_of
from approvals.selectors.visits import visits_seen
from copilot.visits.models import BriefRead
from copilot.visits.reading import briefs_of
from copilot.visits.telling import brief_seen
from core.audit import audit_record
from core.hints import hint_on_commit
from integrations.models import Appointment, User


def visit_for(user: User, visit_id: int) -> Appointment | None:
    """A visit this person may see; None for any other."""
    rows = Appointment.objects.select_related("client", "location", "service", "staff")
    return rows.filter(visits_seen(rights_of(user)), pk=visit_id, deleted_at=None).first()


@transaction.atomic
def brief_read(*, user: User, visit: Appointment) -> BriefRead:
    """Tick the brief of a visit; whoever ticked first stays. NotPossible where there is none."""
    item = briefs_of([visit.pk]).get(visit.pk)
    if item is None:
        raise NotPossible("There is no brief for this visit.")
    made, created = BriefRead.objects.get_or_create(
        appointment=visit, item=item, defaults={"user": user, "user_name": user.name[:160]}
    )
    if created:
        audit_record(
            action="brief.read",
            actor=user.as_actor(),
            connection=visit.connection_id,
            location=visit.location_id,
            client=visit.client_id or "",
            subject=f"visit:{visit.pk}",
            correlation=f"item:{item.pk}",
        )
        hint_on_commit(visit.location_id)
    brief_seen(user=user, visit=visit)
    return made
