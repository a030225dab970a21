"""Approving lines, all at once or one by one: each becomes a draft of its own by the same press."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from approvals.absences import AGENT, ASKED, ON_YES, RIGHT, TOLD
from approvals.absences.editing import checked, line_for, telling, warnings_of
from approvals.absences.opening import absence_for, draft_follow, open_lines
from approvals.absences.proposing import Kind, State, span_of
from approvals.absences.texts import VERSION, Telling
from approvals.absences.wholes import line_digest
from approvals.absences.wishing import calls_follow
from approvals.actions import Action, SendMessage, UpdateAppointment
from approvals.actions_absences import RescheduleDay
from approvals.answers.drafting import what_of
from approvals.errors import Changed, DecisionError, NotPossible
from approvals.ladders.words import moment
from approvals.models import Absence, AbsenceLine, ApprovalItem, Decision
from approvals.proposals import EvidenceItem, Proposal, Reason
from approvals.services import approving, filling
from approvals.services.items import item_fill, item_open
from approvals.services.steps import item_step
from approvals.writing_rules import ANSWER
from core import clock
from core.audit import Actor
from integrations.models import Appointment, StaffMember, User

ItemState = ApprovalItem.State
ACTOR = Actor.agent(AGENT)


@dataclass
class Report:
    """``left_out``: (line, why) of each that was not approved; they stay on *To call*."""

    approved: list[AbsenceLine] = field(default_factory=list)
    left_out: list[tuple[AbsenceLine, str]] = field(default_factory=list)

    @property
    def words(self) -> str:
        done = len(self.approved)
        said = f"{done} approved" if done else "Nothing was approved"
        if self.left_out:
            said += f", {len(self.left_out)} left to call"
        return f"{said}."


def lines_approve(
    *, user: User, absence_id: int, wanted: Mapping[int, int], reason: str = ""
) -> Report:
    """Approve these lines as they were seen: {line: version}.

    Several at once leave out what needs a second look. Raises NoRight.
    """
    with transaction.atomic():
        absence = absence_for(user, absence_id)
        return _approve(user, absence, wanted, reason, alone=len(wanted) == 1)


def absence_approve(
    *, item: ApprovalItem, user: User, seconds: float | None, reason: str
) -> Decision:
    """The one draft is approved as a whole (from the queue): every line as its hash says."""
    absence = absence_for(user, int(item.subject.partition(":")[2]))
    (action,) = filling.actions_of(item.revision) if item.revision else [None]
    if not isinstance(action, RescheduleDay):
        raise NotPossible("There is nothing to approve: the text was removed.")
    lines = {line.pk: line for line in open_lines(absence)}
    if any(pk not in lines or line_digest(lines[pk]) != sha for pk, sha, _ in action.lines):
        raise Changed(item)
    approving.approve_win(item, item.revision_id or 0, ItemState.APPROVED, held=False)
    decision = approving.decision_write(
        item, user, Decision.Scope.ITEM, None, reason=reason[:40], seconds=seconds
    )
    seen = {pk: lines[pk].version for pk, _, _ in action.lines}
    report = _approve(user, absence, seen, reason, alone=False)
    if not report.approved:
        raise NotPossible("None of them can be written to now. Please call them.")
    facts = approving.approved_facts(decision, ItemState.PENDING, [])
    approving.item_audit(item, "item.approved", user.as_actor(), facts)
    _cared_for(item, report.words)
    return decision


def _cared_for(item: ApprovalItem, words: str) -> None:
    """Its lines go out as drafts of their own; the one that listed them is done."""
    item_step(item, ItemState.SENDING, among=[ItemState.APPROVED])
    item_step(item, ItemState.SENT, among=[ItemState.SENDING], state_reason=words)


def _approve(
    user: User, absence: Absence, wanted: Mapping[int, int], reason: str, *, alone: bool
) -> Report:
    report = Report()
    rows = absence.lines.filter(pk__in=wanted).order_by("appointment__starts_at", "pk")
    for pk in list(rows.values_list("pk", flat=True)):
        line = AbsenceLine.objects.select_related("client", "appointment").get(pk=pk)
        try:
            with transaction.atomic():
                _, line = line_for(user, pk, wanted[pk])
                _line_approve(user, line, reason, alone)
        except DecisionError as error:
            report.left_out.append((line, error.plain))
            AbsenceLine.objects.filter(pk=pk, state=State.OPEN).update(note=error.plain[:400])
        else:
            report.approved.append(line)
    absence.refresh_from_db(fields=["item"])
    draft = absence.item
    if draft is not None and draft.state == ItemState.PENDING:
        draft_follow(absence, user.as_actor())
    calls_follow(absence)
    return report


def _line_approve(user: User, line: AbsenceLine, reason: str, alone: bool) -> None:
    if line.kind == Kind.CALL:
        raise NotPossible(line.why_call or "They are to be called.")
    if not alone and (doubts := warnings_of(line)):
        raise NotPossible(f"{doubts[0]} Approve it by itself if it is right.")
    rows = Appointment.objects.select_related("client", "service", "location", "staff")
    appointments = rows.in_bulk([part[0] for part in line.parts])
    said = telling(line, appointments)
    if line.body:
        checked(line, line.body)
    if line.kind == Kind.SAME_TIME:
        changes = _changes(line, appointments)
        line.item = _approved(user, line, said, TOLD, [*changes, *_text(line, line.body)], reason)
    else:
        checked(line, line.done_body)
        line.item = _approved(user, line, said, ASKED, _text(line, line.body), reason)
        after = [*_changes(line, appointments), *_text(line, line.done_body)]
        line.on_yes = _approved(user, line, said, ON_YES, after, reason)
    line.state, line.note, line.version = State.APPROVED, "", line.version + 1
    line.save()


def _changes(line: AbsenceLine, appointments: Mapping[int, Appointment]) -> list[Action]:
    """The exact change of each appointment. The hour is only named where it is another."""
    changed: list[Action] = []
    staff = staff_external(line)
    for key, start, room, _ in line.choice["parts"]:
        row = appointments[key]
        fields: dict[str, str] = {"staff": staff}
        at = datetime.fromisoformat(start)
        if at != row.starts_at:
            fields["starts_at"] = at.astimezone(clock.now().tzinfo).isoformat()
        # At another hour the platform would choose a room itself, maybe one promised to another.
        if room and (room != row.resource_id or "starts_at" in fields):
            fields["resource_id"] = room
        changed.append(UpdateAppointment(appointment=row.external_id, fields=fields))
    return changed


def staff_external(line: AbsenceLine) -> str:
    """The platform's name of whom a line proposes."""
    return StaffMember.objects.get(pk=line.choice["staff"]).external_id


def _text(line: AbsenceLine, body: str) -> list[Action]:
    client = line.client
    if client is None or not line.channel or not body:
        return []
    return [
        SendMessage(
            client=client.external_id,
            location=line.absence.location.external_id,
            channel=line.channel,
            address=client.phone if line.channel == "sms" else client.email,
            subject="Your appointment" if line.channel == "email" else "",
            body=body,
            tags=(AGENT,),
        )
    ]


def _approved(
    user: User, line: AbsenceLine, said: Telling, occasion: str, actions: list[Action], reason: str
) -> ApprovalItem:
    """One draft, decided by this person in the same breath. Raises what stands in the way."""
    proposal = _proposal(line, said, occasion, actions)
    item = item_open(
        actor=ACTOR,
        connection_id=line.absence.connection_id,
        location_id=line.absence.location_id,
        agent=AGENT,
        subject=proposal.subject,
        occasion=occasion,
        stage=ApprovalItem.Stage.REVIEW,
        title=proposal.title,
        tag=proposal.tag,
        group=proposal.group,
        right=RIGHT,
        due_at=proposal.due_at,
        client_id=line.client_id,
        appointment_id=line.appointment_id,
        staff_id=line.absence.staff_id,
    )
    filled = item_fill(actor=ACTOR, item_id=item.pk, proposal=proposal)
    if filled is None or filled.revision is None:
        item.refresh_from_db()
        raise NotPossible(item.state_reason or "It may not be sent.")
    approving.item_approve(
        user=user,
        item_id=filled.pk,
        revision_id=filled.revision.pk,
        evidence_sha256=filled.revision.evidence_sha256,
        reason=reason,
    )
    return filled


TITLES = {
    TOLD: "{who}: same time with {name}",
    ASKED: "{who}: asked about another time",
    ON_YES: "{who}: moved when they say yes",
}


def _proposal(line: AbsenceLine, said: Telling, occasion: str, actions: list[Action]) -> Proposal:
    who = line.client.short_name if line.client else "Someone"
    due = min(line.appointment.starts_at, said.new)
    return Proposal(
        subject=f"move:{line.pk}",
        occasion=occasion,
        title=TITLES[occasion].format(who=who, name=said.who),
        origin="Out today",
        tag="not in",
        group="changes",
        right=RIGHT,
        actions=tuple(actions),
        evidence=tuple(_evidence(line, said, occasion)),
        reasons=(Reason(f"{said.person} is not in.", "desk"),),
        known_facts=said.facts(),
        writer="person" if line.edited else "template",
        due_at=due,
        moment="the appointment starts",
        purpose=ANSWER if occasion == ON_YES else "transactional",
        client_id=line.client_id,
        appointment_id=line.appointment_id,
        staff_id=line.absence.staff_id,
        language=line.language,
        template_version="" if line.edited else VERSION,
    )


def _evidence(line: AbsenceLine, said: Telling, occasion: str) -> list[EvidenceItem]:
    """Read again before each step: it stands as it stood, or as this draft itself put it."""
    now, found = clock.now(), []
    placed = {part[0]: part for part in line.choice["parts"]}
    for key, start, _ in line.parts:
        row = Appointment.objects.select_related("location").get(pk=key)
        params = {
            "appointment": key,
            "places": [
                [start, line.absence.staff_id],
                [placed[key][1], line.choice["staff"]],
            ],
            "status_in": [str(status) for status in Appointment.UPCOMING],
        }
        value = f"{moment(row.starts_at, line.absence.location.zone)}: {what_of(row)}"
        found.append(
            EvidenceItem(
                "Appointment",
                value,
                "appointment",
                row.external_id,
                "platform",
                now,
                "appointment_where_it_was",
                params,
            )
        )
        if occasion == ASKED and not _same_place(row, placed[key]):
            found.append(_slot(line, said, row, placed[key], now))
    return found


def _same_place(row: Appointment, part: list[object]) -> bool:
    """Whether the new span touches the old one: then their own appointment is in the way of asking,
    and the platform decides when it is moved."""
    start, end = span_of(part)
    return start < (row.ends_at or row.starts_at) and end > row.starts_at


def _slot(
    line: AbsenceLine, said: Telling, row: Appointment, part: list[object], now: datetime
) -> EvidenceItem:
    start = datetime.fromisoformat(str(part[1]))
    params = {
        "service": row.service.external_id if row.service else "",
        "staff": staff_external(line),
        "location": line.absence.location.external_id,
        "starts_at": start.isoformat(),
    }
    value = f"{moment(start, line.absence.location.zone)} with {said.who}"
    return EvidenceItem("Free then", value, "slot", "", "platform", now, "slot_free", params)
