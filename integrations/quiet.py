"""When a message may go to a client, by the policy table and the client's own state and clock.

The state comes from the postal code. A phone number's area is a weaker hint: it can only narrow the
hours. Of a client whose postal code nobody knows, the row without a region counts as well.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time

from integrations.hours import MARKETING, Windows, first_moment
from integrations.ingest.fields import countries_of_zones
from integrations.models import Client, Location, QuietRule
from integrations.models.quiet import ANYWHERE
from integrations.zones import OTHER, state_of_number, state_of_zip

POSTAL, AREA, UNKNOWN = "the postal code", "the phone number's area", "an unknown state"


@dataclass(frozen=True)
class Table:
    """The rules, read once for many clients. ``narrow``: as if the narrowest of all held."""

    rows: Sequence[QuietRule] = ()
    narrow: bool = False

    def windows(self, location: Location, client: Client | None, purpose: str) -> Windows | None:
        """The hours the law leaves for a purpose; None: only the location's quiet hours.

        Rules that leave no hour at all contradict each other: then the narrowest window counts.
        """
        if purpose in QuietRule.Purpose.values:
            if self.narrow:
                return MARKETING
            regions = [region for region, _ in regions_of(location, client)]
            here = [
                row
                for row in self.rows
                if row.purpose == purpose and row.location_id in (None, location.pk)
            ]
            rules = _rules(here, regions)
            if rules or purpose == QuietRule.Purpose.MARKETING:
                return together(rules) or MARKETING
        return None


NARROWEST = Table(narrow=True)


def table(purposes: Iterable[str] = QuietRule.Purpose.values) -> Table:
    """The rules that may concern these purposes; no query where the law has none."""
    if set(purposes).isdisjoint(QuietRule.Purpose.values):
        return Table()
    return Table(list(QuietRule.objects.all()))


def sendable_at(
    *,
    location: Location,
    client: Client | None,
    purpose: str,
    at: datetime,
    rules: Table | None = None,
) -> datetime:
    """The first moment >= ``at``, in UTC, at which a message of a purpose may go to a client.

    The one function for it. ``rules``: the table, where it was read already.
    """
    windows = (rules or table([purpose])).windows(location, client, purpose)
    return first_moment(location=location, client=client, at=at, windows=windows)


def regions_of(location: Location, client: Client | None) -> list[tuple[str, str]]:
    """Whose rules count for a client, and in words what that is known from."""
    if countries_of_zones().get(location.timezone) != "US":
        return [(ANYWHERE, UNKNOWN)]
    state = state_of_zip(client.postal_code or "") if client else ""
    area = state_of_number(client.phone or "") if client else ""
    found = [("US", POSTAL if state else UNKNOWN)]
    if not state:
        found.append((ANYWHERE, UNKNOWN))
    elif state != OTHER:
        found.append((f"US-{state}", POSTAL))
    if area and area != state:
        found.append((f"US-{area}", AREA))
    return found


def _rules(rows: Sequence[QuietRule], regions: Iterable[str]) -> list[Windows]:
    """The hours of each region that has rules; a location's own rows in place of the general."""
    found: list[Windows] = []
    for region in regions:
        named = [row for row in rows if row.region == region]
        own = [row for row in named if row.location_id is not None]
        hours = {
            int(digit) - 1: (row.opens, row.closes) for row in own or named for digit in row.days
        }
        if hours:
            found.append(hours)
    return found


def together(rules: Sequence[Windows]) -> dict[int, tuple[time, time]]:
    """The hours that every rule allows."""
    allowed: dict[int, tuple[time, time]] = {}
    for day in range(7):
        if not rules or any(day not in rule for rule in rules):
            continue
        opens = max(rule[day][0] for rule in rules)
        closes = min(rule[day][1] for rule in rules)
        if opens < closes:
            allowed[day] = (opens, closes)
    return allowed
