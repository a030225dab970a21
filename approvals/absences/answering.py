"""What a client said to a change of therapist or hour: yes carries it out, no asks for a call."""

from django.db import transaction

from approvals.absences import AGENT
from approvals.absences.editing import withdraw_on_yes
from approvals.absences.proposing import Kind, State
from approvals.absences.wishing import SHOWN_AFTER, calls_follow
from approvals.answers.joining import Joined
from approvals.answers.reading import Came, Heard
from approvals.answers.replies import left_to_a_person
from approvals.ladders.words import short_moment
from approvals.models import Absence, AbsenceLine, Answer, ApprovalItem, Effect
from approvals.services.steps import item_audit
from core import clock
from core.audit import Actor
from core.doorbell import ring_on_commit
from core.hints import hint_on_commit
from core.work import WorkRow

ACTOR = Actor.agent(AGENT)
DRAIN = "approvals.effects_drain"
OVER = "They were told about a change that is settled by now."
SAID = {
    (True, Kind.SAME_TIME): "is fine with it",
    (True, Kind.OTHER_TIME): "takes the new time; it is moved now",
    (False, Kind.SAME_TIME): "would rather have something else. Please call",
    (False, Kind.OTHER_TIME): "cannot take the new time. Please call",
}
# A draft that fell due or was taken back meanwhile is not carried out by a late yes.
STILL = (ApprovalItem.State.APPROVED,)


def move_answered(heard: Heard, answer: Joined) -> Came:
    """Settle one line by the client's own word. A second word about it goes to a person."""
    question = answer.question
    if question is None or question.line is None:
        raise ValueError("an answer to a change needs its line")
    with transaction.atomic():
        line = (
            AbsenceLine.objects.select_for_update(of=("self",))
            .select_related("absence__location", "client", "appointment", "on_yes")
            .get(pk=question.line.pk)
        )
        if line.state != State.APPROVED:
            return left_to_a_person(heard, OVER)
        if answer.yes and line.kind == Kind.OTHER_TIME and not _released(line):
            return left_to_a_person(heard, OVER)
        line.state = State.AGREED if answer.yes else State.REFUSED
        line.version += 1
        line.save(update_fields=["state", "version"])
        if not answer.yes:
            withdraw_on_yes(line, "They cannot take the new time.")
        calls_follow(line.absence)
        hint_on_commit(line.absence.location_id)
    who = (line.client or heard.client).short_name
    at = short_moment(line.appointment.starts_at, line.absence.location.zone)
    outcome = Answer.Outcome.AGREED if answer.yes else Answer.Outcome.OTHERWISE
    words = f"{who} {SAID[answer.yes, Kind(line.kind)]} ({at})."
    return Came(outcome, words, question, line.on_yes_id if answer.yes else line.item_id)


def _released(line: AbsenceLine) -> bool:
    """Let the approved change go: first the calendar, then the text that says so."""
    item = line.on_yes
    if item is None:
        return False
    locked = ApprovalItem.objects.select_for_update(of=("self",)).filter(pk=item.pk)
    held = locked.filter(state__in=STILL).first()
    first = Effect.objects.filter(item=item, outcome="", state=WorkRow.State.WAITING)
    pk = first.order_by("position", "id").values_list("pk", flat=True).first()
    if held is None or pk is None or (held.due_at is not None and held.due_at <= clock.now()):
        return False
    Effect.objects.filter(pk=pk).update(not_before=clock.now())
    item_audit(held, "absence.agreed", ACTOR, {"line": line.pk})
    ring_on_commit(DRAIN)
    return True


def lines_expire() -> int:
    """Take back what nobody answered in time; returns how many. Looking twice is harmless."""
    now = clock.now()
    over = AbsenceLine.objects.filter(
        state=State.APPROVED, on_yes__state=ApprovalItem.State.APPROVED, on_yes__due_at__lte=now
    ).select_related("on_yes")[:200]
    count = 0
    for line in over:
        withdraw_on_yes(line, "Nobody answered in time.")
        count += 1
    for absence in Absence.objects.filter(ends_at__gt=now - SHOWN_AFTER).select_related("location"):
        with transaction.atomic():
            calls_follow(absence)
    return count
