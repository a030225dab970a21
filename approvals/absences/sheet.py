"""What the page of one absence shows: a row per affected client, ready to draw."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from approvals import policy
from approvals.absences import RIGHT
from approvals.absences.calling import Standing, lines_seen, standings
from approvals.absences.editing import warnings_of
from approvals.absences.texts import first_name
from approvals.errors import NoRight
from approvals.ladders.words import hour, moment, short_moment
from approvals.models import Absence, AbsenceLine
from approvals.permissions import Rights
from core import clock
from integrations.models import StaffMember
from integrations.people import telephone

Kind = AbsenceLine.Kind


@dataclass(frozen=True)
class Row:
    """One affected client. ``others`` are (place among them, words); ``phone`` for a tap."""

    standing: Standing
    when: str
    what: str
    proposal: str
    others: tuple[tuple[int, str], ...]
    warnings: tuple[str, ...]
    phone: str
    hold: tuple[str, ...]

    @property
    def line(self) -> AbsenceLine:
        return self.standing.line

    @property
    def decidable(self) -> bool:
        return self.standing.open and self.line.kind != Kind.CALL


@dataclass(frozen=True)
class Sheet:
    absence: Absence
    rows: tuple[Row, ...]
    span: str
    first: str

    @property
    def over(self) -> bool:
        return self.absence.ends_at <= clock.now()

    @property
    def decidable(self) -> list[Row]:
        return [row for row in self.rows if row.decidable]

    @property
    def to_call(self) -> int:
        """Nothing is proposed for them, or what was proposed came to nothing."""
        return sum(row.standing.call and not row.decidable for row in self.rows)

    @property
    def other_day(self) -> int:
        placed = [row.line.choice for row in self.rows if row.line.choice]
        return len(placed) - self.kept

    @property
    def together(self) -> int:
        """How many one press for all would approve."""
        return sum(not row.warnings and not row.hold for row in self.decidable)

    @property
    def kept(self) -> int:
        same_day = (row.line.choice.get("same_day") for row in self.rows)
        return sum(bool(one) for one in same_day)


def sheet_of(*, rights: Rights, absence_id: int, now: datetime) -> Sheet:
    """The page of one absence; NoRight where the person may not see it."""
    absence = (
        Absence.objects.select_related("location", "staff", "item", "connection")
        .filter(pk=absence_id, location__in=rights.locations_with(RIGHT))
        .first()
    )
    if absence is None or rights.provider_only(absence.location_id, RIGHT):
        raise NoRight
    lines = lines_seen(absence)
    ids = {line.choice.get("staff") for line in lines} | {
        other["staff"] for line in lines for other in line.others
    }
    names = dict(StaffMember.objects.filter(pk__in=ids - {None}).values_list("pk", "name"))
    rows = tuple(_row(absence, one, names) for one in standings(lines, now))
    zone = absence.location.zone
    span = f"{moment(absence.starts_at, zone)} to {_until(absence)}"
    return Sheet(absence, rows, span, first_name(absence.staff.name))


def _until(absence: Absence) -> str:
    zone = absence.location.zone
    starts, ends = absence.starts_at.astimezone(zone), absence.ends_at.astimezone(zone)
    midnight = (ends.hour, ends.minute) == (0, 0)
    if midnight and (ends.date() - starts.date()).days == 1:
        return "the end of the day"
    return hour(ends, zone) if ends.date() == starts.date() else moment(ends, zone)


def _when(absence: Absence, at: datetime) -> str:
    """The hour; with its day where somebody is out for more than one."""
    zone = absence.location.zone
    last = absence.ends_at - timedelta(minutes=1)
    one_day = absence.starts_at.astimezone(zone).date() == last.astimezone(zone).date()
    return hour(at, zone) if one_day else short_moment(at, zone)


def _row(absence: Absence, one: Standing, names: dict[int, str]) -> Row:
    line = one.line
    row = line.appointment
    what = row.service_name or (row.service.name if row.service else "") or "an appointment"
    more = len(line.parts) - 1
    client = line.client
    return Row(
        standing=one,
        when=_when(absence, row.starts_at if not line.parts else _starts(line)),
        what=what + (f" and {more} more" if more else ""),
        proposal=proposal_words(absence, line, line.choice, names),
        others=tuple(
            (place, proposal_words(absence, line, other, names))
            for place, other in enumerate(line.others)
        ),
        warnings=tuple(warnings_of(line)) if one.open else (),
        phone=telephone(client.phone) if client and client.phone else "",
        hold=_hold(line) if one.open else (),
    )


def _starts(line: AbsenceLine) -> datetime:
    return datetime.fromisoformat(line.parts[0][1])


def _hold(line: AbsenceLine) -> tuple[str, ...]:
    """Why approving it asks for a reason, as it would in the queue."""
    client = line.client
    today = clock.now().astimezone(line.absence.location.zone).date()
    birthday = client.birthday if client else None
    return tuple(
        policy.press_hold_reasons(f"{line.body} {line.done_body}", birthday=birthday, today=today)
    )


def proposal_words(
    absence: Absence, line: AbsenceLine, choice: dict[str, Any], names: dict[int, str]
) -> str:
    if not choice:
        return "Call them"
    who = names.get(choice["staff"], "somebody")
    start = datetime.fromisoformat(choice["parts"][0][1])
    zone = absence.location.zone
    if choice["kind"] == Kind.SAME_TIME:
        return f"Same time with {who}"
    if choice.get("same_day"):
        return f"{hour(start, zone)} the same day with {who}"
    return f"{moment(start, zone)} with {who}"
