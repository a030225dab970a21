"""One digest as it stands at this moment: for the page, the print, and the mail."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from approvals.permissions import Rights
from copilot.digest.models import Digest
from copilot.digest.reading import Read, places_read, read
from copilot.digest.rows import Row, Section, row_named, sections_of
from copilot.digest.windows import Days
from integrations.models import Location, User

MOST_DAYS = 7


@dataclass
class Made:
    """``sections``: worst first. ``read`` holds what they were made of."""

    day: date
    since: date
    read: Read
    sections: list[Section] = field(default_factory=list)
    covers: list[str] = field(default_factory=list)
    tells: list[str] = field(default_factory=list)
    summary: str = ""

    @property
    def clear(self) -> bool:
        return all(section.clear for section in self.sections)

    @property
    def rows(self) -> list[Row]:
        return [row for section in self.sections for row in section.rows]


def digest_make(
    user: User,
    rights: Rights,
    day: date,
    *,
    since: date | None = None,
    places: list[Location] | None = None,
    row: Digest | None = None,
) -> Made:
    """Everything this person reads on a local day; ``since`` at most a week before it."""
    first = max(since or day - timedelta(days=1), day - timedelta(days=MOST_DAYS))
    days = Days(places if places is not None else places_read(rights), min(first, day), day)
    found = read(rights, days)
    made = Made(day, days.since, found, sections_of(found, rights, user))
    if row is not None:
        made.covers, made.tells, made.summary = list(row.covers), list(row.tells), row.summary
    return made


def row_make(user: User, rights: Rights, day: date, place: Location, key: str) -> Row | None:
    """One row as it stands now; None where it is none any more."""
    return row_named(read(rights, Days([place], day - timedelta(days=1), day)), rights, user, key)
