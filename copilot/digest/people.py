"""Whose digest is due: by whose clock, on which days, who covers, and who stopped reading."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from approvals.permissions import MANAGER_RIGHT, people_with, readers_of
from copilot.digest.models import Digest, DigestChoice, DigestUnopened
from core import clock
from core.doorbell import ring_on_commit
from core.work import WorkRow
from integrations.hours import moment_of, openings
from integrations.models import Location, User

DRAIN = "digest.drain"
# Found due later than this (the product was off), it is on the page and mailed to nobody.
TOO_LATE = timedelta(hours=2)
UNOPENED_DAYS = 3
Outcome = Digest.Outcome
SENT = (Outcome.MAILED, Outcome.PAGE)


@dataclass(frozen=True)
class Reader:
    """Somebody who reads the digest of some locations, with their wishes."""

    user: User
    places: Sequence[Location]
    choice: DigestChoice

    @property
    def zone(self) -> ZoneInfo:
        """By the chosen location's clock while they read it, else by their first one's."""
        own = [one for one in self.places if one.pk == self.choice.place_id]
        return (own or list(self.places))[0].zone

    def due_at(self, day: date) -> datetime:
        """Their hour of a local day. One that the spring change skips is the moment after the gap;
        of one that comes twice, the first."""
        return moment_of(day, self.choice.at, self.zone)

    def before_us(self, moment: datetime) -> bool:
        """Whether the copilot worked at none of their locations yet."""
        return all(moment < one.connection.live_since for one in self.places)

    def off(self, day: date) -> str:
        """Why there is none that day, in words; '' on a working day."""
        choice = self.choice
        begins, ends = choice.away_from, choice.away_until
        if (begins or ends) and (begins or day) <= day <= (ends or day):
            return "away"
        if day.weekday() in choice.days_off:
            return "day off"
        hours = [one for one in self.places if one.opening_hours]
        if len(hours) == len(self.places) and not any(openings(one, day) for one in hours):
            return "closed"
        return ""


def readers() -> list[Reader]:
    """Everybody who reads a digest now. Four statements."""
    held = readers_of(MANAGER_RIGHT)
    ids = {pk for places in held.values() for pk in places}
    known = Location.objects.filter(pk__in=ids, deleted_at=None).select_related("connection")
    places = list(known.order_by("name", "pk"))
    people = User.objects.filter(pk__in=held, is_active=True)
    choices = {one.user_id: one for one in DigestChoice.objects.filter(user__in=held)}
    found = []
    for user in people.order_by("pk"):
        own = [place for place in places if place.pk in held[user.pk]]
        if own:
            found.append(Reader(user, own, choices.get(user.pk) or DigestChoice(user=user)))
    return found


def digests_look(now: datetime | None = None) -> int:
    """Write the rows of everybody whose hour has come; returns how many. The same hour again, or
    two at once, writes nothing: a person has one row a day."""
    at = now or clock.now()
    everybody = readers()
    done = _done(everybody, at)
    made = 0
    for reader in everybody:
        day = at.astimezone(reader.zone).date()
        if at >= reader.due_at(day) and (reader.user.pk, day) not in done:
            made += _write(reader, day, at, everybody)
    return made


def _done(everybody: Iterable[Reader], at: datetime) -> set[tuple[int, date]]:
    days = [(at + timedelta(days=n)).date() for n in (-1, 0, 1)]
    rows = Digest.objects.filter(user__in=[one.user for one in everybody], day__in=days)
    return set(rows.values_list("user_id", "day"))


def _write(reader: Reader, day: date, at: datetime, everybody: Sequence[Reader]) -> int:
    due, off = reader.due_at(day), reader.off(day)
    late = at - due > TOO_LATE
    if late and reader.before_us(due):
        return 0
    last = _last_day(reader.user, day)
    row = Digest(
        user=reader.user,
        day=day,
        since=last or day - timedelta(days=1),
        due_at=due,
        not_before=at,
        covers=covered_by(reader, day, everybody),
    )
    if off or late:
        row.state, row.outcome = WorkRow.State.DONE, Outcome.SKIPPED if off else Outcome.LATE
        row.why = off
    with transaction.atomic():
        made = Digest.objects.bulk_create([row], ignore_conflicts=True)
        if not off:
            unopened_note(reader, day)
        ring_on_commit(DRAIN)
    return len(made)


def _last_day(user: User, day: date) -> date | None:
    """The last day whose digest they got: what came after it is new to them."""
    rows = Digest.objects.filter(user=user, day__lt=day, outcome__in=SENT)
    found: date | None = rows.order_by("-day").values_list("day", flat=True).first()
    return found


def covered_by(reader: Reader, day: date, everybody: Sequence[Reader]) -> list[str]:
    """First names of those who are off that day and named this person."""
    return sorted(
        one.user.get_short_name()
        for one in everybody
        if one.choice.cover_id == reader.user.pk and one.user.pk != reader.user.pk and one.off(day)
    )


def unopened_note(reader: Reader, day: date) -> int:
    """Three working days in a row unopened: the owners of those locations are to be told, once.

    An owner's own silence is told to the other owners, if any. Returns how many are told.
    """
    rows = Digest.objects.filter(user=reader.user, day__lt=day, outcome__in=SENT)
    last = rows.exclude(opened_at=None).order_by("-day").values_list("day", flat=True).first()
    unopened = rows.filter(day__gt=last) if last else rows
    stretch = list(unopened.order_by("day").values_list("day", flat=True)[:UNOPENED_DAYS])
    if len(stretch) < UNOPENED_DAYS:
        return 0
    owners = {pk for place in reader.places for pk in owners_of(place)} - {reader.user.pk}
    notes = [
        DigestUnopened(user=reader.user, owner_id=pk, since=stretch[0]) for pk in sorted(owners)
    ]
    return len(DigestUnopened.objects.bulk_create(notes, ignore_conflicts=True))


def owners_of(place: Location) -> list[int]:
    held = people_with(place.pk, MANAGER_RIGHT)
    return sorted(who for who, roles in held.items() if "owner" in roles)


def reader_of(user: User) -> Reader | None:
    """One person as a reader; None where they read no digest."""
    return next((one for one in readers() if one.user.pk == user.pk), None)


def colleagues(reader: Reader) -> list[User]:
    """Who could cover: they read every location that this person reads."""
    wanted = {place.pk for place in reader.places}
    others = [one for one in readers() if one.user.pk != reader.user.pk]
    return [one.user for one in others if wanted <= {place.pk for place in one.places}]
