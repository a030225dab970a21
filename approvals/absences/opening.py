"""Somebody is out: the absence is written down, everybody affected gets a line, one draft holds
them. Looking again keeps what was decided or edited."""

from datetime import datetime, timedelta

from django.db import transaction

from approvals.absences import AGENT, RIGHT, SUBJECT
from approvals.absences.proposing import Kind, State, lines_of, plans_for
from approvals.absences.wholes import draft_rewrite, line_digest, line_words
from approvals.absences.wishing import calls_follow
from approvals.actions_absences import RescheduleDay
from approvals.errors import NoRight, NotPossible
from approvals.ladders.words import moment
from approvals.models import Absence, AbsenceLine, ApprovalItem
from approvals.permissions import rights_of
from approvals.proposals import EvidenceItem, Proposal, Reason
from approvals.services.items import item_fill, item_open
from approvals.services.steps import item_step
from core import clock
from core.audit import Actor, audit_record
from core.hints import hint_on_commit
from integrations.models import Location, StaffMember, User

ItemState = ApprovalItem.State
LONGEST = timedelta(days=14)


def absence_open(
    *, user: User, location: Location, staff: StaffMember, starts_at: datetime, ends_at: datetime
) -> Absence:
    """Write down that somebody is out, and propose something for everybody affected.

    The same person out at the same time is one absence: it is looked at again. Raises NoRight or
    NotPossible. No reason is asked for and none is kept.
    """
    if not rights_of(user).has(location.pk, RIGHT) or _own_only(user, location):
        raise NoRight
    _span_fits(starts_at, ends_at)
    with transaction.atomic():
        Location.objects.select_for_update(no_key=True).get(pk=location.pk)
        absence = _same(location, staff, starts_at, ends_at)
        if absence is None:
            absence = Absence.objects.create(
                connection_id=location.connection_id,
                location=location,
                staff=staff,
                starts_at=starts_at,
                ends_at=ends_at,
                told_by_name=user.name,
            )
            _audit(absence, "absence.opened", user.as_actor())
        lines_propose(absence, user.as_actor())
        return absence


def _own_only(user: User, location: Location) -> bool:
    return rights_of(user).provider_only(location.pk, RIGHT)


def _span_fits(starts_at: datetime, ends_at: datetime) -> None:
    if ends_at <= starts_at:
        raise NotPossible("The end has to come after the beginning.")
    if ends_at <= clock.now():
        raise NotPossible("That time has passed already.")
    if ends_at - starts_at > LONGEST:
        raise NotPossible("Please choose at most two weeks at a time.")


def _same(
    location: Location, staff: StaffMember, starts_at: datetime, ends_at: datetime
) -> Absence | None:
    """One that is told twice becomes one that lasts as long as both say."""
    found = (
        Absence.objects.select_for_update(of=("self",))
        .select_related("location", "staff")
        .filter(location=location, staff=staff, starts_at__lt=ends_at, ends_at__gt=starts_at)
        .order_by("pk")
        .first()
    )
    if found is not None:
        found.starts_at = min(found.starts_at, starts_at)
        found.ends_at = max(found.ends_at, ends_at)
        found.save(update_fields=["starts_at", "ends_at"])
    return found


def absence_look(*, user: User, absence_id: int) -> Absence:
    """Look at the calendar again: proposals nobody has touched are made anew."""
    with transaction.atomic():
        absence = absence_for(user, absence_id)
        lines_propose(absence, user.as_actor())
        return absence


def absence_end(*, user: User, absence_id: int) -> Absence:
    """They are in after all, or back: nothing more is proposed, and they may take over others.

    What was approved stays as it is; undo and the platform are the way back from that.
    """
    with transaction.atomic():
        absence = absence_for(user, absence_id)
        now = clock.now()
        if absence.ends_at <= now:
            raise NotPossible("That time is over already.")
        absence.ends_at = max(now, absence.starts_at)
        absence.save(update_fields=["ends_at"])
        waiting = AbsenceLine.objects.filter(absence=absence, state=State.OPEN)
        gone = list(waiting.values_list("pk", flat=True))
        waiting.update(state=State.SETTLED, settled_by_name=user.name, settled_at=now)
        draft_follow(absence, user.as_actor(), f"{absence.staff.name} is in.")
        # First off *To call*; then they are nobody's lines, should the same person be out again.
        calls_follow(absence)
        AbsenceLine.objects.filter(pk__in=gone).delete()
        _audit(absence, "absence.ended", user.as_actor())
        hint_on_commit(absence.location_id)
        return absence


def absence_for(user: User, absence_id: int) -> Absence:
    """The absence, locked; NoRight where the person may not change the calendar there."""
    absence = (
        Absence.objects.select_for_update(of=("self",))
        .select_related("location", "staff", "item")
        .filter(pk=absence_id)
        .first()
    )
    if absence is None or not rights_of(user).has(absence.location_id, RIGHT):
        raise NoRight
    if _own_only(user, absence.location):
        raise NoRight
    return absence


def lines_propose(absence: Absence, actor: Actor) -> None:
    """Make the lines that nobody has touched anew, all of them placed together."""
    AbsenceLine.objects.filter(absence=absence, state=State.OPEN, edited=False).delete()
    kept = AbsenceLine.objects.filter(absence=absence)
    held = {part[0] for parts in kept.values_list("parts", flat=True) for part in parts}
    AbsenceLine.objects.bulk_create(lines_of(plans_for(absence, held)))
    absence.looked_at = clock.now()
    absence.save(update_fields=["looked_at"])
    draft_follow(absence, actor)
    calls_follow(absence)
    hint_on_commit(absence.location_id)


def draft_follow(
    absence: Absence, actor: Actor, why: str = "Everybody was cared for one by one."
) -> None:
    """The one draft says what the lines say now; a new one where the last was decided."""
    lines = open_lines(absence)
    item = absence.item
    if item is not None and item.state == ItemState.PENDING:
        if lines:
            draft_rewrite(absence, item, lines, actor)
        else:
            item_step(item, ItemState.WITHDRAWN, among=[ItemState.PENDING], state_reason=why)
    elif lines and any(line.kind != Kind.CALL for line in lines):
        _draft_open(absence, lines, actor)


def open_lines(absence: Absence) -> list[AbsenceLine]:
    rows = absence.lines.filter(state=State.OPEN).select_related("client", "appointment")
    return list(rows.order_by("appointment__starts_at", "pk"))


def _draft_open(absence: Absence, lines: list[AbsenceLine], actor: Actor) -> None:
    proposal = _proposal(absence, lines)
    item = item_open(
        actor=Actor.agent(AGENT),
        connection_id=absence.connection_id,
        location_id=absence.location_id,
        agent=AGENT,
        subject=proposal.subject,
        occasion=proposal.occasion,
        stage=ApprovalItem.Stage.REVIEW,
        title=proposal.title,
        tag=proposal.tag,
        group=proposal.group,
        right=RIGHT,
        due_at=proposal.due_at,
    )
    if item_fill(actor=Actor.agent(AGENT), item_id=item.pk, proposal=proposal) is None:
        return
    Absence.objects.filter(pk=absence.pk).update(item=item)
    absence.item = ApprovalItem.objects.get(pk=item.pk)
    draft_rewrite(absence, absence.item, lines, actor)


def _proposal(absence: Absence, lines: list[AbsenceLine]) -> Proposal:
    now, name = clock.now(), absence.staff.name
    last = max(line.appointment.starts_at for line in lines)
    until = moment(absence.ends_at, absence.location.zone)
    action = RescheduleDay(
        absence=absence.pk,
        lines=tuple((line.pk, line_digest(line), line_words(line)) for line in lines),
    )
    return Proposal(
        subject=f"{SUBJECT}:{absence.pk}",
        occasion=f"out:{now.isoformat()}",
        title=f"{name} is not in: {len(lines)} client{'s' if len(lines) > 1 else ''} to care for",
        origin="Out today",
        tag="not in",
        group="changes",
        right=RIGHT,
        actions=(action,),
        evidence=(
            EvidenceItem("Told by", absence.told_by_name, "absence", str(absence.pk), "desk", now),
        ),
        reasons=(
            Reason(f"{name} is out until {until}.", "desk"),
            Reason("Each text and proposal can be changed on the page of this absence.", ""),
        ),
        known_facts=(),
        writer="template",
        due_at=last,
        moment="the last of them begins",
    )


def _audit(absence: Absence, action: str, actor: Actor) -> None:
    audit_record(
        action=action,
        actor=actor,
        connection=absence.connection_id,
        location=absence.location_id,
        subject=f"absence:{absence.pk}",
        facts={
            "staff": absence.staff_id,
            "from": absence.starts_at.isoformat(),
            "until": absence.ends_at.isoformat(),
        },
    )
