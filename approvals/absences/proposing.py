"""From the calendar to the lines: who is affected, the best proposal for each, and its texts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from approvals.absences.texts import ASKED, DONE, TOLD, Telling
from approvals.answers.questions import digits_taken
from approvals.answers.texts import voice_of
from approvals.models import Absence, AbsenceLine
from approvals.rescheduling.choosing import Choice, best
from approvals.rescheduling.day import Day
from approvals.rescheduling.loading import day_load, minute, minute_up, moment_of
from approvals.rescheduling.options import (
    Affected,
    Option,
    Outage,
    affected_by,
    as_booked,
    options_for,
)
from core import clock
from integrations import consent
from integrations.models import Appointment, Client, Service, StaffMember
from integrations.people import household

Kind, State = AbsenceLine.Kind, AbsenceLine.State
# How many days after the absence another day is looked for.
DAYS_AFTER = 7
OTHERS_OF_DAY, OTHERS_LATER = 5, 3
PAIRS = (("1", "2"), ("3", "4"), ("5", "6"), ("7", "8"))
NOBODY = "Nobody qualified is free at any hour of the next days."
NO_TEXT = "They cannot be written to: no consent, or no number and no e-mail address."
TWO_OPEN = "Too many questions are open with this phone already."


@dataclass
class Plans:
    """Everything a set of lines is made from: read once, whatever their number."""

    absence: Absence
    day: Day
    affected: tuple[Affected, ...]
    options: dict[int, tuple[Option, ...]]
    chosen: Choice
    appointments: dict[int, Appointment]
    staff: dict[int, StaffMember]
    digits: dict[str, set[str]] = field(default_factory=dict)


def plans_for(absence: Absence, but: Iterable[int] = ()) -> Plans:
    """Proposals for everybody affected, except those whose appointments are in ``but``."""
    now, location = clock.now(), absence.location
    first = now.astimezone(location.zone).date()
    last = absence.ends_at.astimezone(location.zone).date()
    day = day_load(location, first, (last - first).days + 1 + DAYS_AFTER)
    start = max(minute(absence.starts_at), minute(now))
    outage = Outage(absence.staff_id, start, minute_up(absence.ends_at), minute_up(now))
    found = affected_by(day, outage, {})
    keep = set(but)
    found = tuple(one for one in found if not one.keys & keep)
    appointments = _appointments(key for one in found for key in one.keys)
    # Who is on the chair already, or done, is cared for.
    found = tuple(one for one in found if all(appointments[k].is_upcoming for k in one.keys))
    staff = {one.pk: one for one in StaffMember.objects.filter(connection=absence.connection_id)}
    found = as_booked(_liked(found, appointments, staff), _lengths(absence))
    options = options_for(day, outage, found)
    return Plans(absence, day, found, options, best(found, options), appointments, staff)


def _appointments(keys: Iterable[int]) -> dict[int, Appointment]:
    rows = Appointment.objects.select_related("client", "service", "location", "staff")
    return rows.in_bulk(list(keys))


def _lengths(absence: Absence) -> dict[int, int]:
    rows = Service.objects.filter(connection=absence.connection_id, minutes__gt=0)
    return {pk: minutes or 0 for pk, minutes in rows.values_list("pk", "minutes")}


def _liked(
    affected: Sequence[Affected],
    appointments: dict[int, Appointment],
    staff: dict[int, StaffMember],
) -> tuple[Affected, ...]:
    """With the people each client said they like."""
    keys = {one.external_id: pk for pk, one in staff.items()}
    found = []
    for one in affected:
        client = appointments[one.key].client
        wishes = (client.preferences or {}).get("staffIds") if client else None
        liked = [keys[str(name)] for name in wishes or () if str(name) in keys]
        found.append(Affected(one.client, one.parts, tuple(liked)))
    return tuple(found)


def lines_of(plans: Plans) -> list[AbsenceLine]:
    """The lines, not stored yet, in the order of the day."""
    lines = []
    for position, one in enumerate(plans.affected):
        option = plans.chosen.get(one.key)
        line = AbsenceLine(
            absence=plans.absence,
            position=position,
            client=plans.appointments[one.key].client,
            appointment=plans.appointments[one.key],
            parts=[_was(plans, key) for key in (part.key for part in one.parts)],
            kind=Kind.CALL,
            others=[choice_of(plans, other) for other in others_of(plans, one, option)],
        )
        line_write(line, choice_of(plans, option) if option else {}, plans)
        lines.append(line)
    return lines


def _was(plans: Plans, key: int) -> list[Any]:
    row = plans.appointments[key]
    return [key, row.starts_at.isoformat(), row.ends_at.isoformat() if row.ends_at else ""]


def choice_of(plans: Plans, option: Option) -> dict[str, Any]:
    """One option as it is kept with its line."""
    place = plans.absence.location
    parts = [[part.key, moment_of(part.start, place).isoformat(), part.room, part.end - part.start]
             for part in option.parts]  # fmt: skip
    kind = Kind.SAME_TIME if option.same_time else Kind.OTHER_TIME
    return {"staff": option.staff, "kind": str(kind), "parts": parts, "same_day": option.same_day}


def others_of(plans: Plans, one: Affected, taken: Option | None) -> list[Option]:
    """What else could be proposed: a few of the day, a few later, no two alike in hour."""
    of_day: list[Option] = []
    later: list[Option] = []
    for option in plans.options.get(one.key, ()):
        chosen = of_day if option.same_day else later
        most = OTHERS_OF_DAY if option.same_day else OTHERS_LATER
        alike = any(abs(o.start - option.start) < 45 and not option.same_time for o in chosen)
        if option != taken and not alike and len(chosen) < most:
            chosen.append(option)
    return [*of_day, *later]


def line_write(line: AbsenceLine, choice: dict[str, Any], plans: Plans) -> None:
    """Put a choice onto a line, with the standard texts for it (or none: then it is a call)."""
    line.choice, line.why_call, line.edited = choice, "", False
    line.body = line.done_body = ""
    line.kind = choice.get("kind", Kind.CALL)
    if not choice:
        line.why_call = NOBODY
        return
    client = line.client
    line.channel = channel_of(client) if client else ""
    if client is None or not line.channel:
        line.why_call = NO_TEXT
        # Somebody else can still take over; the call then only tells them.
        if line.kind == Kind.OTHER_TIME:
            line.kind = Kind.CALL
        return
    if not line.yes_digit:
        line.yes_digit, line.no_digit = _digits(client, plans)
    if not line.yes_digit:
        line.kind, line.why_call = Kind.CALL, TWO_OPEN
        return
    telling = telling_of(line, plans.staff, plans.appointments)
    line.language = telling.voice.language
    if line.kind == Kind.SAME_TIME:
        line.body = telling.said(TOLD)
    else:
        line.body, line.done_body = telling.said(ASKED), telling.said(DONE)


def channel_of(client: Client) -> str:
    """By which channel this client may be written to: their own wish first; '' for none."""
    wished = str((client.preferences or {}).get("channel") or "")
    if client.no_drafts:
        return ""
    for channel in dict.fromkeys([wished, "sms", "email"]):
        address = {"sms": client.phone, "email": client.email}.get(channel, "")
        if address and consent.allowed(client, channel, "transactional").ok:
            return channel
    return ""


def _digits(client: Client, plans: Plans) -> tuple[str, str]:
    """A pair that means nothing else on that phone, also not for others of this absence."""
    phone = client.phone or f"client:{client.pk}"
    if phone not in plans.digits:
        people = household(client)
        taken = digits_taken([one.pk for one in people], clock.now())
        plans.digits[phone] = set().union(*taken.values())
    used = plans.digits[phone]
    pair = next((pair for pair in PAIRS if not used & set(pair)), ("", ""))
    used.update(pair)
    return pair


def telling_of(
    line: AbsenceLine, staff: Mapping[int, StaffMember], appointments: Mapping[int, Appointment]
) -> Telling:
    """What a line's texts speak of, and may state."""
    absence, client = line.absence, line.client
    rows = [appointments[part[0]] for part in line.parts]
    named = [row.service_name or (row.service.name if row.service else "") for row in rows]
    plain = client is None or client.plain_texts
    parts = line.choice.get("parts") or [[0, line.parts[0][1], "", 0]]
    who = staff.get(line.choice.get("staff", 0))
    return Telling(
        voice=voice_of(absence.location, client),
        location=absence.location,
        person=absence.staff.name,
        who=who.name if who else "",
        services=() if plain else tuple(name for name in named if name),
        was=rows[0].starts_at,
        new=datetime.fromisoformat(parts[0][1]),
        now=clock.now(),
        yes=line.yes_digit,
        no=line.no_digit,
    )


def span_of(part: Sequence[Any]) -> tuple[datetime, datetime]:
    """When one part of a choice begins and ends."""
    start = datetime.fromisoformat(part[1])
    return start, start + timedelta(minutes=part[3])
