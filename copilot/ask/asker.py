"""Who asks, and what they may do at this very moment: read anew for every look-up."""

from dataclasses import dataclass
from datetime import date, datetime

from approvals.permissions import Rights, rights_of
from core import clock
from integrations.models import Location, Station, User

RIGHT = "ask"


class MayNot(Exception):
    """The asker may not look there; ``plain`` says so without saying what there is."""

    def __init__(self, plain: str) -> None:
        super().__init__(plain)
        self.plain = plain


@dataclass(frozen=True)
class Asker:
    """A person at one location. ``rights`` are theirs at this location only."""

    user: User
    rights: Rights
    location: Location
    now: datetime

    @property
    def today(self) -> date:
        return self.now.astimezone(self.location.zone).date()

    def may(self, *rights: str) -> bool:
        return all(self.rights.has(self.location.pk, right) for right in (RIGHT, *rights))


def asker_now(user_id: int, location_id: int, station_id: int | None = None) -> Asker:
    """The person with the rights they hold now; MayNot where they may not ask here any more.

    ``station_id``: the shared device they asked at, which cuts their rights to its location.
    """
    user = User.objects.filter(pk=user_id, is_active=True).first()
    location = (
        Location.objects.select_related("connection")
        .filter(pk=location_id, deleted_at=None)
        .first()
    )
    if user is None or location is None:
        raise MayNot("You may not ask here any more.")
    if station_id is not None:
        station = Station.objects.filter(pk=station_id, revoked_at=None).first()
        if station is None:
            raise MayNot("This device is no longer part of the salon.")
        user.at_station = station
    return asker_of(user, location)


def asker_of(user: User, location: Location) -> Asker:
    """The same for a person at hand: one query for their rights."""
    asker = Asker(user, rights_of(user).at(location.pk), location, clock.now())
    if not asker.may():
        raise MayNot("You may not ask at this location.")
    return asker


def place_chosen(places: list[Location], said: str) -> Location:
    """The one that was named if it is one's own, else the first."""
    return next((place for place in places if str(place.pk) == said), places[0])
