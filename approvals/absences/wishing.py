"""Lines of an absence on *To call*: put there while somebody has to call, taken off when not."""

from approvals.absences import AGENT
from approvals.absences.calling import SHOWN_AFTER, Standing, lines_seen, standings
from approvals.models import Absence, AbsenceLine, CallWish
from approvals.services.calls import call_wanted, wishes_settled
from core import clock
from core.audit import Actor

__all__ = ["SHOWN_AFTER", "calls_follow"]
ACTOR = Actor.agent(AGENT)


def calls_follow(absence: Absence) -> None:
    """Bring *To call* up to date with how the lines stand. Doing it twice changes nothing.

    Who was called from there is cared for: the line takes that over.
    """
    lines = lines_seen(absence)
    keys = [key_of(line) for line in lines]
    rows = CallWish.objects.filter(location=absence.location_id, key__in=keys)
    wishes = {wish.key: wish for wish in rows}
    for one in standings(lines, clock.now()):
        wish = wishes.get(key_of(one.line))
        if wish is not None and wish.settled_at and wish.settled_by_name != ACTOR.name:
            _called(one.line, wish)
        elif one.call and (wish is None or wish.settled_at or wish.reason != _reason(one)):
            _wanted(absence, one)
        elif not one.call and wish is not None and not wish.settled_at:
            wishes_settled(
                actor=ACTOR,
                client_id=wish.client_id,
                location_id=absence.location_id,
                key=wish.key,
            )


def key_of(line: AbsenceLine) -> str:
    return f"absence:{line.absence_id}:{line.appointment_id}"


def _reason(one: Standing) -> str:
    return f"{one.line.absence.staff.name} is not in: {one.words}"[:200]


def _wanted(absence: Absence, one: Standing) -> None:
    line = one.line
    if line.client_id is None or line.appointment.starts_at <= clock.now():
        return
    call_wanted(
        actor=ACTOR,
        location_id=absence.location_id,
        client_id=line.client_id,
        reason=_reason(one),
        due_at=line.appointment.starts_at,
        key=key_of(line),
        appointment_id=line.appointment_id,
    )


def _called(line: AbsenceLine, wish: CallWish) -> None:
    AbsenceLine.objects.filter(pk=line.pk).exclude(state=AbsenceLine.State.SETTLED).update(
        state=AbsenceLine.State.SETTLED,
        note="Called",
        settled_by_name=wish.settled_by_name,
        settled_at=wish.settled_at,
    )
