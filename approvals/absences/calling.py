"""How each line stands, read from what became of it, and who of them is to be called."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from approvals.absences import RIGHT
from approvals.models import Absence, AbsenceLine, ApprovalItem, Effect
from approvals.permissions import Rights

Kind, State = AbsenceLine.Kind, AbsenceLine.State
ItemState = ApprovalItem.State
# Somebody who was asked and says nothing is called while there is still time.
ANSWER_WITHIN = timedelta(minutes=30)
# Beyond this an absence is of no interest to the desk any more.
SHOWN_AFTER = timedelta(days=1)
GOING = (ItemState.APPROVED, ItemState.SENDING)
DONE = (ItemState.SENT, ItemState.BY_HAND)


@dataclass(frozen=True)
class Standing:
    """``words`` for the row; ``tone`` of its tag; ``call``: a person has to call them."""

    line: AbsenceLine
    words: str
    tone: str = ""
    call: bool = False
    open: bool = False

    @property
    def done(self) -> bool:
        return not self.call and not self.open and self.tone == "good"


def standings(lines: Iterable[AbsenceLine], now: datetime) -> list[Standing]:
    return [standing(line, now) for line in lines]


def standing(line: AbsenceLine, now: datetime) -> Standing:
    """How one line stands at this moment, the platform's calendar first."""
    if line.state == State.SETTLED:
        return Standing(line, f"{line.note} ({line.settled_by_name})", "good")
    changed = _changed(line)
    if changed and line.state in (State.OPEN, State.REFUSED):
        return Standing(line, changed, "good")
    if line.state == State.OPEN:
        return _undecided(line)
    if line.state == State.REFUSED:
        return Standing(line, "would rather have something else", "urgent", call=True)
    item = line.on_yes if line.state == State.AGREED and line.on_yes else line.item
    if item is None:
        return Standing(line, "its draft is gone", "urgent", call=True)
    if item.state in GOING:
        return Standing(line, "on its way", "")
    if item.state not in DONE:
        why = item.state_reason or item.get_state_display()
        return Standing(line, f"not done: {why}", "urgent", call=True)
    return _gone_out(line, now)


def _changed(line: AbsenceLine) -> str:
    """What somebody did at the platform meanwhile, or ''."""
    row = line.appointment
    if not row.is_upcoming:
        return f"the appointment is {row.get_status_display()}"
    places = [(line.parts[0][1], line.absence.staff_id)]
    if line.state == State.REFUSED and line.choice:
        # We moved them ourselves; they would rather have something else.
        places.append((line.choice["parts"][0][1], line.choice["staff"]))
    stands = (row.starts_at, row.staff_id)
    if stands not in [(datetime.fromisoformat(at), staff) for at, staff in places]:
        return "changed in your platform"
    return ""


def _undecided(line: AbsenceLine) -> Standing:
    if line.kind == Kind.CALL:
        return Standing(line, line.why_call or "to be called", "urgent", call=True)
    if line.note:
        return Standing(line, line.note, "urgent", call=True, open=True)
    return Standing(line, "not approved yet", "watch", call=True, open=True)


def _gone_out(line: AbsenceLine, now: datetime) -> Standing:
    if not line.body:
        return Standing(line, "moved; tell them", "urgent", call=True)
    if line.state == State.AGREED:
        moved = line.kind == Kind.OTHER_TIME
        return Standing(line, "said yes and is moved" if moved else "said yes", "good")
    if line.kind == Kind.SAME_TIME:
        return Standing(line, "told", "good")
    asked = Effect.objects.filter(item=line.item, outcome=Effect.Outcome.SENT).order_by("pk")
    at = asked.values_list("settled_at", flat=True).first() or now
    if now < at + ANSWER_WITHIN and (line.on_yes is None or line.on_yes.state in GOING):
        return Standing(line, "asked, no answer yet", "watch")
    return Standing(line, "asked, and has not answered", "urgent", call=True)


def lines_seen(absence: Absence) -> list[AbsenceLine]:
    rows = absence.lines.select_related("client", "appointment__service", "item", "on_yes")
    found = list(rows.order_by("appointment__starts_at", "pk"))
    for line in found:
        line.absence = absence
    return found


def absences_seen(rights: Rights, locations: Sequence[int], now: datetime) -> list[Absence]:
    """Absences of these locations that are not over, the newest first."""
    places = [
        pk for pk in locations if rights.has(pk, RIGHT) and not rights.provider_only(pk, RIGHT)
    ]
    rows = Absence.objects.filter(location__in=places, ends_at__gt=now - SHOWN_AFTER)
    return list(rows.select_related("location", "staff", "item").order_by("-pk")[:20])


def to_call(rights: Rights, now: datetime) -> list[Standing]:
    """Everybody affected by an absence who is to be called: rows for *To call*, soonest first.

    Who was not approved, cannot be written to, did not answer, said no, or whose text did not go.
    """
    places = [pk for pk in rights.locations_with(RIGHT) if not rights.provider_only(pk, RIGHT)]
    rows = (
        AbsenceLine.objects.filter(
            Q(absence__location__in=places) & ~Q(state=State.SETTLED),
            appointment__starts_at__gt=now,
        )
        .select_related(
            "absence__location", "absence__staff", "client", "appointment", "item", "on_yes"
        )
        .order_by("appointment__starts_at", "pk")
    )
    return [one for one in standings(rows, now) if one.call]
