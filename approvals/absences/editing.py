"""A line before it is approved: its words changed, or another proposal chosen."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from approvals.absences import AGENT
from approvals.absences.opening import absence_for, draft_follow
from approvals.absences.proposing import (
    Kind,
    Plans,
    State,
    line_write,
    span_of,
    telling_of,
)
from approvals.absences.texts import Telling, first_name, health_word
from approvals.absences.wishing import calls_follow
from approvals.errors import NoRight, NotPossible
from approvals.facts import facts_check
from approvals.hygiene import clean_text
from approvals.models import Absence, AbsenceLine
from approvals.rescheduling.day import Day
from approvals.services.closing import item_withdraw
from approvals.services.editing import LONGEST
from approvals.services.filling import catalogue_of
from core import clock
from core.audit import Actor, audit_record
from integrations.models import Appointment, Service, StaffMember, User

NOT_HEALTH = (
    "“{word}” would tell the client about a person's health. Say only that {name} is not in."
)


def line_edit(
    *, user: User, line_id: int, version: int, body: str, done_body: str = ""
) -> AbsenceLine:
    """A person's words for one line. Raises Changed, NotPossible or NoRight; nothing is sent."""
    with transaction.atomic():
        absence, line = line_for(user, line_id, version)
        if line.kind == Kind.CALL:
            raise NotPossible("There is no text: they are called.")
        line.body = checked(line, body)
        if line.kind == Kind.OTHER_TIME:
            line.done_body = checked(line, done_body or line.done_body)
        line.edited = True
        return _kept(user, absence, line, "absence.line_edited")


def line_choose(*, user: User, line_id: int, version: int, which: str) -> AbsenceLine:
    """Another proposal for one line: ``which`` is its place among the others, or "call".

    The standard text for it takes the place of the words. Raises Changed, NotPossible or NoRight.
    """
    with transaction.atomic():
        absence, line = line_for(user, line_id, version)
        if which == "call":
            if line.choice:
                line.others = [line.choice, *line.others]
            line.choice, line.kind, line.why_call = {}, Kind.CALL, "You chose to call them."
            line.body = line.done_body = ""
        else:
            _take(absence, line, which)
        line.edited = True
        return _kept(user, absence, line, "absence.line_chosen")


def _take(absence: Absence, line: AbsenceLine, which: str) -> None:
    place = int(which) if which.isdigit() else -1
    if not 0 <= place < len(line.others):
        raise NotPossible("That proposal is not there any more. Please look again.")
    choice = line.others[place]
    _nobody_elses(absence, line, choice)
    rest = [other for at, other in enumerate(line.others) if at != place]
    line.others = [*([line.choice] if line.choice else []), *rest]
    rows = Appointment.objects.select_related("client", "service", "location", "staff")
    plans = Plans(
        absence=absence,
        day=Day(),
        affected=(),
        options={},
        chosen={},
        appointments=rows.in_bulk([part[0] for part in line.parts]),
        staff={one.pk: one for one in StaffMember.objects.filter(pk=choice["staff"])},
    )
    line_write(line, choice, plans)
    if line.kind == Kind.CALL:
        raise NotPossible(line.why_call)


def _nobody_elses(absence: Absence, line: AbsenceLine, choice: dict[str, Any]) -> None:
    """Two lines never propose the same person or room at one time."""
    others = absence.lines.exclude(pk=line.pk).exclude(kind=Kind.CALL).select_related("client")
    for other in others.exclude(state__in=[State.REFUSED, State.SETTLED]):
        if clashing(choice, other.choice):
            who = other.client.short_name if other.client else "Somebody"
            raise NotPossible(f"{who} is proposed that already. Choose another one for them first.")


def clashing(one: dict[str, Any], other: dict[str, Any]) -> bool:
    for a in one.get("parts", ()):
        for b in other.get("parts", ()):
            (start, end), (first, last) = span_of(a), span_of(b)
            same = one["staff"] == other["staff"] or (a[2] and a[2] == b[2])
            if same and start < last and end > first:
                return True
    return False


def line_settle(*, user: User, line_id: int, words: str = "") -> AbsenceLine:
    """Cared for by a person: called, or talked to. Its parked answer is not wanted any more."""
    with transaction.atomic():
        line = _locked(user, line_id)
        if line.state == State.SETTLED:
            return line
        if line.on_yes is not None:
            withdraw_on_yes(line, f"Cared for by {user.name}.")
        line.state, line.note = State.SETTLED, (words.strip() or "Called")[:400]
        line.settled_by_name, line.settled_at = user.name, clock.now()
        absence = line.absence
        return _kept(user, absence, line, "absence.line_settled")


def withdraw_on_yes(line: AbsenceLine, why: str) -> None:
    """What waited for their yes is taken back, unless it is on its way already."""
    if line.on_yes_id is not None:
        item_withdraw(actor=Actor.agent(AGENT), item_id=line.on_yes_id, reason=why)


def line_for(user: User, line_id: int, version: int) -> tuple[Absence, AbsenceLine]:
    """The line as it was seen, locked with its absence. Raises Changed where it is another now."""
    line = _locked(user, line_id)
    if line.version != version or line.state != State.OPEN:
        raise NotPossible("Somebody changed this line meanwhile. Here it is as it stands.")
    return line.absence, line


def _locked(user: User, line_id: int) -> AbsenceLine:
    found = AbsenceLine.objects.filter(pk=line_id).values_list("absence_id", flat=True).first()
    if found is None:
        raise NoRight
    absence = absence_for(user, found)
    line = (
        AbsenceLine.objects.select_for_update(of=("self",))
        .select_related("client", "appointment", "item", "on_yes")
        .get(pk=line_id)
    )
    line.absence = absence
    return line


def checked(line: AbsenceLine, body: str) -> str:
    """The words as they will go out. Raises NotPossible; health is nobody's business."""
    body = clean_text(body).strip()
    if not body:
        raise NotPossible("The text is empty.")
    if len(body) > LONGEST:
        raise NotPossible(f"The text is longer than {LONGEST} characters. Please shorten it.")
    word = health_word(body, names_of(line))
    if word:
        name = first_name(line.absence.staff.name)
        raise NotPossible(NOT_HEALTH.format(word=word, name=name))
    return body


def names_of(line: AbsenceLine) -> tuple[str, ...]:
    """The salon's own names, which may hold words that are no reason."""
    absence = line.absence
    services = Service.objects.filter(connection=absence.connection_id).values_list(
        "name", flat=True
    )
    return (absence.location.name, *services)


def warnings_of(line: AbsenceLine) -> list[str]:
    """What in a line's texts no record says."""
    if line.kind == Kind.CALL or not line.body:
        return []
    rows = Appointment.objects.select_related("client", "service", "location", "staff")
    facts = telling(line, rows.in_bulk([part[0] for part in line.parts])).facts()
    catalogue = catalogue_of(line.absence.connection_id)
    today = clock.now().astimezone(line.absence.location.zone).date()
    spans = [
        span
        for text in (line.body, line.done_body)
        for span in facts_check(text, facts, catalogue=catalogue, today=today)
    ]
    return [f"“{span.text}” {span.why}." for span in spans if not span.verified]


def telling(line: AbsenceLine, appointments: Mapping[int, Appointment]) -> Telling:
    staff = {one.pk: one for one in StaffMember.objects.filter(pk=line.choice.get("staff", 0))}
    return telling_of(line, staff, appointments)


def _kept(user: User, absence: Absence, line: AbsenceLine, action: str) -> AbsenceLine:
    line.version += 1
    line.save()
    absence.refresh_from_db(fields=["item"])
    draft_follow(absence, user.as_actor())
    calls_follow(absence)
    audit_record(
        action=action,
        actor=user.as_actor(),
        connection=absence.connection_id,
        location=absence.location_id,
        client=line.client_id or "",
        subject=f"absence:{absence.pk}",
        facts={"line": line.pk, "kind": line.kind, "state": line.state},
    )
    return line
